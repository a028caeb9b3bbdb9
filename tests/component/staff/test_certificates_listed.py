"""An operator sees which machines have a certificate of the hub's authority, and until when."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from chassis.certificates import TOOLS, Holder
from chassis.tls import secure_channel
from kem.access.v1 import access_events_pb2 as facts
from kem.access.v1 import certificate_service_pb2 as rpc
from kem.access.v1.certificate_service_pb2_grpc import CertificateServiceStub
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import SCHEMAS, Desk, running_access
from tests.support.hub_certificates import tools_files
from tests.support.refusals import refused
from tools.certificates.authority import Authority
from tools.certificates.registry import Registry, RevocationReason
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

AGENCY = random_id()


@dataclass(frozen=True, slots=True)
class Office:
    """The authority, and the door at which is told what it did."""

    desk: Desk
    registry: Registry
    authority: Authority

    def issue(self, holder: Holder) -> str:
        certificate = self.authority.issue(holder).certificate
        self.registry.add_issued(certificate, "IOM")
        return certificate.serial

    async def listed(self, role: Role = Role.OPERATOR, **asked: Any) -> rpc.ListCertificatesResponse:
        stub: Any = CertificateServiceStub(self.desk.channel)
        request = rpc.ListCertificatesRequest(**asked)
        answer: rpc.ListCertificatesResponse = await stub.ListCertificates(
            request, metadata=self.desk.keeper(role)
        )
        return answer


@pytest.fixture
async def office(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path: Path,
) -> AsyncIterator[Office]:
    register = tmp_path / "register.json"
    registry = Registry(tmp_path / "certificates.jsonl", tmp_path / "revoked.json", register)
    registry.begin()
    registry.write_out()
    authority = Authority.make(tmp_path / "authority.key", tmp_path / "authority.pem")
    folder = tmp_path / "access"
    folder.mkdir()
    async with (
        running_access(
            postgres_server,
            database_template(SCHEMAS),
            broker.bootstrap,
            folder,
            KEM_ACCESS_CERTIFICATE_REGISTER_FILE=str(register),
        ) as hub,
        secure_channel(hub.address, "access", tools_files()) as channel,
    ):
        yield Office(Desk(hub, channel), registry, authority)


async def test_certificates_are_listed_with_whose_they_are_and_what_was_revoked_only_where_asked_for(
    office: Office,
) -> None:
    assert list((await office.listed()).certificates) == []
    serials = [office.issue(one) for one in (Holder.of_agency(AGENCY), Holder.of_service("intake"), TOOLS)]
    found = {one.serial: one for one in (await office.listed()).certificates}
    assert set(found) == set(serials)
    of_agency, of_service, of_tools = (found[serial] for serial in serials)
    assert (of_agency.holder_kind, of_agency.agency_id) == (facts.HOLDER_KIND_AGENCY, str(AGENCY))
    assert not of_agency.HasField("holder_service")
    assert (of_service.holder_kind, of_service.holder_service) == (facts.HOLDER_KIND_SERVICE, "intake")
    assert of_tools.holder_kind == facts.HOLDER_KIND_TOOLS
    assert of_agency.end_time.seconds > of_agency.issued_time.seconds

    office.registry.revoke(serials[:1], RevocationReason.KEY_LOST)
    assert {one.serial for one in (await office.listed()).certificates} == set(serials[1:])
    everything = {one.serial: one for one in (await office.listed(with_ended=True)).certificates}
    revoked = everything[serials[0]]
    assert (revoked.revocation_reason, revoked.HasField("revoked_time")) == ("KEY_LOST", True)
    assert everything[serials[1]].revocation_reason == ""


async def test_pages_follow_each_other_and_hold_each_certificate_once(office: Office) -> None:
    serials = {office.issue(Holder.of_agency(random_id())) for _ in range(5)}
    seen, after = [], ""
    while True:
        page = await office.listed(Role.DPO, page_size=2, after_serial=after)
        seen += [one.serial for one in page.certificates]
        if not (after := page.next_after_serial):
            break
    assert len(seen) == 5
    assert set(seen) == serials
    with refused() as refusal:
        await office.listed(after_serial="abc")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AFTER_UNKNOWN")


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.AUDITOR, Role.SUPERVISOR, Role.ACCMR_OFFICER])
async def test_others_are_not_told(office: Office, role: Role) -> None:
    with refused() as refusal:
        await office.listed(role)
    assert refusal.reason == "NOT_PERMITTED"
