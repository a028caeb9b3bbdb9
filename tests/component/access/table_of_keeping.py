"""Who is answered what about services, accounts, rules and inboxes, and who may ask for lists."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from kernel.codes import Role
from tests.component.access.rules import (
    CASE_ROLES,
    MERGE_ROLES,
    NO_AGENCY,
    OFFICERS,
    OK,
    OVERSIGHT_ROLES,
    Answers,
    Row,
    Side,
)
from tests.component.access.table_of_cases import states
from tests.component.access.things import STATES, Thing

_ALL: Final = frozenset(Role)
_SERVICE: Final = frozenset({Role.SERVICE})
_AUDITORS: Final = frozenset({Role.AUDITOR, Role.DPO})
_DPO, _OPERATOR = frozenset({Role.DPO}), frozenset({Role.OPERATOR})
_KEEPERS: Final = frozenset({Role.AGENCY_ADMIN, Role.OPERATOR})
_DIRECTORY_KEEPERS: Final = frozenset({Role.OPERATOR, Role.DPO})
_DIRECTORY_WRITERS: Final = _DIRECTORY_KEEPERS | {Role.AGENCY_MEMBER, Role.AGENCY_ADMIN}
_PROTECTION: Final = frozenset({Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT})
_POLICY_READERS: Final = CASE_ROLES | {Role.DPO, Role.AUDITOR, Role.OPERATOR}
_REPORT_READERS: Final = frozenset(
    {Role.COMMITTEE_COORDINATOR, Role.ACCMR_OFFICER, Role.SUPERVISOR, Role.DPO}
)

PUBLIC: Final = frozenset(
    {
        "SignIn",
        "ChangePassword",
        "BeginEnrolment",
        "ConfirmEnrolment",
        "ListProviders",
        "BeginSignIn",
        "FinishSignIn",
        "IssueAssertion",
        "SignOut",
        "CheckReceipt",
        "ReadReceipt",
    }
)
"""Where somebody becomes known: no role counts there."""


def _for_everybody(roles: Collection[Role], **shown: Answers) -> Row:
    """Names nothing that is anybody's."""
    sides: dict[Side, Answers] = dict.fromkeys(Side, OK)
    return Row(roles, Thing.NOTHING, "", sides | {Side(name): said for name, said in shown.items()})


def _own(roles: Collection[Role], **shown: Answers) -> Row:
    """Answers what is the caller's agency's own; who acts for none has nothing."""
    return _for_everybody(roles, **{"nobody": NO_AGENCY, **shown})


def _of_hub(roles: Collection[Role], answer: str = OK) -> Row:
    """What holds for the whole hub is no agency's to set."""
    refused = "HUB_OFFICER_ONLY"
    return _for_everybody(
        roles, sender=refused, provider=refused, stranger=refused, officer=answer, nobody=answer
    )


def _of_service(hidden: str, *, makes: bool = False) -> Row:
    """The agency whose service it is, and those who keep the whole directory, for whomever they act."""
    return Row(
        _DIRECTORY_WRITERS,
        Thing.SERVICE,
        hidden,
        {Side.PROVIDER: OK},
        repeats=True,
        keepers=_DIRECTORY_KEEPERS,
        makes=makes,
    )


def _of_account(answers: Mapping[str, str], *, repeats: bool = False) -> Row:
    """The admins of the account's agency, and operators."""
    return Row(
        _KEEPERS,
        Thing.ACCOUNT,
        "ACCOUNT_NOT_FOUND",
        {Side.PROVIDER: states("ACCOUNT_STATE_FORBIDS", *STATES[Thing.ACCOUNT]) | dict(answers)},
        repeats=repeats,
        keepers=_OPERATOR,
    )


