"""Sends mails while the process runs; waits longer each time that the mail server is away."""

import asyncio
import random
from typing import Final

import structlog

from chassis.failures import is_passing
from services.notifications.adapters.mail_server import MailServerAway
from services.notifications.adapters.measures import mail_failures
from services.notifications.domain.push_endpoint import backoff
from services.notifications.use_cases.send_mails import MOST_AT_ONCE, Mailing, send_mails

POLL_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


class MailWorker:
    """Any number of processes may run one: a notice's mail is sent by one of them at a time.

    Args:
        most_a_second: what the mail server may be handed.
    """

    def __init__(self, mailing: Mailing, most_a_second: float) -> None:
        self._mailing = mailing
        self._most_a_second = most_a_second

    async def run(self) -> None:
        """Sends until it is cancelled."""
        away = 0
        while True:
            seconds = POLL_SECONDS
            try:
                sent = await send_mails(self._mailing, max(1, min(MOST_AT_ONCE, int(self._most_a_second))))
                away = 0
                seconds = max(POLL_SECONDS, sent / self._most_a_second)
            except MailServerAway as gone:
                away += 1
                mail_failures.add(1, {"failure": "SERVER_AWAY"})
                log.warning("mail_server_away", reason=str(gone), tries=away)
                seconds = backoff(away, random.random()).total_seconds()  # noqa: S311 (spreads tries)
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("mails_not_looked_for", error=type(error).__name__)
            await asyncio.sleep(seconds)
