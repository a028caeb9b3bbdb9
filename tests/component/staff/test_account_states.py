"""Services of the hub, and nobody else, are told whether accounts may be used."""

from uuid import uuid4

from chassis.caller import AssertionSigner
from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_service_pb2_grpc import StaffServiceStub
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import Desk
from tests.integration.chassis.assertions import key_file
from tests.support.hub_certificates import service_files
from tests.support.refusals import refused

ACTIVE, LOCKED, CLOSED = (
    messages.ACCOUNT_STATE_ACTIVE,
    messages.ACCOUNT_STATE_LOCKED,
    messages.ACCOUNT_STATE_CLOSED,
)


async def test_a_service_is_told_of_every_agency_s_accounts_and_nothing_but_their_states(desk: Desk) -> None:
    opened = [
        (await desk.open(Role.CASEWORKER, agency_id=random_id())).account.principal_id for _ in range(3)
    ]
    locked, closed, used = opened
    about = {"request_id": str(uuid4()), "principal_id": locked}
    await desk.staff.LockAccount(messages.LockAccountRequest(**about), metadata=desk.keeper())
    about = {"request_id": str(uuid4()), "principal_id": closed}
    await desk.staff.CloseAccount(messages.CloseAccountRequest(**about), metadata=desk.keeper())
    signer = AssertionSigner("service:notifications", key_file(desk.hub.folder, "service:notifications"))
    metadata = (("authorization", f"Bearer {signer.service_token()}"),)
    request = messages.BatchGetAccountStatesRequest(principal_ids=[*opened, str(uuid4())])
    async with secure_channel(desk.hub.address, "access", service_files("notifications")) as channel:
        answer = await StaffServiceStub(channel).BatchGetAccountStates(request, metadata=metadata)
    told = [(one.principal_id, one.state) for one in answer.accounts]
    assert told == sorted([(locked, LOCKED), (closed, CLOSED), (used, ACTIVE)])


async def test_no_person_is_told(desk: Desk) -> None:
    request = messages.BatchGetAccountStatesRequest(principal_ids=[str(uuid4())])
    for role in (Role.OPERATOR, Role.AUDITOR, Role.AGENCY_ADMIN):
        with refused() as refusal:
            await desk.staff.BatchGetAccountStates(request, metadata=desk.keeper(role, random_id()))
        assert refusal.reason == "NOT_PERMITTED"
