"""What can be asked about somebody's case: a valid request per method that names one."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import authority_service_pb2 as authority
from kem.disclosure.v1 import case_disclosure_service_pb2 as given
from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.disclosure.v1 import emergency_access_service_pb2 as access
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import inquiry_service_pb2 as inquiry
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import receipt_service_pb2 as receipts
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.intake.v1 import appointment_service_pb2 as appointments
from kem.intake.v1 import beneficiary_pb2, consent_pb2, need_pb2
from kem.intake.v1 import case_service_pb2 as cases
from kem.intake.v1 import contact_attempt_service_pb2 as attempts
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import merge_service_pb2 as merging
from kem.intake.v1 import retention_service_pb2 as retention
from kem.intake.v1 import visit_service_pb2 as visits
from kem.referral.v1 import referral_service_pb2 as referral
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.component.access.every_door import Case
from tests.component.intake.desk import Desk, at
from tests.component.intake.telephone import handover_request
from tests.component.referral.directory_door import places, service_message
from tests.support.people import invented_person


def requests_about_case(case: Case, desk: Desk) -> dict[str, Message]:
    """A valid request per method, about the case."""
    again = str(uuid4())
    about_referral: dict[str, Any] = {"request_id": again, "referral_id": case.referral_id}
    about_offer: dict[str, Any] = {"request_id": again, "offer_id": case.offer_id}
    about_authority: dict[str, Any] = {
        "request_id": again,
        "beneficiary_id": case.beneficiary_id,
        "authority": authority.AUTHORITY_POLICE,
        "legal_reference": "Law 4619/2019, art. 1",
        "protocol_number": "12/2026",
        "words": "None of mine.",
    }
    about_right: dict[str, Any] = {"request_id": again, "rights_request_id": case.rights_request_id}
    new_need = desk.new_need(case.beneficiary_id, routing=need_pb2.ROUTING_HOLD)
    return {
        "GetBeneficiary": intake.GetBeneficiaryRequest(beneficiary_id=case.beneficiary_id),
        "UpdateBeneficiary": intake.UpdateBeneficiaryRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            expected_version=1,
            beneficiary=beneficiary_message(invented_person()),
        ),
        "RecordConsentState": intake.RecordConsentStateRequest(
            request_id=again, beneficiary_id=case.beneficiary_id, answer=consent_pb2.CONSENT_ANSWER_REFUSED
        ),
        "EndConsent": intake.EndConsentRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            consent_id=case.consent_id,
            ending=consent_pb2.CONSENT_ENDING_TERMINATED,
        ),
        "LiftDenial": intake.LiftDenialRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            consent_id=case.consent_id,
            words="It keeps help away.",
        ),
        "FreezeConsent": intake.FreezeConsentRequest(
            request_id=again, beneficiary_id=case.beneficiary_id, words="doubt"
        ),
        "LiftConsentFreeze": intake.LiftConsentFreezeRequest(
            request_id=again, beneficiary_id=case.beneficiary_id, words="doubt"
        ),
        "MergeBeneficiaries": merging.MergeBeneficiariesRequest(
            request_id=again,
            kept_beneficiary_id=case.beneficiary_id,
            merged_beneficiary_id=case.twin_id,
            words="None of mine.",
        ),
        "UnmergeBeneficiaries": merging.UnmergeBeneficiariesRequest(
            request_id=again, merged_beneficiary_id=case.twin_id, words="None of mine."
        ),
        "RecordConsent": desk.consent_request(case.beneficiary_id),
        "WithdrawConsent": intake.WithdrawConsentRequest(
            request_id=again, beneficiary_id=case.beneficiary_id
        ),
        "SetCaseWorkers": cases.SetCaseWorkersRequest(
            request_id=again, beneficiary_id=case.beneficiary_id, caseworker_id=str(uuid4())
        ),
        "RecordNeed": intake.RecordNeedRequest(request_id=again, need=new_need),
        "RecordNeeds": intake.RecordNeedsRequest(request_id=again, needs=[new_need]),
        "WithdrawNeed": intake.WithdrawNeedRequest(
            request_id=again, need_id=case.need_id, reason="CHANGED_MIND"
        ),
        "IntakeService/ListConsents": intake.ListConsentsRequest(beneficiary_id=case.beneficiary_id),
        "ListNeeds": intake.ListNeedsRequest(beneficiary_id=case.beneficiary_id),
        "RecordVisit": visits.RecordVisitRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            visit=visits.Visit(topics=["RIGHTS"], spoken_language="ara", mode=visits.VISIT_MODE_AT_DESK),
        ),
        "ListCaseDisclosures": given.ListCaseDisclosuresRequest(beneficiary_id=case.beneficiary_id),
        "ListVisits": visits.ListVisitsRequest(beneficiary_id=case.beneficiary_id),
        "BookAppointment": appointments.BookAppointmentRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            with_agency_id=case.agency_id,
            start_time=at(datetime(2026, 1, 1, 9, tzinfo=UTC)),
            place="None of mine.",
        ),
        "MoveAppointment": appointments.MoveAppointmentRequest(
            request_id=again,
            appointment_id=case.appointment_id,
            start_time=at(datetime(2026, 1, 2, 9, tzinfo=UTC)),
        ),
        "CancelAppointment": appointments.CancelAppointmentRequest(
            request_id=again, appointment_id=case.appointment_id, reason="PROVIDER_CANCELLED"
        ),
        "RecordAttendance": appointments.RecordAttendanceRequest(
            request_id=again,
            appointment_id=case.appointment_id,
            attendance=appointments.ATTENDANCE_ATTENDED,
        ),
        "ListAppointments": appointments.ListAppointmentsRequest(beneficiary_id=case.beneficiary_id),
        "RecordContactAttempt": attempts.RecordContactAttemptRequest(
            request_id=again,
            referral_id=case.referral_id,
            by=attempts.CONTACT_ATTEMPT_BY_SENDER,
            channel=beneficiary_pb2.Contact.KIND_PHONE,
            result=attempts.CONTACT_RESULT_NOT_REACHED,
        ),
        "ListContactAttempts": attempts.ListContactAttemptsRequest(referral_id=case.referral_id),
        "GetDisclosure": disclosure.GetDisclosureRequest(**about_referral),
        "RecordHandover": handover_request(case.referral_id, case.agency_id),
        "ReviewEmergency": emergency.ReviewEmergencyRequest(
            request_id=again,
            subject_id=case.emergency_id,
            finding=emergency.REVIEW_FINDING_JUSTIFIED,
            words="None of mine.",
        ),
        "RecordAuthorityNotification": authority.RecordAuthorityNotificationRequest(
            **about_authority,
            told_categories=["NAME"],
            not_told_reason=authority.NOT_TOLD_REASON_DANGER,
            happened_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "RegisterCompelledRequest": authority.RegisterCompelledRequestRequest(
            **about_authority,
            asked_categories=["NAME"],
            received_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "DecideCompelledRequest": authority.DecideCompelledRequestRequest(
            request_id=again, compelled_request_id=case.compelled_request_id, grounds="None of mine."
        ),
        "DecideTelling": authority.DecideTellingRequest(
            request_id=again,
            compelled_request_id=case.compelled_request_id,
            telling=authority.Telling(may_be_told=True, words="Nothing forbids it."),
        ),
        "GetCompelledDisclosure": authority.GetCompelledDisclosureRequest(
            request_id=again, compelled_request_id=case.compelled_request_id
        ),
        "RegisterRightsRequest": rights.RegisterRightsRequestRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            right=rights.RIGHT_ERASURE,
            asked_by=rights.ASKED_BY_SELF,
            words="None of mine.",
            received_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "ExtendRightsRequest": rights.ExtendRightsRequestRequest(
            **about_right,
            ground=rights.EXTENSION_GROUND_COMPLEXITY,
            words="None of mine.",
            person_told_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "AnswerRightsRequest": rights.AnswerRightsRequestRequest(
            **about_right,
            answer=rights.RIGHTS_ANSWER_TAKEN_BACK,
            words="None of mine.",
            person_told_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "LiftRestriction": rights.LiftRestrictionRequest(
            **about_right, words="None of mine.", person_told_time=at(datetime(2026, 1, 1, tzinfo=UTC))
        ),
        "DecideProtectionData": rights.DecideProtectionDataRequest(**about_right, words="None of mine."),
        "ExportPersonData": rights.ExportPersonDataRequest(
            **about_right, identity_proof=rights.IDENTITY_PROOF_DOCUMENT_SEEN
        ),
        "EraseBeneficiary": erasure.EraseBeneficiaryRequest(
            **about_right, identity_proof=rights.IDENTITY_PROOF_DOCUMENT_SEEN
        ),
        "GetErasureCertificate": erasure.GetErasureCertificateRequest(certificate_id=case.certificate_id),
        "RegisterComplaint": complaints.RegisterComplaintRequest(
            request_id=again,
            kind=complaints.COMPLAINT_KIND_HELP,
            beneficiary_id=case.beneficiary_id,
            words="None of mine.",
            received_time=at(datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        "GetComplaint": complaints.GetComplaintRequest(complaint_id=case.complaint_id),
        "AnswerComplaint": complaints.AnswerComplaintRequest(
            request_id=again,
            complaint_id=case.complaint_id,
            finding=complaints.COMPLAINT_FINDING_UPHELD,
            words="None of mine.",
            person_told_time=at(datetime.now(UTC)),
        ),
        "IssueReceipt": receipts.IssueReceiptRequest(
            request_id=again, beneficiary_id=case.beneficiary_id, form=receipts.RECEIPT_FORM_PAPER
        ),
        "RevokeReceipt": receipts.RevokeReceiptRequest(request_id=again, beneficiary_id=case.beneficiary_id),
        "RequestEmergencyAccess": access.RequestEmergencyAccessRequest(
            **about_referral, categories=["HEALTH"], circumstances="None of mine."
        ),
        "DecideEmergencyAccess": access.DecideEmergencyAccessRequest(
            request_id=again, emergency_access_id=case.emergency_access_id, authorised=True
        ),
        "GetEmergencyDisclosure": access.GetEmergencyDisclosureRequest(
            request_id=again, emergency_access_id=case.emergency_access_id
        ),
        "ListRecalledDisclosures": recall.ListRecalledDisclosuresRequest(recall_id=case.recall_id),
        "AcknowledgeRecall": recall.AcknowledgeRecallRequest(
            request_id=again, recall_id=case.recall_id, destroyed_categories=["NAME"]
        ),
        "ListDisclosures": inquiry.ListDisclosuresRequest(
            beneficiary_id=case.beneficiary_id, category="SAFE_CONTACT"
        ),
        "PlaceRetentionHold": retention.PlaceRetentionHoldRequest(
            request_id=again,
            beneficiary_id=case.beneficiary_id,
            ground=retention.RETENTION_HOLD_GROUND_LEGAL_CLAIM,
            words="None of mine.",
        ),
        "LiftRetentionHold": retention.LiftRetentionHoldRequest(
            request_id=again, retention_hold_id=case.retention_hold_id, words="None of mine."
        ),
        "ExplainMatches": referral.ExplainMatchesRequest(referral_id=case.referral_id),
        "OfferTo": referral.OfferToRequest(**about_referral, service_ids=[case.service_id]),
        "AcceptOffer": referral.AcceptOfferRequest(**about_offer),
        "DeclineOffer": referral.DeclineOfferRequest(**about_offer, reason="NO_CAPACITY"),
        "WaitlistOffer": referral.WaitlistOfferRequest(
            **about_offer, estimated_date=f"{datetime.now(UTC).year + 1}-03-01"
        ),
        "ReturnReferral": referral.ReturnReferralRequest(**about_referral, reason="CAPACITY_LOST"),
        "RequestInformation": referral.RequestInformationRequest(**about_offer, question="Who is it?"),
        "ProvideInformation": referral.ProvideInformationRequest(**about_offer, answer="Nobody."),
        "StartService": referral.StartServiceRequest(**about_referral),
        "CompleteReferral": referral.CompleteReferralRequest(
            **about_referral, outcome="NEED_MET", confirmed_by="PROVIDER"
        ),
        "CloseNotCompleted": referral.CloseNotCompletedRequest(**about_referral, reason="MOVED_AWAY"),
        "CancelReferral": referral.CancelReferralRequest(**about_referral, reason="NO_LONGER_NEEDED"),
        "MarkEnteredInError": referral.MarkEnteredInErrorRequest(**about_referral),
        "AcknowledgeOffer": referral.AcknowledgeOfferRequest(**about_offer),
        "GetReferral": referral.GetReferralRequest(referral_id=case.referral_id),
        "SaveServices": directory.SaveServicesRequest(
            request_id=again,
            services=[
                service_message(
                    1, agency_id=case.agency_id, service_id=case.service_id, service_type=case.service_type
                )
            ],
        ),
        "SaveActivities": directory.SaveActivitiesRequest(
            request_id=again,
            activities=[
                directory_pb2.Activity(
                    activity_id=str(uuid4()),
                    service_id=case.service_id,
                    name=directory_pb2.BilingualText(el="Μάθημα", en="A course"),
                    start_time=at(datetime(2100, 1, 1, tzinfo=UTC)),
                    end_time=at(datetime(2100, 2, 1, tzinfo=UTC)),
                    capacity=places(3),
                )
            ],
        ),
        "DeclareCapacity": directory.DeclareCapacityRequest(
            request_id=again, unit_id=case.service_id, capacity=places(1)
        ),
        "DeclareCapacities": directory.DeclareCapacitiesRequest(
            request_id=again, units=[directory.UnitCapacity(unit_id=case.service_id, capacity=places(1))]
        ),
        "SuspendService": directory.SuspendServiceRequest(request_id=again, service_id=case.service_id),
        "ResumeService": directory.ResumeServiceRequest(request_id=again, service_id=case.service_id),
    }
