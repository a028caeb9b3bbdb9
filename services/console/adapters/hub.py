"""The services behind the pages: one channel to each, and calls on behalf of whoever looks at a page."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from chassis.caller import AssertionSigner
from chassis.grpc_client import ServiceToken, channel
from chassis.peers import BY_ITSELF
from chassis.remote_errors import remote_refusals
from chassis.tls import TlsFiles
from kem.access.v1 import access_service_pb2_grpc, certificate_service_pb2_grpc
from kem.audit.v1 import audit_service_pb2_grpc
from kem.chassis.v1 import operations_service_pb2_grpc
from kem.directory.v1 import directory_service_pb2_grpc
from kem.disclosure.v1 import (
    authority_service_pb2_grpc,
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
    waiting_service_pb2_grpc,
)
from kem.intake.v1 import (
    appointment_service_pb2_grpc,
    case_service_pb2_grpc,
    consent_policy_service_pb2_grpc,
    contact_attempt_service_pb2_grpc,
    draft_service_pb2_grpc,
    fairness_service_pb2_grpc,
    intake_service_pb2_grpc,
    merge_service_pb2_grpc,
    retention_service_pb2_grpc,
    text_service_pb2_grpc,
    visit_service_pb2_grpc,
)
from kem.notifications.v1 import inbox_service_pb2_grpc, mail_service_pb2_grpc, push_service_pb2_grpc
from kem.referral.v1 import referral_service_pb2_grpc, report_service_pb2_grpc
from services.console.settings import ConsoleSettings

CONSOLE: Final = "console"
Metadata = tuple[tuple[str, str], ...]

made_calls: ContextVar[list[str] | None] = ContextVar("made_calls", default=None)
"""The methods that the present page has called, for whoever wants to count them."""

asks_by_itself: ContextVar[bool] = ContextVar("asks_by_itself", default=False)
"""Whether the present page is read anew because something has happened: services are told so."""


class Hub:
    """Stubs of every service that pages speak to; close it at the end."""

    def __init__(self, settings: ConsoleSettings) -> None:
        files: TlsFiles = settings.tls_files
        self.signer = AssertionSigner(f"service:{CONSOLE}", settings.identity_file)
        self._own_word = ServiceToken(self.signer)

        def to(address: str, service: str) -> Any:
            opened = channel(address, service, None, files, note=_note)
            self._channels.append(opened)
            return opened

        self._channels: list[Any] = []
        intake = to(settings.intake_address, "intake")
        referral = to(settings.referral_address, "referral")
        notifications = to(settings.notifications_address, "notifications")
        access = to(settings.access_address, "access")
        audit = to(settings.audit_address, "audit")
        self.intake = intake_service_pb2_grpc.IntakeServiceStub(intake)
        self.policy = consent_policy_service_pb2_grpc.ConsentPolicyServiceStub(intake)
        self.visits = visit_service_pb2_grpc.VisitServiceStub(intake)
        self.appointments = appointment_service_pb2_grpc.AppointmentServiceStub(intake)
        self.cases = case_service_pb2_grpc.CaseServiceStub(intake)
        self.attempts = contact_attempt_service_pb2_grpc.ContactAttemptServiceStub(intake)
        self.drafts = draft_service_pb2_grpc.DraftServiceStub(intake)
        self.texts = text_service_pb2_grpc.TextServiceStub(intake)
        self.merges = merge_service_pb2_grpc.MergeServiceStub(intake)
        self.retention = retention_service_pb2_grpc.RetentionServiceStub(intake)
        self.fairness = fairness_service_pb2_grpc.FairnessServiceStub(intake)
        self.disclosure = disclosure_service_pb2_grpc.DisclosureServiceStub(intake)
        self.given = case_disclosure_service_pb2_grpc.CaseDisclosureServiceStub(intake)
        self.recalls = recall_service_pb2_grpc.RecallServiceStub(intake)
        self.authorities = authority_service_pb2_grpc.AuthorityServiceStub(intake)
        self.inquiries = inquiry_service_pb2_grpc.InquiryServiceStub(intake)
        self.receipts = receipt_service_pb2_grpc.ReceiptServiceStub(intake)
        self.complaints = complaint_service_pb2_grpc.ComplaintServiceStub(intake)
        self.rights = rights_service_pb2_grpc.RightsServiceStub(intake)
        self.erasure = erasure_service_pb2_grpc.ErasureServiceStub(intake)
        self.emergency = emergency_service_pb2_grpc.EmergencyServiceStub(intake)
        self.emergency_access = emergency_access_service_pb2_grpc.EmergencyAccessServiceStub(intake)
        self.waiting = waiting_service_pb2_grpc.WaitingServiceStub(intake)
        self.referral = referral_service_pb2_grpc.ReferralServiceStub(referral)
        self.reports = report_service_pb2_grpc.ReportServiceStub(referral)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(referral)
        self.inbox = inbox_service_pb2_grpc.InboxServiceStub(notifications)
        self.mail = mail_service_pb2_grpc.MailServiceStub(notifications)
        self.push = push_service_pb2_grpc.PushServiceStub(notifications)
        self.sign_in = access_service_pb2_grpc.SignInServiceStub(access)
        self.staff = access_service_pb2_grpc.StaffServiceStub(access)
        self.certificates = certificate_service_pb2_grpc.CertificateServiceStub(access)
        named = {
            "intake": intake,
            "referral": referral,
            "notifications": notifications,
            "access": access,
            "audit": audit,
        }
        self.operations = {
            name: operations_service_pb2_grpc.OperationsServiceStub(opened) for name, opened in named.items()
        }
        """By service the door through which an operator looks after it."""
        self.audit = audit_service_pb2_grpc.AuditServiceStub(audit)

    def as_itself(self) -> Metadata:
        """For calls that nobody in person stands behind: the public's pages."""
        return bearer(self._own_word())

    async def close(self) -> None:
        """Ends every channel."""
        for opened in self._channels:
            await opened.close()


def bearer(assertion: str) -> Metadata:
    """The metadata of a call by whoever the assertion names."""
    return (("authorization", f"Bearer {assertion}"),)


async def ask(
    method: Callable[..., Any], request: Any, metadata: Metadata = (), *, timeout: float | None = None
) -> Any:
    """One call's answer.

    Args:
        timeout: in seconds; the channel's own where it is left out.

    Raises:
        KemError: of the kind, with the reason and in the words of the service.
    """
    if asks_by_itself.get():
        metadata = (*metadata, (BY_ITSELF, "1"))
    with remote_refusals():
        return await method(request, metadata=metadata, timeout=timeout)


def _note(method: str) -> None:
    called = made_calls.get()
    if called is not None:
        called.append(method)
