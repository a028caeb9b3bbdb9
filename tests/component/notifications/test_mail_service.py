"""E-mail notices through the service's own door, and a real mail server."""

import re
from typing import Any
from uuid import UUID, uuid4

from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as accounts
from kem.access.v1.access_service_pb2_grpc import StaffServiceStub
from kem.notifications.v1 import mail_service_pb2 as rpc
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.notifications.inbox_service import AGENCY_INBOX, DESK_INBOX, Client, InboxHub
from tests.component.staff.access_service import AccessHub
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import tools_files
from tests.support.mailbox import Mailbox, words
from tests.support.referral_facts import offered
from tests.support.refusals import refused

ADDRESS = "ann@agency.example"


def wish(address: str = ADDRESS) -> rpc.SetMailNoticeRequest:
    return rpc.SetMailNoticeRequest(
        request_id=str(uuid4()),
        inbox=AGENCY_INBOX,
        address=address,
        language="el",
        pace=rpc.MAIL_PACE_AT_ONCE,
    )


async def test_a_member_sets_confirms_is_told_and_ends_it(hub: InboxHub, mailing: str, box: Mailbox) -> None:
    agency: UUID = random_id()
    async with Client(hub, mailing, agency) as client:
        mail, who = client.mail, client.metadata
        made = (await mail.SetMailNotice(wish(), metadata=who)).notice
        assert (made.state, made.address) == (rpc.MAIL_STATE_UNCONFIRMED, "")
        kept = hub.files.execute("select encode(response, 'escape') from notifications.request")
        assert ADDRESS not in kept, "what is kept for a repeat does not have it"
        await until(lambda: len(box.to(ADDRESS)) == 1)
        code = re.search(r"\d{8}", words(box.to(ADDRESS)[0]))
        assert code
        with refused() as refusal:
            await mail.ConfirmMailNotice(
                rpc.ConfirmMailNoticeRequest(inbox=AGENCY_INBOX, code="00000000"), metadata=who
            )
        assert refusal.reason == "MAIL_CODE_NOT_RIGHT"
        typed = rpc.ConfirmMailNoticeRequest(inbox=AGENCY_INBOX, code=code[0])
        assert (await mail.ConfirmMailNotice(typed, metadata=who)).notice.state == rpc.MAIL_STATE_ACTIVE

        await hub.tell(offered(agency), sender=random_id())
        await until(lambda: len(box.to(ADDRESS)) == 2)

        async def is_kept() -> bool:
            listed = await mail.ListMailNotices(rpc.ListMailNoticesRequest(), metadata=who)
            assert listed.sends_mail
            assert [one.address for one in listed.notices] == [ADDRESS]
            return listed.notices[0].HasField("last_mail_time")

        await until(is_kept)

        removing = rpc.RemoveMailNoticeRequest(request_id=str(uuid4()), inbox=AGENCY_INBOX)
        await mail.RemoveMailNotice(removing, metadata=who)
        listed = await mail.ListMailNotices(rpc.ListMailNoticesRequest(), metadata=who)
        assert not listed.notices
    log = (hub.folder / "service.log").read_text()
    assert ADDRESS not in log


async def test_a_closed_account_is_told_nothing_more_and_a_locked_one_not_before_it_is_unlocked(
    hub: InboxHub, mailing: str, box: Mailbox, access: AccessHub
) -> None:
    agency: UUID = random_id()
    async with (
        secure_channel(access.address, "access", tools_files()) as channel,
        Client(hub, mailing, agency) as colleague,
        Client(hub, mailing, agency, Role.AGENCY_ADMIN) as admin,
    ):
        staff, keeper = StaffServiceStub(channel), hub.token(None, Role.OPERATOR)
        people = {
            name: await _account(staff, keeper, agency)
            for name in ("closed@kem.example", "locked@kem.example")
        }
        writing = {
            name: hub.signer.token(UUID(one), agency, [Role.AGENCY_MEMBER]) for name, one in people.items()
        }
        for address, metadata in {
            **{name: (("authorization", f"Bearer {token}"),) for name, token in writing.items()},
            "used@kem.example": colleague.metadata,
        }.items():
            await _told(colleague, metadata, address, box)
        closing = accounts.CloseAccountRequest(
            request_id=str(uuid4()), principal_id=people["closed@kem.example"]
        )
        await staff.CloseAccount(closing, metadata=keeper)
        locking = {"request_id": str(uuid4()), "principal_id": people["locked@kem.example"]}
        await staff.LockAccount(accounts.LockAccountRequest(**locking), metadata=keeper)

        await hub.tell(offered(agency), sender=random_id())
        await until(lambda: len(box.to("used@kem.example")) == 2)
        of_agency = rpc.ListMailNoticesRequest(of_agency=True)

        async def is_forgotten() -> bool:
            listed = await admin.mail.ListMailNotices(of_agency, metadata=admin.metadata)
            return people["closed@kem.example"] not in {one.principal_id for one in listed.notices}

        await until(is_forgotten)
        waiting = "select count(*) from notifications.mail_notice where next_try_time > now() + '1 minute'"
        await until(lambda: hub.files.execute(waiting).strip() == "1")
        unlocking = accounts.UnlockAccountRequest(**locking | {"request_id": str(uuid4())})
        await staff.UnlockAccount(unlocking, metadata=keeper)
        hub.files.execute("update notifications.mail_notice set next_try_time = now()")
        await until(lambda: len(box.to("locked@kem.example")) == 2)
        assert len(box.to("closed@kem.example")) == 1, "its code, before it was closed"


