"""Says where, how often and in which language a member is told by mail that an inbox has something new."""

from dataclasses import dataclass

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import PrincipalId
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import (
    MailCodeNotRight,
    MailNotice,
    MailNoticeNotFound,
    MailPace,
    checked_address,
)
from services.notifications.domain.recipient import Recipient


@dataclass(frozen=True, slots=True)
class SetMailNotice:
    """What is wished."""

    recipient: Recipient
    address: str
    language: str
    pace: MailPace
    daily_hour: int


async def set_mail_notice(
    wish: SetMailNotice, tx: Transaction, notices: PostgresMailNotices, codes: PostgresMailCodes
) -> MailNotice:
    """Sets the caller's notice of an inbox, or changes it. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        Invalid: MAIL_ADDRESS_NOT_VALID.
        Conflict: the same member sets one at the same moment.
        TooManyMailCodes: so many codes were asked for within a day that no more is sent; nothing is changed.
    """
    address, principal_id = checked_address(wish.address), PrincipalId(tx.caller.principal_id)
    for _ in range(2):  # the second time where the same member has set one at the same moment
        notice = await notices.lock(tx, principal_id, wish.recipient.inbox)
        now = await tx.now()
        if notice is not None and notice.recipient == wish.recipient:
            if notice.needs_code(address):
                await codes.count(tx, principal_id, address)
            notice.set(address, wish.language, wish.pace, wish.daily_hour, now)
            await notices.save(tx, [notice])
            return notice
        if notice is not None:  # of an agency for which the member worked before
            await notices.delete(tx, [notice])
        notice = MailNotice(
            principal_id, wish.recipient, address, wish.language, wish.pace, wish.daily_hour, 0, now, now
        )
        notice.set(address, wish.language, wish.pace, wish.daily_hour, now)
        if await notices.add(tx, notice):
            await codes.count(tx, principal_id, address)
            return notice
    raise Conflict("You have just set one; load the page anew.")


async def confirm_mail_notice(
    recipient: Recipient,
    code: str,
    tx: Transaction,
    notices: PostgresMailNotices,
    deliveries: PostgresDeliveries,
) -> MailNotice | MailCodeNotRight:
    """Confirms the address by its code. A wrong one is counted, so its refusal is answered, to be raised when
    that is committed.

    Raises:
        MailNoticeNotFound: none is set.
    """
    notice = await own_notice(recipient, tx, notices)
    if notice.confirmed_time is not None:
        return notice
    last = (await deliveries.marks(tx, recipient.recipient_id)).last_sequence
    is_confirmed = notice.confirm(code, last, await tx.now())
    await notices.save(tx, [notice])
    return notice if is_confirmed else MailCodeNotRight()


async def own_notice(
    recipient: Recipient,
    tx: Transaction,
    notices: PostgresMailNotices,
    principal_id: PrincipalId | None = None,
) -> MailNotice:
    """A member's notice of an inbox of the caller's agency, locked; the caller's own unless one is named.

    Raises:
        MailNoticeNotFound: there is none.
    """
    whose = principal_id or PrincipalId(tx.caller.principal_id)
    notice = await notices.lock(tx, whose, recipient.inbox)
    if notice is None or notice.recipient != recipient:
        raise MailNoticeNotFound
    return notice
