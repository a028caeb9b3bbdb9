"""Intake's gRPC services, put together."""

from collections.abc import Sequence
from typing import cast

from chassis.grpc_server import Registration
from kem.disclosure.v1.authority_service_pb2_grpc import add_AuthorityServiceServicer_to_server
from kem.disclosure.v1.case_disclosure_service_pb2_grpc import add_CaseDisclosureServiceServicer_to_server
from kem.disclosure.v1.complaint_service_pb2_grpc import add_ComplaintServiceServicer_to_server
from kem.disclosure.v1.disclosure_service_pb2_grpc import add_DisclosureServiceServicer_to_server
from kem.disclosure.v1.emergency_access_service_pb2_grpc import (
    add_EmergencyAccessServiceServicer_to_server,
)
from kem.disclosure.v1.emergency_service_pb2_grpc import add_EmergencyServiceServicer_to_server
from kem.disclosure.v1.erasure_service_pb2_grpc import add_ErasureServiceServicer_to_server
from kem.disclosure.v1.inquiry_service_pb2_grpc import add_InquiryServiceServicer_to_server
from kem.disclosure.v1.recall_service_pb2_grpc import add_RecallServiceServicer_to_server
from kem.disclosure.v1.receipt_service_pb2_grpc import add_ReceiptServiceServicer_to_server
from kem.disclosure.v1.rights_service_pb2_grpc import add_RightsServiceServicer_to_server
from kem.disclosure.v1.waiting_service_pb2_grpc import add_WaitingServiceServicer_to_server
from kem.intake.v1 import intake_service_pb2
from kem.intake.v1.appointment_service_pb2_grpc import add_AppointmentServiceServicer_to_server
from kem.intake.v1.case_service_pb2_grpc import add_CaseServiceServicer_to_server
from kem.intake.v1.consent_policy_service_pb2_grpc import add_ConsentPolicyServiceServicer_to_server
from kem.intake.v1.contact_attempt_service_pb2_grpc import (
    add_ContactAttemptServiceServicer_to_server,
)
from kem.intake.v1.draft_service_pb2_grpc import add_DraftServiceServicer_to_server
from kem.intake.v1.eligibility_service_pb2_grpc import add_EligibilityServiceServicer_to_server
from kem.intake.v1.fairness_service_pb2_grpc import add_FairnessServiceServicer_to_server
from kem.intake.v1.intake_service_pb2_grpc import (
    IntakeServiceServicer,
    add_IntakeServiceServicer_to_server,
)
from kem.intake.v1.key_service_pb2_grpc import add_KeyServiceServicer_to_server
from kem.intake.v1.merge_service_pb2_grpc import add_MergeServiceServicer_to_server
from kem.intake.v1.retention_service_pb2_grpc import add_RetentionServiceServicer_to_server
from kem.intake.v1.text_service_pb2_grpc import add_TextServiceServicer_to_server
from kem.intake.v1.visit_service_pb2_grpc import add_VisitServiceServicer_to_server
from services.intake.adapters.postgres_fairness import PostgresFairness
from services.intake.adapters.tombstones import Tombstones
from services.intake.entrypoints.appointment_server import AppointmentServer
from services.intake.entrypoints.authority_server import AuthorityServer
from services.intake.entrypoints.beneficiary_server import BeneficiaryServer
from services.intake.entrypoints.case_disclosure_server import CaseDisclosureServer
from services.intake.entrypoints.case_server import CaseServer
from services.intake.entrypoints.complaint_server import ComplaintServer
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.consent_policy_server import ConsentPolicyServer
from services.intake.entrypoints.consent_server import ConsentServer
from services.intake.entrypoints.contact_attempt_server import ContactAttemptServer
from services.intake.entrypoints.disclosure_server import DisclosureServer
from services.intake.entrypoints.draft_server import DraftServer
from services.intake.entrypoints.eligibility_server import EligibilityServer
from services.intake.entrypoints.emergency_access_server import EmergencyAccessServer
from services.intake.entrypoints.emergency_server import EmergencyServer
from services.intake.entrypoints.erasure_server import ErasureServer
from services.intake.entrypoints.fairness_server import FairnessServer
from services.intake.entrypoints.given_consents_server import GivenConsentsServer
from services.intake.entrypoints.inquiry_server import InquiryServer
from services.intake.entrypoints.key_server import KeyParts, KeyServer
from services.intake.entrypoints.merge_server import MergeServer
from services.intake.entrypoints.needs_server import NeedsServer
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.recall_server import RecallServer
from services.intake.entrypoints.receipt_server import ReceiptServer
from services.intake.entrypoints.retention_server import RetentionServer
from services.intake.entrypoints.rights_server import RightsServer
from services.intake.entrypoints.text_server import TextServer
from services.intake.entrypoints.visit_server import VisitServer
from services.intake.entrypoints.waiting_server import WaitingServer
from services.intake.use_cases.destroy_keys import DestroyParts
from services.intake.use_cases.issue_receipt import ReceiptParts
from services.intake.use_cases.make_fairness_report import FairnessParts


