"""Who may call what. Whose people they see follows from their agency: use cases, row-level security."""

from collections.abc import Mapping
from typing import Final

from chassis.access import Access
from kernel.vocabulary import Role

CASE_STAFF: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
    }
)
AGENCY_STAFF: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})

_CASE_WORK: Final = Access(roles=CASE_STAFF | AGENCY_STAFF)
_AGREEMENTS: Final = Access(roles=frozenset({Role.DPO, Role.OPERATOR}))
_REVIEWS: Final = Access(roles=frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER, Role.SUPERVISOR}))
_EMERGENCY: Final = Access(roles=_CASE_WORK.roles, second_factor=True)
_AUTHORISES: Final = Access(
    roles=frozenset({Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT, Role.DPO}),
    second_factor=True,
)
_AUTHORITIES: Final = Access(roles=frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER, Role.SUPERVISOR}))
_COMPELS: Final = Access(roles=frozenset({Role.DPO}), second_factor=True)
_RIGHTS: Final = Access(roles=frozenset({Role.DPO, Role.SUPERVISOR}))
_PROTECTS: Final = Access(
    roles=frozenset({Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT}), second_factor=True
)
_EXPORTS: Final = Access(roles=_RIGHTS.roles, second_factor=True)
_READS_POLICY: Final = Access(roles=_CASE_WORK.roles | {Role.DPO, Role.AUDITOR, Role.OPERATOR})
_KEEPS_POLICY: Final = Access(roles=frozenset({Role.DPO}))
_RETENTION: Final = Access(roles=frozenset({Role.DPO, Role.AUDITOR}))
_INQUIRES: Final = Access(roles=frozenset({Role.DPO, Role.AUDITOR}), second_factor=True)
_PROTECTS_CHILDREN: Final = Access(roles=frozenset({Role.CHILD_PROTECTION_OFFICER}))
_HUB_OFFICERS: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER})
_READS_COMPLAINTS: Final = Access(roles=_HUB_OFFICERS | {Role.SUPERVISOR})
_RECALLS: Final = Access(roles=_CASE_WORK.roles | {Role.DPO, Role.SAFEGUARDING_OFFICER})
_MERGES: Final = Access(
    roles=frozenset({Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT})
)
_KEEPS_KEYS: Final = Access(roles=frozenset({Role.OPERATOR}))
_HUB_ONLY: Final = Access(internal=True)
_ANYBODY: Final = Access(public=True)
"""Over a certificate of the hub, as every call: of a person nobody is told anything but by a PIN."""

