"""When codes were asked for, by whom and for which address, in PostgreSQL."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from chassis.requests import request_digest
from kernel.ids import PrincipalId
from services.notifications.domain.mail_codes import WINDOW, check_may_ask, mailbox_of

_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('mail_code ' || $1, 0))"
_ASKED: Final = """
    select asked_time, principal_id = $1 as by_member, address_digest = $2 as for_address from mail_code
    where (principal_id = $1 or address_digest = $2) and asked_time > $3
"""
_ADD: Final = "insert into mail_code (principal_id, address_digest, asked_time) values ($1, $2, $3)"


class PostgresMailCodes:
    """The table `mail_code`, which holds keyed digests in the place of addresses."""

    async def count(self, tx: Transaction, principal_id: PrincipalId, address: str) -> None:
        """One more code is asked for; those who ask for the same address at once do so one by one.

        Raises:
            TooManyMailCodes: it must not be sent.
        """
        digest = request_digest(tx.request_key, b"mail code " + mailbox_of(address).encode())
        for what in (str(principal_id), digest.hex()):
            await tx.connection.execute(_LOCK, what)
        now = await tx.now()
        asked = await tx.connection.fetch(_ASKED, principal_id, digest, now - WINDOW)
        check_may_ask(
            [row["asked_time"] for row in asked if row["by_member"]],
            [row["asked_time"] for row in asked if row["for_address"]],
            now,
        )
        await tx.connection.execute(_ADD, principal_id, digest, now)

    async def forget_before(self, tx: Transaction, time: datetime) -> None:
        """Deletes what counts no more."""
        await tx.connection.execute("delete from mail_code where asked_time < $1", time)
