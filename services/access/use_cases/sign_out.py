"""Ends a session, or all of its person's."""

from typing import Final

from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from services.access.domain.session import SessionEnded
from services.access.use_cases.authenticate import (
    SERVICE,
    SIGN_IN_SERVICE,
    SignInParts,
    caller_of,
    put_on_record,
)

METHOD: Final = SIGN_IN_SERVICE + "SignOut"


async def sign_out(session_token: str, *, everywhere: bool, parts: SignInParts) -> None:
    """Signs out; what has ended already is none the worse for it, and put on record.

    Args:
        everywhere: whether all sessions of the person end, and no device stays known.
    """
    nobody = Caller.of_service(SERVICE)
    async with parts.database.transaction(nobody) as tx:
        principal_id = await parts.sessions.owner(tx, session_token)
        if principal_id is not None:
            account = await parts.accounts.lock(
                tx, principal_id
            )  # two at once take all sessions in one order
            if await parts.sessions.end(tx, session_token):
                if everywhere:
                    await parts.sessions.end_all(tx, principal_id)
                    await parts.sessions.forget_devices(tx, principal_id)
                tx.publish(access_event(AccessRecord(SERVICE, METHOD), caller_of(account), await tx.now()))
                return
    await put_on_record(SessionEnded(), nobody, METHOD, parts)
