"""The service's tables in a fresh database, as its two logins see them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.postgres import Database
from services.notifications.adapters.event_codec import encode_event
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.use_cases.acknowledgement_line import AcknowledgementLine
from services.notifications.use_cases.send_mails import Mailing
from tests.integration.chassis.waiting import running
from tests.integration.notifications.inboxes import Notifications
from tests.integration.notifications.mailing import CONSOLE, Office, Staff
from tests.integration.notifications.pushing import Push, push_over
from tests.support.mailbox import Mailbox
from tests.support.postgres import MakeDatabase


@pytest.fixture
async def notifications(fresh_database: MakeDatabase) -> AsyncIterator[Notifications]:
    files = fresh_database(schemas=("notifications",))
    app = await Database.open(files.app_url(), schema="notifications", codec=encode_event)
    worker = await Database.open(files.worker_url(), schema="notifications", codec=encode_event)
    line = AcknowledgementLine(worker, PostgresAcknowledgements())
    async with running(line.run()):
        yield Notifications(files, app, worker, line)
    await app.close()
    await worker.close()


@pytest.fixture
async def push(notifications: Notifications, tmp_path: Path) -> AsyncIterator[Push]:
    one = push_over(notifications, tmp_path)
    yield one
    for partner in one.partners:
        await partner.stop()


@pytest.fixture
async def office(notifications: Notifications, tmp_path: Path) -> AsyncIterator[Office]:
    """An agency whose members are told by mail."""
    box, staff = Mailbox(tmp_path).start(), Staff()
    yield Office(notifications, box, staff, Mailing(notifications.worker, box.server, staff, CONSOLE))
    box.stop()
