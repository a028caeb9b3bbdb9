"""How the `kem` commands reach a running hub: its doors, and assertions for whoever they speak for."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from chassis.caller import AssertionSigner
from chassis.certificates import is_issued_by
from chassis.grpc_client import RECONNECTING
from chassis.tls import TlsFiles, secure_channel
from kem.access.v1 import access_service_pb2_grpc
from kem.audit.v1 import audit_service_pb2_grpc
from kem.directory.v1 import directory_service_pb2_grpc
from kem.disclosure.v1 import (
    case_disclosure_service_pb2_grpc,
    complaint_service_pb2_grpc,
    disclosure_service_pb2_grpc,
    emergency_access_service_pb2_grpc,
    emergency_service_pb2_grpc,
    erasure_service_pb2_grpc,
    inquiry_service_pb2_grpc,
    recall_service_pb2_grpc,
    receipt_service_pb2_grpc,
    rights_service_pb2_grpc,
)
from kem.intake.v1 import (
    consent_policy_service_pb2_grpc,
    fairness_service_pb2_grpc,
    intake_service_pb2_grpc,
    key_service_pb2_grpc,
    retention_service_pb2_grpc,
)
from kem.notifications.v1 import inbox_service_pb2_grpc, push_service_pb2_grpc
from kem.referral.v1 import referral_service_pb2_grpc
from tools.stack.credentials import ISSUER
from tools.stack.failure import NotRunning, StackFailure
from tools.stack.layout import Layout
from tools.stack.run_file import read_run
from tools.stack.services import CONSOLE

_LIFETIME_SECONDS: Final = 600
_NOWHERE: Final = "127.0.0.1:1"
"""Of a service that this hub does not run: nobody answers."""
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.use_local_subchannel_pool", 1),
    *RECONNECTING,
)

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a running hub answers, the key with which this machine may vouch for its staff, and the
    certificate over which it speaks for them.
    """

    intake: str
    referral: str
    notifications: str
    access: str
    audit: str
    issuer_key_file: Path
    certificate: TlsFiles
    check_url: str
    console: str = ""
    """Where its pages are; empty where there is no console."""

    @staticmethod
    def of(layout: Layout) -> "Doors":
        """The doors of the stack that runs on this data folder.

        Raises:
            NotRunning: none runs there.
            StackFailure: it does not serve yet.
        """
        run = read_run(layout)
        if run is None or not layout.is_held():
            raise NotRunning
        if not run.is_ready:
            raise StackFailure("KEM is still starting; try again when ./kem status shows that it serves.")
        return Doors(
            intake=run.addresses.get("intake", _NOWHERE),
            referral=run.addresses.get("referral", _NOWHERE),
            notifications=run.addresses.get("notifications", _NOWHERE),
            access=run.addresses["access"],
            audit=run.addresses.get("audit", _NOWHERE),
            issuer_key_file=layout.issuer_key,
            certificate=layout.tools_certificate,
            check_url=layout.url_file("check").read_text(encoding="utf-8").strip(),
            console=f"http://{run.addresses[CONSOLE]}" if CONSOLE in run.addresses else "",
        )


class Credentials(Protocol):
    """Somebody for whom a call is made."""

    def credentials(self) -> Metadata:
        """Metadata by which the hub knows who is calling."""


class Person:
    """A member of staff, or an agency's own system, for whom this machine vouches."""

    def __init__(
        self,
        signer: AssertionSigner,
        principal_id: UUID,
        agency_id: UUID | None,
        roles: Iterable[str],
        acting_person: str | None = None,
    ) -> None:
        self.principal_id = principal_id
        self.agency_id = agency_id
        self._signer = signer
        self._roles = frozenset(roles)
        self._acting_person = acting_person
        self._metadata: Metadata = ()
        self._renew_at = 0.0

    def credentials(self) -> Metadata:
        """Metadata for a call, with an assertion that is good for some minutes yet."""
        if time.monotonic() >= self._renew_at:
            token = self._signer.token(
                self.principal_id,
                self.agency_id,
                self._roles,
                acting_person=self._acting_person,
                lifetime_seconds=_LIFETIME_SECONDS,
            )
            self._metadata = (("authorization", f"Bearer {token}"),)
            self._renew_at = time.monotonic() + _LIFETIME_SECONDS / 2
        return self._metadata