ACCESS: Final[Mapping[str, Access]] = {
    "/kem.intake.v1.IntakeService/RegisterBeneficiary": _CASE_WORK,
    "/kem.intake.v1.IntakeService/GetBeneficiary": _CASE_WORK,
    "/kem.intake.v1.IntakeService/BatchGetBeneficiaries": _CASE_WORK,
    "/kem.intake.v1.IntakeService/SearchBeneficiaries": _CASE_WORK,
    "/kem.intake.v1.IntakeService/UpdateBeneficiary": _CASE_WORK,
    "/kem.intake.v1.IntakeService/RecordConsent": _CASE_WORK,
    "/kem.intake.v1.IntakeService/WithdrawConsent": _CASE_WORK,
    "/kem.intake.v1.IntakeService/RecordConsentState": _CASE_WORK,
    "/kem.intake.v1.IntakeService/ListConsents": _CASE_WORK,
    "/kem.intake.v1.IntakeService/EndConsent": Access(
        roles=frozenset({Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER})
    ),
    "/kem.intake.v1.IntakeService/LiftDenial": _PROTECTS_CHILDREN,
    "/kem.intake.v1.IntakeService/FreezeConsent": _PROTECTS_CHILDREN,
    "/kem.intake.v1.IntakeService/LiftConsentFreeze": _PROTECTS_CHILDREN,
    "/kem.intake.v1.IntakeService/ListConsentFreezes": _PROTECTS_CHILDREN,
    "/kem.intake.v1.IntakeService/RecordNeed": _CASE_WORK,
    "/kem.intake.v1.IntakeService/RecordNeeds": _CASE_WORK,
    "/kem.intake.v1.IntakeService/WithdrawNeed": _CASE_WORK,
    "/kem.intake.v1.IntakeService/ListNeeds": _CASE_WORK,
    "/kem.intake.v1.IntakeService/BatchGetNeeds": _CASE_WORK,
    "/kem.intake.v1.IntakeService/ListMyNeeds": _CASE_WORK,
    "/kem.intake.v1.CaseService/SetCaseWorkers": _CASE_WORK,
    "/kem.intake.v1.CaseService/ListMyCases": _CASE_WORK,
    "/kem.intake.v1.CaseService/CountCaseChanges": _CASE_WORK,
    "/kem.intake.v1.ConsentPolicyService/PublishNotice": _KEEPS_POLICY,
    "/kem.intake.v1.ConsentPolicyService/ListNotices": _READS_POLICY,
    "/kem.intake.v1.ConsentPolicyService/GetNotice": _READS_POLICY,
    "/kem.intake.v1.ConsentPolicyService/SaveAgeRules": _KEEPS_POLICY,
    "/kem.intake.v1.ConsentPolicyService/ListAgeRules": _READS_POLICY,
    **{
        f"/kem.intake.v1.MergeService/{method}": _MERGES
        for method in ("ListLikelyDuplicates", "MergeBeneficiaries", "UnmergeBeneficiaries")
    },
    "/kem.intake.v1.KeyService/RollKeys": _KEEPS_KEYS,
    "/kem.intake.v1.KeyService/GetKeys": Access(roles=_KEEPS_KEYS.roles | {Role.DPO, Role.AUDITOR}),
    "/kem.intake.v1.RetentionService/SaveRetentionRules": _KEEPS_POLICY,
    "/kem.intake.v1.RetentionService/ListRetentionRules": _READS_POLICY,
    "/kem.intake.v1.RetentionService/GetRetention": _RETENTION,
    "/kem.intake.v1.RetentionService/DestroyDue": _COMPELS,
    "/kem.intake.v1.RetentionService/PlaceRetentionHold": _KEEPS_POLICY,
    "/kem.intake.v1.RetentionService/LiftRetentionHold": _KEEPS_POLICY,
    "/kem.intake.v1.RetentionService/ListRetentionHolds": _KEEPS_POLICY,
    "/kem.intake.v1.FairnessService/MakeFairnessReport": _INQUIRES,
    "/kem.intake.v1.FairnessService/ListFairnessReports": _INQUIRES,
    **{
        f"/kem.intake.v1.DraftService/{method}": _CASE_WORK
        for method in ("SaveDraft", "GetDraft", "ListDrafts", "DiscardDraft")
    },
    "/kem.intake.v1.VisitService/RecordVisit": _CASE_WORK,
    "/kem.intake.v1.VisitService/ListVisits": _CASE_WORK,
    **{
        f"/kem.intake.v1.AppointmentService/{method}": _CASE_WORK
        for method in (
            "BookAppointment",
            "MoveAppointment",
            "CancelAppointment",
            "RecordAttendance",
            "ListAppointments",
        )
    },
    "/kem.intake.v1.ContactAttemptService/RecordContactAttempt": _CASE_WORK,
    "/kem.intake.v1.ContactAttemptService/ListContactAttempts": _CASE_WORK,
    "/kem.intake.v1.EligibilityService/GetProfiles": _HUB_ONLY,
    "/kem.intake.v1.TextService/Seal": _HUB_ONLY,
    "/kem.intake.v1.TextService/Open": _HUB_ONLY,
    "/kem.disclosure.v1.DisclosureService/GetDisclosure": _CASE_WORK,
    "/kem.disclosure.v1.DisclosureService/SaveAgreements": _AGREEMENTS,
    "/kem.disclosure.v1.DisclosureService/ListAgreements": Access(
        roles=_AGREEMENTS.roles | {Role.SUPERVISOR, Role.AUDITOR}
    ),
    "/kem.disclosure.v1.EmergencyService/RecordHandover": _CASE_WORK,
    "/kem.disclosure.v1.EmergencyService/ReviewEmergency": _REVIEWS,
    "/kem.disclosure.v1.EmergencyService/ListEmergencyReviews": _REVIEWS,
    "/kem.disclosure.v1.EmergencyAccessService/RequestEmergencyAccess": _EMERGENCY,
    "/kem.disclosure.v1.EmergencyAccessService/DecideEmergencyAccess": _AUTHORISES,
    "/kem.disclosure.v1.EmergencyAccessService/ListEmergencyAccesses": _AUTHORISES,
    "/kem.disclosure.v1.EmergencyAccessService/GetEmergencyDisclosure": _EMERGENCY,
    "/kem.disclosure.v1.WaitingService/CountWaiting": Access(roles=_HUB_OFFICERS | AGENCY_STAFF),
    "/kem.disclosure.v1.AuthorityService/RecordAuthorityNotification": _CASE_WORK,
    "/kem.disclosure.v1.AuthorityService/ListAuthorityNotifications": _AUTHORITIES,
    "/kem.disclosure.v1.AuthorityService/RegisterCompelledRequest": _CASE_WORK,
    "/kem.disclosure.v1.AuthorityService/DecideCompelledRequest": _COMPELS,
    "/kem.disclosure.v1.AuthorityService/ListCompelledRequests": _AUTHORITIES,
    "/kem.disclosure.v1.AuthorityService/DecideTelling": _COMPELS,
    "/kem.disclosure.v1.AuthorityService/GetCompelledDisclosure": _COMPELS,
    "/kem.disclosure.v1.CaseDisclosureService/ListCaseDisclosures": _CASE_WORK,
    "/kem.disclosure.v1.InquiryService/ListDisclosures": _INQUIRES,
    "/kem.disclosure.v1.InquiryService/ListConsents": _INQUIRES,
    "/kem.disclosure.v1.ReceiptService/IssueReceipt": _CASE_WORK,
    "/kem.disclosure.v1.ReceiptService/RevokeReceipt": _CASE_WORK,
    "/kem.disclosure.v1.ReceiptService/CheckReceipt": _ANYBODY,
    "/kem.disclosure.v1.ReceiptService/ReadReceipt": _ANYBODY,
    "/kem.disclosure.v1.RightsService/RegisterRightsRequest": _CASE_WORK,
    "/kem.disclosure.v1.RightsService/ExtendRightsRequest": _RIGHTS,
    "/kem.disclosure.v1.RightsService/AnswerRightsRequest": _RIGHTS,
    "/kem.disclosure.v1.RightsService/LiftRestriction": _RIGHTS,
    "/kem.disclosure.v1.RightsService/ListRightsRequests": Access(roles=_RIGHTS.roles | _PROTECTS.roles),
    "/kem.disclosure.v1.RightsService/DecideProtectionData": _PROTECTS,
    "/kem.disclosure.v1.RightsService/ExportPersonData": _EXPORTS,
    "/kem.disclosure.v1.ErasureService/EraseBeneficiary": _COMPELS,
    "/kem.disclosure.v1.ErasureService/GetErasureCertificate": _RIGHTS,
    # of the hub's services the console only, for the public: the use case sees to it
    "/kem.disclosure.v1.ComplaintService/RegisterComplaint": Access(
        roles=_CASE_WORK.roles | _HUB_OFFICERS, internal=True
    ),
    "/kem.disclosure.v1.ComplaintService/AnswerComplaint": Access(roles=_HUB_OFFICERS),
    "/kem.disclosure.v1.ComplaintService/ListComplaints": _READS_COMPLAINTS,
    "/kem.disclosure.v1.ComplaintService/GetComplaint": _READS_COMPLAINTS,
    "/kem.disclosure.v1.RecallService/ListRecalls": _RECALLS,
    "/kem.disclosure.v1.RecallService/ListRecalledDisclosures": _RECALLS,
    "/kem.disclosure.v1.RecallService/AcknowledgeRecall": _CASE_WORK,
}
