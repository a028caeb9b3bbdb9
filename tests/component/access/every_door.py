"""All services at their real doors, with one case in them: a person, a need, a referral, an offer."""

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import Any, Final
from uuid import UUID, uuid4

import grpc
from google.protobuf.message import Message

from chassis.caller import SECOND_FACTOR, AssertionSigner
from chassis.tls import secure_channel
from kem.audit.v1 import audit_service_pb2 as audit
from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kem.disclosure.v1 import authority_service_pb2 as authority
from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1.authority_service_pb2_grpc import AuthorityServiceStub
from kem.disclosure.v1.complaint_service_pb2_grpc import ComplaintServiceStub
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.recall_service_pb2_grpc import RecallServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from kem.intake.v1 import intake_service_pb2, need_pb2
from kem.referral.v1 import referral_service_pb2 as referral
from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceStub
from kernel.codes import Role
from tests.architecture.test_every_rpc_is_authorised import access_tables
from tests.component.intake.desk import Desk, at, desk_at
from tests.component.intake.telephone import handover_request
from tests.component.referral.directory_door import agency_message, service_message
from tests.integration.chassis.assertions import key_file, make_signer, write_keys
from tests.support.hub_certificates import certificate_environment, service_files, tools_files
from tests.support.intake import HUB_PRINCIPAL, RunningIntake
from tests.support.postgres import FreshDatabase
from tests.support.referral import RunningReferral
from tools.stack.ports import free_port
from tools.stack.services import wait_serving

ROOT: Final = Path(__file__).resolve().parents[3]
STREAMS: Final = ("/Subscribe", "/StreamEntries")
SILENCE_SECONDS: Final = 5.0
"""So long a stream says nothing before it counts as let in: a refusal comes at once."""


@dataclass(frozen=True, slots=True)
class Case:
    """What there is to be named by a stranger."""

    beneficiary_id: str
    need_id: str
    referral_id: str
    offer_id: str
    agency_id: str
    service_id: str
    emergency_id: str
    """Something that waits for its review."""
    compelled_request_id: str
    rights_request_id: str
    complaint_id: str
    recall_id: str
    """Something that an agency must still answer."""
    twin_id: str = field(default_factory=lambda: str(uuid4()))
    """Another record, of the same person maybe."""
    appointment_id: str = field(default_factory=lambda: str(uuid4()))
    consent_id: str = field(default_factory=lambda: str(uuid4()))
    emergency_access_id: str = field(default_factory=lambda: str(uuid4()))
    retention_hold_id: str = field(default_factory=lambda: str(uuid4()))
    certificate_id: str = field(default_factory=lambda: str(uuid4()))
    account_id: str = field(default_factory=lambda: str(uuid4()))
    service_type: str = "GREEK_A1"

    def unknown(self) -> "Case":
        """Ids in the same places of which nothing is known."""
        ids = [name for name in Case.__dataclass_fields__ if name.endswith("_id")]
        return replace(self, **{name: str(uuid4()) for name in ids})


@dataclass(slots=True)
class EveryDoor:
    """Calls any method as anybody."""

    intake: RunningIntake
    addresses: dict[str, str]
    case: Case
    desk: Desk
    hub: AssertionSigner
    metrics: dict[str, str]
    """Where each service's figures are read."""
    _channels: dict[tuple[str, str], grpc.aio.Channel] = field(default_factory=dict)
    _of_the_hub: set[str | None] = field(default_factory=set)

    def token(self, *roles: str, agency_id: UUID | None = None, principal_id: UUID | None = None) -> str:
        """An assertion of the hub's issuer for people, or of a service for itself."""
        if Role.SERVICE in roles:
            token = self.hub.token(HUB_PRINCIPAL, None, list(roles))
            self._of_the_hub.add(token)
            return token
        return self.intake.people.token(principal_id or uuid4(), agency_id, list(roles), acr=SECOND_FACTOR)

    def token_by_password(self, *roles: str, agency_id: UUID) -> str:
        """An assertion of somebody who has shown a password only."""
        return self.intake.people.token(uuid4(), agency_id, list(roles), acr="pwd")

    async def call(
        self,
        method: str,
        token: str | None,
        request: Message | bytes | None = None,
        *,
        seconds: float = 20,
        service: str = "referral",
    ) -> Any:
        """The answer's bytes; an empty request unless one is given, or the bytes that stand for one.

        Args:
            service: which to ask for what every one answers.
        """
        service = next((name for name, table in access_tables().items() if method in table), service)
        holder = "referral" if token in self._of_the_hub else "tools"
        if (service, holder) not in self._channels:
            files = service_files(holder) if token in self._of_the_hub else tools_files()
            self._channels[service, holder] = secure_channel(self.addresses[service], service, files)
        opened: Any = self._channels[service, holder]  # its generic calls have no types
        metadata = [("authorization", f"Bearer {token}")] if token else []
        content = request if isinstance(request, bytes) else request.SerializeToString() if request else b""
        if method.endswith(STREAMS):
            stream = opened.unary_stream(method)(content, metadata=metadata, timeout=seconds)
            try:
                async with asyncio.timeout(min(SILENCE_SECONDS, seconds)):
                    return await stream.read()
            except TimeoutError:
                return b""  # nobody was refused: there is only nothing to be told
            finally:
                stream.cancel()
        return await opened.unary_unary(method)(content, metadata=metadata, timeout=seconds)

    async def close(self) -> None:
        for opened in self._channels.values():
            await opened.close()


