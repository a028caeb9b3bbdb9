"""Officers of the hub at the mail service's door: a real mail server tells them that something waits."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import grpc
import pytest

from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as accounts
from kem.access.v1.access_service_pb2_grpc import StaffServiceStub
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as inboxes
from kem.notifications.v1 import mail_service_pb2 as rpc
from kem.notifications.v1 import push_service_pb2 as push
from kem.notifications.v1.push_service_pb2_grpc import PushServiceStub
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.notifications.inbox_service import Client, InboxHub
from tests.component.staff.access_service import AccessHub
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import tools_files
from tests.support.mailbox import Mailbox, words
from tests.support.officer_facts import complaint_facts, rights_facts
from tests.support.refusals import refused

IN_A_MONTH = datetime.now(UTC) + timedelta(days=30)
OFFICES = [(delivery_pb2.INBOX_DPO, Role.DPO), (delivery_pb2.INBOX_SAFEGUARDING, Role.SAFEGUARDING_OFFICER)]
Metadata = tuple[tuple[str, str], ...]


def _wish(
    inbox: delivery_pb2.Inbox.ValueType, address: str, language: str = "en"
) -> rpc.SetMailNoticeRequest:
    return rpc.SetMailNoticeRequest(
        request_id=str(uuid4()),
        inbox=inbox,
        address=address,
        language=language,
        pace=rpc.MAIL_PACE_AT_ONCE,
    )


async def _told(
    client: Client,
    who: Metadata,
    inbox: delivery_pb2.Inbox.ValueType,
    address: str,
    box: Mailbox,
    language: str,
) -> None:
    """Whoever it is has confirmed that address."""
    await client.mail.SetMailNotice(_wish(inbox, address, language), metadata=who)
    await until(lambda: len(box.to(address)) == 1)
    code = re.search(r"\d{8}", words(box.to(address)[0]))
    assert code
    typed = rpc.ConfirmMailNoticeRequest(inbox=inbox, code=code[0])
    await client.mail.ConfirmMailNotice(typed, metadata=who)


def _all_is_kept(hub: InboxHub) -> bool:
    """What became of each mail is committed: nobody is sending any."""
    sending = "select count(*) from notifications.mail_notice where lease_id is not null"
    return hub.files.execute(sending).strip() == "0"


async def test_officers_are_told_in_the_language_of_their_choice_and_choose_another(
    hub: InboxHub, mailing: str, box: Mailbox
) -> None:
    dpo, safeguarding = f"dpo-{uuid4()}@kem.example", f"safe-{uuid4()}@kem.example"
    async with (
        Client(hub, mailing, None, Role.DPO) as keeper,
        Client(hub, mailing, None, Role.SAFEGUARDING_OFFICER) as hearer,
    ):
        await _told(keeper, keeper.metadata, delivery_pb2.INBOX_DPO, dpo, box, "el")
        await _told(hearer, hearer.metadata, delivery_pb2.INBOX_SAFEGUARDING, safeguarding, box, "en")
        await hub.tell_of_intake(complaint_facts(IN_A_MONTH)[0])
        await until(lambda: (len(box.to(dpo)), len(box.to(safeguarding))) == (2, 2))
        await until(lambda: _all_is_kept(hub))
        assert "κάτι νέο περιμένει" in str(box.to(dpo)[1]["Subject"])
        assert "Νέα που περιμένουν εσάς: 1" in words(box.to(dpo)[1])
        assert "something new waits" in str(box.to(safeguarding)[1]["Subject"])
        assert "News that waits for you: 1" in words(box.to(safeguarding)[1])
        changed = await keeper.mail.SetMailNotice(
            _wish(delivery_pb2.INBOX_DPO, dpo, "en"), metadata=keeper.metadata
        )
        assert (changed.notice.state, changed.notice.language) == (rpc.MAIL_STATE_ACTIVE, "en")
        await hub.tell_of_intake(rights_facts(IN_A_MONTH, IN_A_MONTH)[0])
        await until(lambda: len(box.to(dpo)) == 3)
        assert "News that waits for you: 1" in words(box.to(dpo)[2])
        assert len(box.to(safeguarding)) == 2, "requests by right are not theirs to answer"
        [listed] = (
            await keeper.mail.ListMailNotices(rpc.ListMailNoticesRequest(), metadata=keeper.metadata)
        ).notices
        assert (listed.inbox, listed.address) == (delivery_pb2.INBOX_DPO, dpo)
        for client, inbox in ((keeper, delivery_pb2.INBOX_DPO), (hearer, delivery_pb2.INBOX_SAFEGUARDING)):
            removing = rpc.RemoveMailNoticeRequest(request_id=str(uuid4()), inbox=inbox)
            await client.mail.RemoveMailNotice(removing, metadata=client.metadata)


async def test_who_has_lost_the_office_is_told_nothing_more(
    hub: InboxHub, mailing: str, box: Mailbox, access: AccessHub
) -> None:
    former, present = f"former-{uuid4()}@kem.example", f"present-{uuid4()}@kem.example"
    inbox = delivery_pb2.INBOX_SAFEGUARDING
    async with (
        secure_channel(access.address, "access", tools_files()) as channel,
        Client(hub, mailing, None, Role.SAFEGUARDING_OFFICER) as colleague,
    ):
        staff, operator = StaffServiceStub(channel), hub.token(None, Role.OPERATOR)
        opening = accounts.OpenAccountRequest(
            request_id=str(uuid4()),
            login=f"staff-{uuid4().hex[:8]}",
            display_name="Sample Person",
            roles=[Role.SAFEGUARDING_OFFICER],
        )
        account = (await staff.OpenAccount(opening, metadata=operator)).account
        token = hub.signer.token(UUID(account.principal_id), None, [Role.SAFEGUARDING_OFFICER])
        await _told(colleague, (("authorization", f"Bearer {token}"),), inbox, former, box, "en")
        await _told(colleague, colleague.metadata, inbox, present, box, "en")
        changing = accounts.ChangeRolesRequest(
            request_id=str(uuid4()), principal_id=account.principal_id, roles=[Role.AUDITOR]
        )
        await staff.ChangeRoles(changing, metadata=operator)
        await hub.tell_of_intake(complaint_facts(IN_A_MONTH)[0])
        await until(lambda: len(box.to(present)) == 2)
        kept = "select count(*) from notifications.mail_notice where principal_id = '{}'"
        await until(lambda: hub.files.execute(kept.format(account.principal_id)).strip() == "0")
        assert len(box.to(former)) == 1, "its code, before that"
        ending = rpc.RemoveMailNoticeRequest(request_id=str(uuid4()), inbox=inbox)
        await colleague.mail.RemoveMailNotice(ending, metadata=colleague.metadata)


@pytest.mark.parametrize(("inbox", "role"), OFFICES)
async def test_an_office_s_inbox_is_nobody_s_but_its_own_officers_of_the_hub(
    hub: InboxHub, address: str, inbox: delivery_pb2.Inbox.ValueType, role: Role
) -> None:
    [other] = [one for _, one in OFFICES if one is not role]
    async with (
        Client(hub, address, None, other) as colleague,
        Client(hub, address, random_id(), role) as of_agency,
        Client(hub, address, random_id(), Role.AGENCY_ADMIN) as admin,
    ):
        for client in (colleague, of_agency, admin):
            with refused() as refusal:
                await client.mail.SetMailNotice(_wish(inbox, "x@kem.example"), metadata=client.metadata)
            assert refusal.reason == "HUB_OFFICER_ONLY"
        with refused() as refusal:
            await of_agency.mail.SetMailNotice(
                _wish(delivery_pb2.INBOX_DESK, "x@kem.example"), metadata=of_agency.metadata
            )
        assert refusal.reason == "INBOX_OF_AGENCY"
        with refused() as refusal:
            await colleague.mail.RemoveMailNotice(
                rpc.RemoveMailNoticeRequest(
                    request_id=str(uuid4()),
                    inbox=OFFICES[1 - OFFICES.index((inbox, role))][0],
                    principal_id=str(uuid4()),
                ),
                metadata=colleague.metadata,
            )
        assert refusal.reason == "AGENCY_ADMIN_ONLY"
        with refused() as refusal:
            await colleague.mail.ListMailNotices(
                rpc.ListMailNoticesRequest(of_agency=True), metadata=colleague.metadata
            )
        assert refusal.reason == "AGENCY_ADMIN_ONLY"


@pytest.mark.parametrize("inbox", [inbox for inbox, _ in OFFICES])
async def test_an_office_s_inbox_has_no_stream_and_is_pushed_to_nobody(
    hub: InboxHub, address: str, inbox: delivery_pb2.Inbox.ValueType
) -> None:
    async with (
        Client(hub, address, random_id(), Role.AGENCY_MEMBER) as client,
        secure_channel(address, "notifications", tools_files()) as channel,
    ):
        asked = inboxes.ListDeliveriesRequest(inbox=inbox)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await client.inbox.ListDeliveries(asked, metadata=client.metadata)
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        setting = push.SetPushEndpointRequest(
            request_id=str(uuid4()), agency_id=str(uuid4()), inbox=inbox, address="https://127.0.0.1:9"
        )
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await PushServiceStub(channel).SetPushEndpoint(setting, metadata=hub.token(None, Role.OPERATOR))
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
