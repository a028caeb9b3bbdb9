"""What can be asked without naming somebody's case: the caller's own, everybody's, accounts and services."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message

from kem.access.v1 import access_service_pb2 as access
from kem.access.v1 import certificate_service_pb2 as certificates
from kem.audit.v1 import audit_service_pb2 as audit
from kem.chassis.v1 import operations_service_pb2 as operations
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import authority_service_pb2 as authority
from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.disclosure.v1 import emergency_access_service_pb2 as emergency_access
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.disclosure.v1 import inquiry_service_pb2 as inquiry
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import receipt_service_pb2 as receipts
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1 import waiting_service_pb2 as waiting
from kem.intake.v1 import case_service_pb2 as cases
from kem.intake.v1 import consent_policy_service_pb2 as policy
from kem.intake.v1 import draft_service_pb2 as drafts
from kem.intake.v1 import eligibility_service_pb2 as eligibility
from kem.intake.v1 import fairness_service_pb2 as fairness
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import key_service_pb2 as keys
from kem.intake.v1 import merge_service_pb2 as merging
from kem.intake.v1 import retention_service_pb2 as retention
from kem.intake.v1 import text_service_pb2 as text
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kem.notifications.v1 import inbox_service_pb2 as inbox
from kem.notifications.v1 import mail_service_pb2 as mail
from kem.notifications.v1 import push_service_pb2 as push
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY, INBOX_DESK
from kem.referral.v1 import pace_service_pb2 as paces
from kem.referral.v1 import receipt_lines_service_pb2 as receipt_lines
from kem.referral.v1 import referral_service_pb2 as referral
from kem.referral.v1 import report_service_pb2 as reports
from kernel import codes
from services.intake.domain.retention import KEY_CLASSES, categories_of
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.component.access.every_door import Case
from tests.component.intake.desk import at
from tests.component.referral.directory_door import agency_message
from tests.support.people import invented_person
from tools.notices.files import SAMPLE_NOTICE, read_notice

RECEIPT_CODE = "0123-4567-89AB-CDEF-GHJK-5"
_IN_2026 = reports.ReportPeriod(from_date="2026-01-01", until_date="2026-12-31")
ISSUER = "https://provider.example/realms/kem"


def requests_by_anybody(case: Case) -> dict[str, Message]:
    """A valid request per method that names no case."""
    one = _intake(case) | _drafts() | _directory(case) | _accounts(case)
    return one | _inboxes(case) | _lists() | _hub() | _ledger(case) | _operations()


def _ledger(case: Case) -> dict[str, Message]:
    return {
        "ListQuestions": audit.ListQuestionsRequest(),
        "AnswerQuestion": audit.AnswerQuestionRequest(name="states"),
        "ListEntries": audit.ListEntriesRequest(page_size=1),
        "StreamEntries": audit.StreamEntriesRequest(),
        "TraceReferral": audit.TraceReferralRequest(referral_id=case.referral_id),
        "TraceBeneficiary": audit.TraceBeneficiaryRequest(beneficiary_id=str(uuid4())),
        "GetCheckpoint": audit.GetCheckpointRequest(),
        "ListCheckpoints": audit.ListCheckpointsRequest(),
        "GetInclusionProof": audit.GetInclusionProofRequest(index=0),
        "GetConsistencyProof": audit.GetConsistencyProofRequest(old_size=1 << 50, size=1 << 50),
    }


def _operations() -> dict[str, Message]:
    return {
        "GetOperations": operations.GetOperationsRequest(),
        "ListDeadLetters": operations.ListDeadLettersRequest(),
        "RedriveDeadLetters": operations.RedriveDeadLettersRequest(
            request_id=str(uuid4()), letter_ids=[1 << 40]
        ),
        "DiscardDeadLetters": operations.DiscardDeadLettersRequest(
            request_id=str(uuid4()), letter_ids=[1 << 40], reason="sent by a test"
        ),
    }


def _lists() -> dict[str, Message]:
    return {
        "ListAuthorityNotifications": authority.ListAuthorityNotificationsRequest(),
        "ListCompelledRequests": authority.ListCompelledRequestsRequest(),
        "ListComplaints": complaints.ListComplaintsRequest(),
        "ListAgreements": disclosure.ListAgreementsRequest(),
        "ListMyCases": cases.ListMyCasesRequest(),
        "CountCaseChanges": cases.CountCaseChangesRequest(beneficiary_ids=[str(uuid4())]),
        "ListConsentFreezes": intake.ListConsentFreezesRequest(),
        "ListEmergencyAccesses": emergency_access.ListEmergencyAccessesRequest(),
        "ListEmergencyReviews": emergency.ListEmergencyReviewsRequest(),
        "ListRecalls": recall.ListRecallsRequest(
            view=recall.RECALL_VIEW_SENT, filter=recall.RECALL_FILTER_OPEN
        ),
        "ListRightsRequests": rights.ListRightsRequestsRequest(),
        "CountWaiting": waiting.CountWaitingRequest(),
        "InquiryService/ListConsents": inquiry.ListConsentsRequest(view=inquiry.CONSENT_VIEW_CHILDREN),
        "MakeFairnessReport": fairness.MakeFairnessReportRequest(request_id=str(uuid4())),
        "ListFairnessReports": fairness.ListFairnessReportsRequest(),
        "GetPaces": paces.GetPacesRequest(referral_ids=[str(uuid4())]),
        "GetDemandReport": reports.GetDemandReportRequest(period=_IN_2026),
        "GetResponseTimesReport": reports.GetResponseTimesReportRequest(period=_IN_2026),
        "GetWaitingListsReport": reports.GetWaitingListsReportRequest(),
        "GetGapsReport": reports.GetGapsReportRequest(period=_IN_2026),
        "GetOverdueReport": reports.GetOverdueReportRequest(),
        "ListOverdueReferrals": reports.ListOverdueReferralsRequest(),
        "ListCertificates": certificates.ListCertificatesRequest(),
        "ListColleagues": access.ListColleaguesRequest(),
        "NameStaff": access.NameStaffRequest(principal_ids=[str(uuid4())]),
        "BatchGetAccountStates": access.BatchGetAccountStatesRequest(principal_ids=[str(uuid4())]),
        "ListReferrals": referral.ListReferralsRequest(view=referral.REFERRAL_VIEW_SENT),
        "ListPressing": referral.ListPressingRequest(all_sent=True),
    }


def _intake(case: Case) -> dict[str, Message]:
    return {
        "RegisterBeneficiary": intake.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=beneficiary_message(invented_person()),
            origin=ORIGIN_KEM_DESK,
        ),
        "BatchGetBeneficiaries": intake.BatchGetBeneficiariesRequest(
            beneficiary_ids=[case.beneficiary_id, str(uuid4())]
        ),
        "BatchGetNeeds": intake.BatchGetNeedsRequest(referral_ids=[case.referral_id, str(uuid4())]),
        "ListMyNeeds": intake.ListMyNeedsRequest(),
        "ListLikelyDuplicates": merging.ListLikelyDuplicatesRequest(),
        "SearchBeneficiaries": intake.SearchBeneficiariesRequest(
            phone="+30 690 000 0000", reason="PERSON_IS_HERE"
        ),
        "PublishNotice": _notice(),
        "ListNotices": policy.ListNoticesRequest(),
        "GetNotice": policy.GetNoticeRequest(version=read_notice(SAMPLE_NOTICE).version, language="en"),
        "SaveAgeRules": policy.SaveAgeRulesRequest(
            request_id=str(uuid4()),
            rules=[policy.AgeRule(from_age=0, below_age=18, source="The law of the country.")],
        ),
        "ListAgeRules": policy.ListAgeRulesRequest(),
        "GetReceiptLines": receipt_lines.GetReceiptLinesRequest(sender_agency_id=case.agency_id),
        "CheckReceipt": receipts.CheckReceiptRequest(code=RECEIPT_CODE),
        "ReadReceipt": receipts.ReadReceiptRequest(code=RECEIPT_CODE, pin="123456"),
        "GetProfiles": eligibility.GetProfilesRequest(need_ids=[case.need_id]),
        "Seal": text.SealRequest(referral_id=case.referral_id, text="Who is it?"),
        "Open": text.OpenRequest(referral_id=case.referral_id, sealed=[b"x"], reader_id=str(uuid4())),
    }


def _drafts() -> dict[str, Message]:
    return {
        "SaveDraft": drafts.SaveDraftRequest(
            request_id=str(uuid4()), draft_id=str(uuid4()), kind="NEEDS", content=b"None of mine."
        ),
        "GetDraft": drafts.GetDraftRequest(draft_id=str(uuid4())),
        "ListDrafts": drafts.ListDraftsRequest(),
        "DiscardDraft": drafts.DiscardDraftRequest(request_id=str(uuid4()), draft_id=str(uuid4())),
    }


def _notice() -> Message:
    notice = read_notice(SAMPLE_NOTICE)
    notice.request_id = str(uuid4())
    notice.version = f"T-{uuid4().hex[:20]}"
    return notice


def _directory(case: Case) -> dict[str, Message]:
    return {
        "SaveAgencies": directory.SaveAgenciesRequest(
            request_id=str(uuid4()), agencies=[agency_message(1, agency_id=case.agency_id)]
        ),
        "GetService": directory.GetServiceRequest(service_id=case.service_id),
        "GetServiceVersion": directory.GetServiceVersionRequest(service_id=case.service_id, version=1),
        "BatchGetServiceVersions": directory.BatchGetServiceVersionsRequest(
            cited=[directory.CitedService(service_id=case.service_id, version=1)]
        ),
        "ListAgencies": directory.ListAgenciesRequest(),
        "ListServices": directory.ListServicesRequest(),
        "ListActivities": directory.ListActivitiesRequest(),
        "SetNeededCategories": directory.SetNeededCategoriesRequest(
            request_id=str(uuid4()), service_type="FOOD", categories=["NAME"]
        ),
    }


def _accounts(case: Case) -> dict[str, Message]:
    one: dict[str, Any] = {"request_id": str(uuid4()), "principal_id": case.account_id}
    known = access.Credentials(login="nobody-we-know", password="no password of anybody")
    return {
        "SignIn": access.SignInRequest(credentials=known),
        "ChangePassword": access.ChangePasswordRequest(
            credentials=known,
            new_password="another of nobody",
        ),
        "BeginEnrolment": access.BeginEnrolmentRequest(credentials=known),
        "ConfirmEnrolment": access.ConfirmEnrolmentRequest(credentials=known, new_code="123456"),
        "ListProviders": access.ListProvidersRequest(),
        "BeginSignIn": access.BeginSignInRequest(),
        "FinishSignIn": access.FinishSignInRequest(),
        "IssueAssertion": access.IssueAssertionRequest(session_token="of nobody"),
        "SignOut": access.SignOutRequest(session_token="of nobody"),
        "OpenAccount": access.OpenAccountRequest(
            request_id=str(uuid4()),
            agency_id=case.agency_id,
            login=f"staff-{uuid4().hex}",
            display_name="Sample Person",
            roles=["agency_member"],
        ),
        "ChangeRoles": access.ChangeRolesRequest(**one, roles=["agency_member", "agency_admin"]),
        "LockAccount": access.LockAccountRequest(**one),
        "UnlockAccount": access.UnlockAccountRequest(**one),
        "CloseAccount": access.CloseAccountRequest(**one),
        "ResetCredentials": access.ResetCredentialsRequest(**one),
        "LinkIdentity": access.LinkIdentityRequest(**one, issuer=ISSUER, subject=uuid4().hex),
        "UnlinkIdentity": access.UnlinkIdentityRequest(**one, issuer=ISSUER),
        "ListAccounts": access.ListAccountsRequest(),
        "ListRoles": access.ListRolesRequest(),
    }


def _inboxes(case: Case) -> dict[str, Message]:
    one: dict[str, Any] = {"request_id": str(uuid4()), "agency_id": case.agency_id, "inbox": INBOX_AGENCY}
    return {
        "Subscribe": inbox.SubscribeRequest(inbox=INBOX_AGENCY),
        "Acknowledge": inbox.AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=1),
        "ListDeliveries": inbox.ListDeliveriesRequest(inbox=INBOX_AGENCY),
        "SetMailNotice": mail.SetMailNoticeRequest(
            request_id=str(uuid4()),
            inbox=INBOX_DESK,
            address=f"{uuid4().hex}@agency.example",  # codes for one are rationed
            language="el",
            pace=mail.MAIL_PACE_DAILY,
        ),
        "ListMailNotices": mail.ListMailNoticesRequest(),
        "ConfirmMailNotice": mail.ConfirmMailNoticeRequest(inbox=INBOX_AGENCY, code="1"),
        "RemoveMailNotice": mail.RemoveMailNoticeRequest(request_id=str(uuid4()), inbox=INBOX_AGENCY),
        "SetPushEndpoint": push.SetPushEndpointRequest(
            **(one | {"agency_id": str(uuid4())}), address="https://127.0.0.1:9"
        ),
        "RemovePushEndpoint": push.RemovePushEndpointRequest(**one),
        "ResumePushEndpoint": push.ResumePushEndpointRequest(**one),
        "ListPushEndpoints": push.ListPushEndpointsRequest(),
    }


def _hub() -> dict[str, Message]:
    return {
        "RollKeys": keys.RollKeysRequest(request_id=str(uuid4())),
        "GetKeys": keys.GetKeysRequest(),
        "SaveRetentionRules": retention.SaveRetentionRulesRequest(
            request_id=str(uuid4()),
            rules=[
                retention.RetentionRule(
                    categories=categories_of(key_class),
                    start=retention.RETENTION_START_CASE_CLOSED,
                    months=60,
                    grace_days=30,
                    source="The law of the country.",
                )
                for key_class in KEY_CLASSES
            ],
        ),
        "ListRetentionRules": retention.ListRetentionRulesRequest(),
        "DestroyDue": retention.DestroyDueRequest(
            request_id=str(uuid4()), rules_version=2**31 - 1, words="None of mine."
        ),
        "GetRetention": retention.GetRetentionRequest(),
        "ListRetentionHolds": retention.ListRetentionHoldsRequest(),
        "SaveAgreements": disclosure.SaveAgreementsRequest(
            request_id=str(uuid4()),
            agreements=[
                disclosure.Agreement(
                    agency_id=str(uuid4()),
                    purposes=list(codes.PURPOSES),
                    categories=list(codes.CATEGORIES),
                    legal_regime="GDPR_CONTROLLER",
                    valid_from_time=at(datetime(2020, 1, 1, tzinfo=UTC)),
                    valid_until_time=at(datetime(2100, 1, 1, tzinfo=UTC)),
                )
            ],
        ),
    }