KEEPING: Final[dict[str, Row]] = {
    "SaveServices": _of_service("AGENCY_NOT_YOURS", makes=True),
    "SaveActivities": _of_service("SERVICE_NOT_FOUND"),
    "DeclareCapacity": _of_service("UNIT_NOT_FOUND"),
    "DeclareCapacities": _of_service("UNIT_NOT_FOUND"),
    "SuspendService": _of_service("SERVICE_NOT_FOUND"),
    "ResumeService": _of_service("SERVICE_NOT_FOUND"),
    "SaveAgencies": Row(
        _DIRECTORY_KEEPERS | {Role.AGENCY_ADMIN},
        Thing.NOTHING,
        "AGENCY_NOT_YOURS",
        {Side.PROVIDER: OK},
        keepers=_DIRECTORY_KEEPERS,
    ),
    # a service that is listed for the public
    "GetService": Row(
        _ALL,
        Thing.SERVICE,
        "SERVICE_NOT_FOUND",
        dict.fromkeys(Side, states(OK, "OFFERED", "SUSPENDED")),
        False,
    ),
    # the version that it was saved with first
    "GetServiceVersion": Row(
        _AUDITORS,
        Thing.SERVICE,
        "SERVICE_NOT_FOUND",
        dict.fromkeys(Side, states(OK, "OFFERED", "SUSPENDED")),
        False,
    ),
    # what is not there is left out (test_service_versions)
    "BatchGetServiceVersions": _for_everybody(_AUDITORS),
    **dict.fromkeys(("ListAgencies", "ListServices", "ListActivities"), _for_everybody(_ALL)),
    "SetNeededCategories": _for_everybody(_DPO),
    "ChangeRoles": _of_account({"OPEN": OK, "LOCKED": OK}, repeats=True),
    "LockAccount": _of_account({"OPEN": OK}),
    "UnlockAccount": _of_account({"LOCKED": OK}),
    "CloseAccount": _of_account({"OPEN": OK, "LOCKED": OK}),
    "ResetCredentials": _of_account({"OPEN": OK, "LOCKED": OK}, repeats=True),
    "UnlinkIdentity": _of_account(states("IDENTITY_NOT_FOUND", "OPEN", "LOCKED")),
    # no provider is known to this hub
    "LinkIdentity": Row(
        _OPERATOR,
        Thing.ACCOUNT,
        "ACCOUNT_NOT_FOUND",
        {Side.PROVIDER: states("ISSUER_NOT_KNOWN", *STATES[Thing.ACCOUNT])},
        keepers=_OPERATOR,
    ),
    "OpenAccount": Row(_KEEPERS, Thing.NOTHING, "NOT_YOUR_AGENCY", {Side.PROVIDER: OK}, keepers=_OPERATOR),
    **dict.fromkeys(("ListAccounts", "ListRoles"), _for_everybody(_KEEPERS)),
    **dict.fromkeys(
        ("PublishNotice", "SaveAgeRules", "SaveRetentionRules", "ListRetentionHolds"), _of_hub(_DPO)
    ),
    # by rules that are nobody's
    "DestroyDue": _of_hub(_DPO, "RETENTION_RULES_CHANGED"),
    **dict.fromkeys(
        ("ListNotices", "GetNotice", "ListAgeRules", "ListRetentionRules"), _for_everybody(_POLICY_READERS)
    ),
    "GetRetention": _of_hub(_DPO | {Role.AUDITOR}),
    **dict.fromkeys(("InquiryService/ListConsents", "NameStaff"), _of_hub(_AUDITORS)),
    "SaveAgreements": _for_everybody(frozenset({Role.DPO, Role.OPERATOR})),
    "ListAgreements": _for_everybody(frozenset({Role.DPO, Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR})),
    **dict.fromkeys(
        (
            *("ListEntries", "StreamEntries", "GetInclusionProof", "TraceReferral"),
            *("ListQuestions", "AnswerQuestion"),
        ),
        _for_everybody(_AUDITORS),
    ),
    # nobody has a person of this id in the ledger: whom an auditor may trace hangs on no agency
    "TraceBeneficiary": Row(_AUDITORS, Thing.NOTHING, "HISTORY_NOT_FOUND"),
    **dict.fromkeys(("GetCheckpoint", "ListCheckpoints"), _for_everybody(_ALL - _SERVICE)),
    "GetConsistencyProof": Row(_ALL - _SERVICE, Thing.NOTHING, "CHECKPOINT_NOT_FOUND"),
    "GetProfiles": _for_everybody(_SERVICE),
    "GetReceiptLines": _for_everybody(_SERVICE),
    "GetPaces": _for_everybody(_SERVICE),
    # of an account that nobody has nothing is known (tests/component/staff/test_account_states.py)
    "BatchGetAccountStates": _for_everybody(_SERVICE),
    # a coordinator, or a supervisor who is not KEM's, is told of what their own agency's committees report on
    **dict.fromkeys(
        (
            "GetDemandReport",
            "GetResponseTimesReport",
            "GetWaitingListsReport",
            "GetGapsReport",
            "GetOverdueReport",
        ),
        Row(
            _REPORT_READERS,
            Thing.NOTHING,
            "NO_COMMITTEE",
            {Side.PROVIDER: OK},
            changes=False,
            keepers=frozenset({Role.ACCMR_OFFICER, Role.DPO}),
        ),
    ),
    "ListOverdueReferrals": _for_everybody(frozenset({Role.ACCMR_OFFICER})),
    # no town of this test has a hundred needs that have settled
    "MakeFairnessReport": _of_hub(_AUDITORS, "TOO_FEW_NEEDS"),
    "ListFairnessReports": _of_hub(_AUDITORS),
    "Seal": _for_everybody(_SERVICE),
    "Open": Row(_SERVICE, Thing.NOTHING, "TEXT_NOT_OF_REFERRAL"),
    "RegisterBeneficiary": _own(CASE_ROLES),
    "SearchBeneficiaries": _own(CASE_ROLES),
    # whoever is another agency's, erased or nobody is left out (test_listed_people)
    "BatchGetBeneficiaries": _own(CASE_ROLES),
    # likewise (test_needs_behind_referrals)
    "BatchGetNeeds": _own(CASE_ROLES),
    # what the caller has recorded: nothing (test_needs_behind_referrals)
    "ListMyNeeds": _own(CASE_ROLES),
    # somebody else's draft, and nobody's, is none of the caller's (test_drafts)
    **dict.fromkeys(("SaveDraft", "ListDrafts"), _own(CASE_ROLES)),
    **dict.fromkeys(
        ("GetDraft", "DiscardDraft"),
        Row(CASE_ROLES, Thing.NOTHING, "DRAFT_NOT_FOUND", {Side.NOBODY: NO_AGENCY}),
    ),
    # whoever is another agency's, erased or nobody is left out (test_case_disclosures)
    "CountCaseChanges": _own(CASE_ROLES),
    # whose cases the caller follows: none (test_cases)
    **dict.fromkeys(("ListMyCases", "ListColleagues"), _own(CASE_ROLES)),
    **dict.fromkeys(("ListReferrals", "ListPressing"), _own(CASE_ROLES, nobody="NOT_PERMITTED")),
    "Subscribe": _own(CASE_ROLES),
    "ListDeliveries": _own(CASE_ROLES),
    "ListMailNotices": _own(CASE_ROLES | OFFICERS),
    # of an agency's inbox (test_mails_of_officers)
    "SetMailNotice": replace(
        _own(CASE_ROLES | OFFICERS, officer=NO_AGENCY), deciders=CASE_ROLES, undecided="INBOX_OF_AGENCY"
    ),
    # nobody here has set one
    **dict.fromkeys(
        ("ConfirmMailNotice", "RemoveMailNotice"),
        Row(
            CASE_ROLES | OFFICERS,
            Thing.NOTHING,
            "MAIL_NOTICE_NOT_FOUND",
            {Side.NOBODY: NO_AGENCY, Side.OFFICER: NO_AGENCY},
        ),
    ),
    "Acknowledge": _own(CASE_ROLES, sender="SEQUENCE_NOT_KNOWN", stranger="SEQUENCE_NOT_KNOWN"),
    **dict.fromkeys(
        ("ListAuthorityNotifications", "ListCompelledRequests", "ListEmergencyReviews"), _own(OVERSIGHT_ROLES)
    ),
    "ListLikelyDuplicates": _own(MERGE_ROLES),
    "ListComplaints": _own(OVERSIGHT_ROLES),
    "CountWaiting": _own(_DPO | {Role.SAFEGUARDING_OFFICER, Role.AGENCY_MEMBER, Role.AGENCY_ADMIN}),
    "ListConsentFreezes": _own(frozenset({Role.CHILD_PROTECTION_OFFICER})),
    "ListRecalls": _own(CASE_ROLES | {Role.DPO, Role.SAFEGUARDING_OFFICER}),
    "ListRightsRequests": _own(_PROTECTION | {Role.DPO, Role.SUPERVISOR}),
    "ListEmergencyAccesses": _own(_PROTECTION | {Role.DPO, Role.SUPERVISOR}),
    # where these tests' hub has no authority that tells of them
    "ListCertificates": Row(_OPERATOR | _DPO, Thing.NOTHING, "NO_CERTIFICATE_REGISTER"),
    # of every service; what becomes of a letter stands in the answer
    **dict.fromkeys(
        ("GetOperations", "ListDeadLetters", "RedriveDeadLetters", "DiscardDeadLetters"),
        _for_everybody(_OPERATOR),
    ),
    "RollKeys": _of_hub(_OPERATOR),
    "GetKeys": _of_hub(_OPERATOR | {Role.DPO, Role.AUDITOR}),
    "SetPushEndpoint": _for_everybody(_OPERATOR),
    "ListPushEndpoints": _for_everybody(_OPERATOR),
    **dict.fromkeys(
        ("RemovePushEndpoint", "ResumePushEndpoint"),
        Row(_OPERATOR, Thing.NOTHING, "PUSH_ENDPOINT_NOT_FOUND"),
    ),
}