class IntakeServer:
    """kem.intake.v1.IntakeService: each method is answered by the one part that has it.

    Raises:
        TypeError: a method that no part has, or more than one.
    """

    def __init__(self, *parts: object) -> None:
        for name in intake_service_pb2.DESCRIPTOR.services_by_name["IntakeService"].methods_by_name:
            found = [getattr(part, name) for part in parts if hasattr(part, name)]
            if len(found) != 1:
                raise TypeError(f"{name} is answered by {len(found)} parts of IntakeService, not by one")
            setattr(self, name, found[0])


def registrations(
    people: VaultParts,
    consent: ConsentParts,
    tombstones: Tombstones,
    receipt_parts: ReceiptParts,
    key_parts: KeyParts,
    destroy_parts: DestroyParts,
) -> Sequence[Registration]:
    """What the gRPC server adds to itself."""
    intake = cast(
        IntakeServiceServicer,
        IntakeServer(
            BeneficiaryServer(people),
            ConsentServer(consent),
            GivenConsentsServer(consent),
            NeedsServer(consent),
        ),
    )
    texts, profiles = TextServer(people, consent.needs), EligibilityServer(consent)
    disclosures, emergencies = DisclosureServer(consent), EmergencyServer(consent)
    accesses, authorities = EmergencyAccessServer(consent), AuthorityServer(consent)
    rights, complaints = RightsServer(consent), ComplaintServer(consent)
    erasures = ErasureServer(consent, tombstones)
    policy = ConsentPolicyServer(consent)
    recalls, merges = RecallServer(consent), MergeServer(people, consent)
    keys, retention = KeyServer(key_parts), RetentionServer(people, destroy_parts)
    inquiries = InquiryServer(consent)
    fairness_parts = FairnessParts(PostgresFairness(), consent.needs, consent.vault, receipt_parts.referral)
    fairness = FairnessServer(consent.database, fairness_parts)
    receipts = ReceiptServer(consent.database, receipt_parts)
    visits, appointments = VisitServer(consent), AppointmentServer(consent)
    contact_attempts, cases = ContactAttemptServer(consent), CaseServer(consent)
    drafts = DraftServer(consent.database, key_parts.rolling.keys, consent.needs)
    waiting, case_disclosures = WaitingServer(consent.database), CaseDisclosureServer(consent)
    return (
        lambda server: add_IntakeServiceServicer_to_server(intake, server),
        lambda server: add_TextServiceServicer_to_server(texts, server),
        lambda server: add_EligibilityServiceServicer_to_server(profiles, server),
        lambda server: add_DisclosureServiceServicer_to_server(disclosures, server),
        lambda server: add_EmergencyServiceServicer_to_server(emergencies, server),
        lambda server: add_EmergencyAccessServiceServicer_to_server(accesses, server),
        lambda server: add_AuthorityServiceServicer_to_server(authorities, server),
        lambda server: add_RightsServiceServicer_to_server(rights, server),
        lambda server: add_ComplaintServiceServicer_to_server(complaints, server),
        lambda server: add_ErasureServiceServicer_to_server(erasures, server),
        lambda server: add_ConsentPolicyServiceServicer_to_server(policy, server),
        lambda server: add_RecallServiceServicer_to_server(recalls, server),
        lambda server: add_MergeServiceServicer_to_server(merges, server),
        lambda server: add_KeyServiceServicer_to_server(keys, server),
        lambda server: add_ReceiptServiceServicer_to_server(receipts, server),
        lambda server: add_RetentionServiceServicer_to_server(retention, server),
        lambda server: add_InquiryServiceServicer_to_server(inquiries, server),
        lambda server: add_FairnessServiceServicer_to_server(fairness, server),
        lambda server: add_DraftServiceServicer_to_server(drafts, server),
        lambda server: add_VisitServiceServicer_to_server(visits, server),
        lambda server: add_AppointmentServiceServicer_to_server(appointments, server),
        lambda server: add_ContactAttemptServiceServicer_to_server(contact_attempts, server),
        lambda server: add_CaseServiceServicer_to_server(cases, server),
        lambda server: add_CaseDisclosureServiceServicer_to_server(case_disclosures, server),
        lambda server: add_WaitingServiceServicer_to_server(waiting, server),
    )