class Hub:
    """Open channels to every door. Close it when done.

    One channel for the calls of staff, another one for agencies: as different machines would have.

    Args:
        certificate: over which is called; this machine's own unless another one is named.
    """

    def __init__(self, doors: Doors, certificate: TlsFiles | None = None) -> None:
        self.doors = doors
        self._signer = AssertionSigner(ISSUER, doors.issuer_key_file)
        self._certificate = certificate or doors.certificate
        check_certificate(self._certificate)
        intake = secure_channel(doors.intake, "intake", self._certificate, options=_OPTIONS)
        referral = secure_channel(doors.referral, "referral", self._certificate, options=_OPTIONS)
        notifications = secure_channel(
            doors.notifications, "notifications", self._certificate, options=_OPTIONS
        )
        access = secure_channel(doors.access, "access", self._certificate, options=_OPTIONS)
        audit = secure_channel(doors.audit, "audit", self._certificate, options=_OPTIONS)
        self._channels = [intake, referral, notifications, access, audit]
        self.intake = intake_service_pb2_grpc.IntakeServiceStub(intake)
        self.given = case_disclosure_service_pb2_grpc.CaseDisclosureServiceStub(intake)
        self.erasure = erasure_service_pb2_grpc.ErasureServiceStub(intake)
        self.keys = key_service_pb2_grpc.KeyServiceStub(intake)
        self.retention = retention_service_pb2_grpc.RetentionServiceStub(intake)
        self.fairness = fairness_service_pb2_grpc.FairnessServiceStub(intake)
        self.policy = consent_policy_service_pb2_grpc.ConsentPolicyServiceStub(intake)
        self.disclosure = disclosure_service_pb2_grpc.DisclosureServiceStub(intake)
        self.emergency = emergency_service_pb2_grpc.EmergencyServiceStub(intake)
        self.emergency_access = emergency_access_service_pb2_grpc.EmergencyAccessServiceStub(intake)
        self.recall = recall_service_pb2_grpc.RecallServiceStub(intake)
        self.inquiries = inquiry_service_pb2_grpc.InquiryServiceStub(intake)
        self.receipts = receipt_service_pb2_grpc.ReceiptServiceStub(intake)
        self.erasure = erasure_service_pb2_grpc.ErasureServiceStub(intake)
        self.complaints = complaint_service_pb2_grpc.ComplaintServiceStub(intake)
        self.rights = rights_service_pb2_grpc.RightsServiceStub(intake)
        self.referral = referral_service_pb2_grpc.ReferralServiceStub(referral)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(referral)
        self.push = push_service_pb2_grpc.PushServiceStub(notifications)
        self.sign_in = access_service_pb2_grpc.SignInServiceStub(access)
        self.staff = access_service_pb2_grpc.StaffServiceStub(access)
        self.audit = audit_service_pb2_grpc.AuditServiceStub(audit)

    def person(
        self, principal_id: UUID, agency_id: UUID | None, *roles: str, acting_person: str | None = None
    ) -> Person:
        """Somebody on whose behalf calls can be made."""
        return Person(self._signer, principal_id, agency_id, roles, acting_person)

    def inbox(self) -> "inbox_service_pb2_grpc.InboxServiceAsyncStub":
        """A door to the inbox on a connection of its own, as each agency has one."""
        channel = secure_channel(
            self.doors.notifications, "notifications", self._certificate, options=_OPTIONS
        )
        self._channels.append(channel)
        return inbox_service_pb2_grpc.InboxServiceStub(channel)

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()


def check_certificate(files: TlsFiles) -> None:
    """Says what gRPC would not: to a client whose certificate it does not take, a server just hangs up.

    Raises:
        StackFailure: the certificate cannot be used, and what to do.
    """
    try:
        certificate = files.read_certificate()
        files.client_credentials()
        is_vouched_for = is_issued_by(files.certificate.read_bytes(), files.authorities.read_bytes())
    except (OSError, ValueError):
        raise StackFailure(
            f"There is no usable certificate at {files.certificate}; ./kem certs issue makes an agency's,"
            " ./kem up this machine's own."
        ) from None
    if certificate.begin_time > datetime.now(UTC):
        raise StackFailure(
            f"The certificate {files.certificate} is not good before"
            f" {certificate.begin_time:%Y-%m-%d %H:%M} UTC: look at this machine's clock."
        )
    if certificate.seconds_left() <= 0:
        raise StackFailure(
            f"The certificate {files.certificate} ended on {certificate.end_time:%Y-%m-%d};"
            " ./kem certs renew makes an agency's anew, ./kem up this machine's own."
        )
    if not is_vouched_for:
        raise StackFailure(
            f"The certificate {files.certificate} is not of this hub; ask KEM for one (./kem certs issue)."
        )
