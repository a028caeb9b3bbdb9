"""Complaints that the console puts in for whoever stands before its public pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kem.disclosure.v1.complaint_service_pb2_grpc import ComplaintServiceStub
from tests.component.intake.desk import at, desk_at
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused

WORDS = "They asked me for money."


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Intake with everybody at its door; stubs have no types."""

    intake: RunningIntake
    console: Any
    other_service: Any
    officer: Any


@pytest.fixture
async def letterbox(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Letterbox]:
    async with _open(fresh_database, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _open(fresh_database: MakeDatabase, folder: Path) -> AsyncIterator[Letterbox]:
    async with (
        running_intake(fresh_database(schemas=("intake",)), folder) as intake,
        intake.channel_of_the_hub("console") as console,
        intake.channel_of_the_hub("referral") as other,
        intake.channel_of("dpo", agency_id=None) as officer,
    ):
        yield Letterbox(intake, *(ComplaintServiceStub(one) for one in (console, other, officer)))


def complaint(**changes: Any) -> messages.RegisterComplaintRequest:
    given = {"accused_agency_id": str(uuid4()), "words": WORDS} | changes
    return messages.RegisterComplaintRequest(
        request_id=str(uuid4()),
        kind=messages.COMPLAINT_KIND_ABUSE,
        received_time=at(datetime.now(UTC)),
        **given,
    )


async def test_a_complaint_from_a_public_page_reaches_the_officers_and_is_nobodys(
    letterbox: Letterbox,
) -> None:
    request = complaint()
    kept = await letterbox.console.RegisterComplaint(request)
    assert await letterbox.console.RegisterComplaint(request) == kept, "a double click is one complaint"
    [one] = (await letterbox.officer.ListComplaints(messages.ListComplaintsRequest())).complaints
    assert (one.complaint_id, one.words, one.anonymous) == (kept.complaint_id, WORDS, True)
    assert one.accused_agency_id == request.accused_agency_id
    assert not one.HasField("registered_by_agency_id")


async def test_the_console_reads_none_and_no_other_service_registers_one(letterbox: Letterbox) -> None:
    await letterbox.console.RegisterComplaint(complaint())
    with refused() as refusal:
        await letterbox.console.ListComplaints(messages.ListComplaintsRequest())
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    with refused() as refusal:
        await letterbox.other_service.RegisterComplaint(complaint())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NO_AGENCY")


async def test_the_public_names_nobody_on_record_and_learns_of_none(letterbox: Letterbox) -> None:
    """Of somebody who is registered the same is told as of nobody."""
    async with desk_at(letterbox.intake) as desk:
        registered = await desk.person()
    told = []
    for person in (registered, str(uuid4())):
        with refused() as refusal:
            await letterbox.console.RegisterComplaint(complaint(beneficiary_id=person))
        told.append((refusal.code, refusal.reason, refusal.message))
    assert told[0] == told[1]
    assert told[0][:2] == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")
    assert not (await letterbox.officer.ListComplaints(messages.ListComplaintsRequest())).complaints


async def test_the_database_too_lets_the_letterbox_take_what_is_nobodys_and_give_nothing(
    letterbox: Letterbox,
) -> None:
    await letterbox.console.RegisterComplaint(complaint())
    row = (
        "insert into intake.complaint (complaint_id, kind, registered_by_agency_id, sealed_words,"
        " registered_by_principal_id, acting_person, received_time, registered_time, due_time)"
        " values (gen_random_uuid(), 'HELP', $1, ''::bytea, gen_random_uuid(), '',"
        " now(), now(), now() + interval '1 month')"
    )
    connection = await asyncpg.connect(letterbox.intake.database.app_url("intake"))
    try:
        async with connection.transaction():
            await connection.execute("select set_config('app.letterbox', 'true', true)")
            assert await connection.fetch("select * from intake.complaint") == []
            await connection.execute(row, None)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(row, uuid4())
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(row, None)
    finally:
        await connection.close()