async def _account(staff: Any, keeper: Any, agency: UUID) -> str:
    """Somebody's account; answers whose."""
    opening = accounts.OpenAccountRequest(
        request_id=str(uuid4()),
        agency_id=str(agency),
        login=f"staff-{uuid4().hex[:8]}",
        display_name="Sample Person",
        roles=[Role.AGENCY_MEMBER],
    )
    return str((await staff.OpenAccount(opening, metadata=keeper)).account.principal_id)


async def _told(client: Client, metadata: Any, address: str, box: Mailbox) -> None:
    """Whoever it is has confirmed that address."""
    await client.mail.SetMailNotice(wish(address), metadata=metadata)
    await until(lambda: len(box.to(address)) == 1)
    code = re.search(r"\d{8}", words(box.to(address)[0]))
    assert code
    typed = rpc.ConfirmMailNoticeRequest(inbox=AGENCY_INBOX, code=code[0])
    await client.mail.ConfirmMailNotice(typed, metadata=metadata)


async def test_the_agency_s_admin_sees_whom_mails_tell_not_where_and_ends_them(
    hub: InboxHub, address: str
) -> None:
    agency: UUID = random_id()
    async with (
        Client(hub, address, agency) as client,
        Client(hub, address, agency, Role.AGENCY_ADMIN) as admin,
        Client(hub, address, random_id(), Role.AGENCY_ADMIN) as stranger,
    ):
        await client.mail.SetMailNotice(wish(), metadata=client.metadata)
        of_agency = rpc.ListMailNoticesRequest(of_agency=True)
        listed = await admin.mail.ListMailNotices(of_agency, metadata=admin.metadata)
        assert not listed.sends_mail, "this process has no mail server"
        [one] = listed.notices
        assert one.address == ""
        assert not (await stranger.mail.ListMailNotices(of_agency, metadata=stranger.metadata)).notices
        with refused() as refusal:
            await client.mail.ListMailNotices(of_agency, metadata=client.metadata)
        assert refusal.reason == "AGENCY_ADMIN_ONLY"
        ending = rpc.RemoveMailNoticeRequest(
            request_id=str(uuid4()), inbox=AGENCY_INBOX, principal_id=one.principal_id
        )
        for other, reason in ((client, "AGENCY_ADMIN_ONLY"), (stranger, "MAIL_NOTICE_NOT_FOUND")):
            asked = rpc.RemoveMailNoticeRequest(
                request_id=str(uuid4()), inbox=AGENCY_INBOX, principal_id=str(uuid4())
            )
            with refused() as refusal:
                await other.mail.RemoveMailNotice(asked, metadata=other.metadata)
            assert refusal.reason == reason
        await admin.mail.RemoveMailNotice(ending, metadata=admin.metadata)
        assert not (await admin.mail.ListMailNotices(of_agency, metadata=admin.metadata)).notices


async def test_what_is_no_address_is_refused_and_another_inbox_has_none(hub: InboxHub, address: str) -> None:
    async with Client(hub, address, random_id()) as client:
        with refused() as refusal:
            await client.mail.SetMailNotice(wish("not an address"), metadata=client.metadata)
        assert refusal.reason == "MAIL_ADDRESS_NOT_VALID"
        with refused() as refusal:
            await client.mail.ConfirmMailNotice(
                rpc.ConfirmMailNoticeRequest(inbox=DESK_INBOX, code="1"), metadata=client.metadata
            )
        assert refusal.reason == "MAIL_NOTICE_NOT_FOUND"