@asynccontextmanager
async def every_door(database: FreshDatabase, folder: Path, bootstrap: str) -> AsyncIterator[EveryDoor]:
    """Starts everything and makes the case through the doors."""
    people = make_signer(folder, "kem-test")
    make_signer(folder, "kem-access")
    services = {service: make_signer(folder, f"service:{service}") for service in access_tables()}
    hub = services["referral"]
    write_keys(folder, people, *services.values())
    (folder / "keys").mkdir()
    (folder / "keys" / "closed-accounts").touch()
    (folder / "keys" / "sign-in.key").write_bytes(base64.b64encode(os.urandom(32)))
    addresses = {service: f"127.0.0.1:{free_port()}" for service in access_tables()}
    metrics = {service: f"127.0.0.1:{free_port()}" for service in addresses}
    processes = [
        _start(service, addresses, metrics[service], database, folder, bootstrap) for service in addresses
    ]
    try:
        await asyncio.gather(
            *(wait_serving(address, service, tools_files()) for service, address in addresses.items())
        )
        intake = RunningIntake(database, addresses["intake"], folder / "keys", people, {"referral": hub})
        async with desk_at(intake) as desk:
            case = await _make_case(RunningReferral(addresses["referral"], intake), desk)
            doors = EveryDoor(intake, addresses, case, desk, hub, metrics)
            await _until_on_record(doors)
            yield doors
            await doors.close()
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(20)


def _start(
    service: str,
    addresses: dict[str, str],
    metrics_address: str,
    database: FreshDatabase,
    folder: Path,
    bootstrap: str,
) -> "Popen[bytes]":
    prefix = f"KEM_{service.upper()}_"
    settings = {f"KEM_{name.upper()}_GRPC_ADDRESS": address for name, address in addresses.items()} | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
        "KEM_KAFKA_BOOTSTRAP": bootstrap,
        "KEM_KAFKA_IDEMPOTENCE": "false",
        "KEM_KAFKA_SESSION_SECONDS": "2",
        "KEM_ASSERTION_KEYS_FILE": str(folder / "assertion-keys.json"),
        "KEM_KEYS_DIR": str(folder / "keys"),
        "KEM_NOTIFICATIONS_PUSH_NETWORKS": "127.0.0.0/8",
        "KEM_ACCESS_KEY_FILE": str(folder / "keys" / "sign-in.key"),
        "KEM_ACCESS_ASSERTION_KEY_FILE": str(key_file(folder, "kem-access")),
        "KEM_AUDIT_SIGNING_KEY_FILE": str(key_file(folder, "kem-access")),
        "KEM_AUDIT_CHECKPOINT_SECONDS": "1",
        **certificate_environment(service),
        f"{prefix}METRICS_ADDRESS": metrics_address,
        f"{prefix}IDENTITY_FILE": str(key_file(folder, f"service:{service}")),
        f"{prefix}DATABASE_URL_FILE": str(folder / f"{service}-app"),
        f"{prefix}WORKER_DATABASE_URL_FILE": str(folder / f"{service}-worker"),
    }
    (folder / f"{service}-app").write_text(database.app_url(service))
    (folder / f"{service}-worker").write_text(database.worker_url(service))
    with (folder / f"{service}.log").open("wb") as log:
        return Popen([sys.executable, "-P", "-m", f"services.{service}"], cwd=ROOT, env=settings, stderr=log)


