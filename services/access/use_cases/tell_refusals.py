"""Tells how many refusals there were beyond those that were told one by one, when their window ends."""

from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from chassis.postgres import Transaction
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.domain.account import AccountNotFound
from services.access.domain.refusals import WINDOW, RefusalWindow
from services.access.use_cases.authenticate import SERVICE, SignInParts, caller_of


async def tell_refusals(tx: Transaction, parts: SignInParts) -> int:
    """Ends some windows whose time is over; answers how many. Call it until it answers 0."""
    now = await tx.now()
    ended = await parts.refusals.take_ended(tx, now - WINDOW)
    for window in ended:
        if window.untold:
            record = AccessRecord(
                SERVICE,
                window.method,
                refusal_reason=window.reason,
                times=window.untold,
                first_time=window.begin_time,
            )
            tx.publish(access_event(record, await _whom(window, tx, parts.accounts), now))
    return len(ended)


async def _whom(window: RefusalWindow, tx: Transaction, accounts: PostgresAccounts) -> Caller:
    nobody = Caller.of_service(SERVICE)
    if window.principal_id == nobody.principal_id:
        return nobody
    try:
        return caller_of(await accounts.read(tx, window.principal_id))
    except AccountNotFound:
        return nobody