async def _make_case(running: RunningReferral, desk: Desk) -> Case:
    agency_id = str(desk.agency_id)
    lessons = service_message(
        1,
        agency_id=agency_id,
        eligibility=directory_pb2.Eligibility(),
        listing=directory_pb2.LISTING_PUBLIC,
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_UNLIMITED),
    )
    async with (
        running.channel_of("operator") as keeper_channel,
        running.channel_of("agency_member", agency_id=desk.agency_id) as agency_channel,
    ):
        keeper, agency = DirectoryServiceStub(keeper_channel), ReferralServiceStub(agency_channel)
        agencies = [agency_message(1, agency_id=agency_id)]
        await keeper.SaveAgencies(directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=agencies))
        await keeper.SaveServices(directory.SaveServicesRequest(request_id=str(uuid4()), services=[lessons]))
        await desk.agree()
        person = await desk.person()
        await desk.consent(person)
        need = await desk.need(person)
        async with asyncio.timeout(30):
            while True:
                page = await agency.ListReferrals(
                    referral.ListReferralsRequest(view=referral.REFERRAL_VIEW_OFFERED)
                )
                if page.referrals:
                    break
                await asyncio.sleep(0.05)
    offer_id = page.referrals[0].offers[0].offer_id
    emergency_id = await _told_by_phone(running, desk, person)
    asked = await _asked_by_police(running, person)
    ids = (person, need.need_id, need.referral_id, offer_id, agency_id, lessons.service_id)
    asked_by_right, complaint = (
        await _asked_by_right(running, person),
        await _complained_of(running, agency_id),
    )
    back = await _asked_back(running, desk)
    return Case(*ids, emergency_id, asked, asked_by_right, complaint, back)


async def _until_on_record(doors: EveryDoor) -> None:
    """Returns when the ledger has the case's referral, under a checkpoint."""
    request = audit.TraceReferralRequest(referral_id=doors.case.referral_id, with_proofs=True)
    method, token = "/kem.audit.v1.AuditService/TraceReferral", doors.token(Role.AUDITOR)
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                answer = audit.TraceReferralResponse.FromString(await doors.call(method, token, request))
                if answer.entries[0].proof:
                    return
            await asyncio.sleep(0.1)


async def _complained_of(running: RunningReferral, agency_id: str) -> str:
    """A complaint about the agency, by somebody who does not say who they are."""
    request = complaints.RegisterComplaintRequest(
        request_id=str(uuid4()),
        kind=complaints.COMPLAINT_KIND_TREATMENT,
        accused_agency_id=agency_id,
        words="They shouted at me.",
        received_time=at(datetime.now(UTC)),
    )
    async with running.intake.channel_of() as channel:
        registered = await ComplaintServiceStub(channel).RegisterComplaint(request)
    return str(registered.complaint_id)


async def _asked_back(running: RunningReferral, desk: Desk) -> str:
    """What was told by telephone to the agency, of somebody who then took their consent back."""
    person = await desk.person()
    await desk.consent(person)
    need = await desk.need(person, routing=need_pb2.ROUTING_HOLD)
    async with running.intake.channel_of() as channel:
        told = handover_request(need.referral_id, str(desk.agency_id))
        await EmergencyServiceStub(channel).RecordHandover(told)
        await desk.intake.WithdrawConsent(
            intake_service_pb2.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
        )
        request = recall.ListRecallsRequest(view=recall.RECALL_VIEW_SENT, filter=recall.RECALL_FILTER_OPEN)
        [one] = (await RecallServiceStub(channel).ListRecalls(request)).recalls
    return str(one.recall_id)


async def _asked_by_right(running: RunningReferral, person: str) -> str:
    """The person's request to see everything."""
    request = rights.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        right=rights.RIGHT_ACCESS,
        asked_by=rights.ASKED_BY_SELF,
        words="Everything, please.",
        received_time=at(datetime.now(UTC)),
    )
    async with running.intake.channel_of() as channel:
        registered = await RightsServiceStub(channel).RegisterRightsRequest(request)
    return str(registered.rights_request_id)


async def _asked_by_police(running: RunningReferral, person: str) -> str:
    """A request of the police for the person's name."""
    request = authority.RegisterCompelledRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        authority=authority.AUTHORITY_POLICE,
        legal_reference="Law 4619/2019, art. 1",
        protocol_number="12/2026",
        asked_categories=["NAME"],
        words="Where is she?",
        received_time=at(datetime.now(UTC)),
    )
    async with running.intake.channel_of() as channel:
        registered = await AuthorityServiceStub(channel).RegisterCompelledRequest(request)
    return str(registered.compelled_request_id)


async def _told_by_phone(running: RunningReferral, desk: Desk, person: str) -> str:
    """Another need, of which more was told than consent allows."""
    need = await desk.need(person, routing=need_pb2.ROUTING_HOLD)
    async with running.intake.channel_of() as channel:
        request = handover_request(need.referral_id, str(desk.agency_id), legal_basis="VITAL_INTEREST")
        told = await EmergencyServiceStub(channel).RecordHandover(request)
    return str(told.disclosure_id)
