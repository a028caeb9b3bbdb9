"""Who is answered what about a person, and about what was asked, given and promised of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from kernel.codes import Role
from tests.component.access.rules import (
    CASE_ROLES,
    MERGE_ROLES,
    NO_AGENCY,
    OK,
    OVERSIGHT_ROLES,
    Answers,
    Row,
    Side,
)
from tests.component.access.table_of_cases import states
from tests.component.access.things import STATES, Thing

ERASED: Final = "BENEFICIARY_ERASED"
_LIVING: Final = states(OK, *STATES[Thing.PERSON]) | {"ERASED": ERASED}
_CHILD: Final = frozenset({Role.CHILD_PROTECTION_OFFICER})
_PROTECTION: Final = frozenset({Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT})
_RIGHTS: Final = frozenset({Role.DPO, Role.SUPERVISOR})
_DPO: Final = frozenset({Role.DPO})
_ANSWERED: Final = states("ALREADY_ANSWERED", "ANSWERED", "RESTRICTED")


def _of_sender(
    thing: Thing,
    hidden: str,
    answers: Answers,
    roles: Collection[Role] = CASE_ROLES,
    *,
    changes: bool = True,
    repeats: bool = False,
    others: Mapping[Side, Answers] | None = None,
) -> Row:
    """The agency that registered the person; who acts for none gets one answer, whatever there is."""
    shown = {Side.SENDER: answers, Side.NOBODY: NO_AGENCY}
    return Row(roles, thing, hidden, shown | dict(others or {}), changes, repeats)


def _of_person(
    answers: Answers = _LIVING,
    roles: Collection[Role] = CASE_ROLES,
    *,
    changes: bool = True,
    repeats: bool = False,
) -> Row:
    hidden = "BENEFICIARY_NOT_FOUND"
    return _of_sender(Thing.PERSON, hidden, answers, roles, changes=changes, repeats=repeats)


def _of_appointment(*, repeats: bool = False) -> Row:
    """Of somebody whom the agency registered; it has begun, so that whoever came can be said to have come."""
    said = {"BOOKED": OK} | states("APPOINTMENT_ENDED", "CANCELLED", "ATTENDED")
    return _of_sender(Thing.APPOINTMENT, "APPOINTMENT_NOT_FOUND", said, repeats=repeats)


def _of_right(answers: Mapping[str, str], roles: Collection[Role] = _RIGHTS, *, repeats: bool = False) -> Row:
    """The agency that registered the request, and officers of the hub."""
    said = states(OK, *STATES[Thing.RIGHTS_REQUEST]) | _ANSWERED | dict(answers)
    return _of_sender(
        Thing.RIGHTS_REQUEST,
        "RIGHTS_REQUEST_NOT_FOUND",
        said,
        roles,
        repeats=repeats,
        others={Side.OFFICER: said},
    )


PEOPLE: Final[dict[str, Row]] = {
    "GetBeneficiary": _of_person(changes=False),
    "ListNeeds": _of_person(changes=False),
    "IntakeService/ListConsents": _of_person(changes=False),
    "RecordVisit": _of_person(repeats=True),
    "ListVisits": _of_person(changes=False),
    # what another agency was given is in test_case_disclosures
    "ListCaseDisclosures": _of_person(changes=False),
    "BookAppointment": _of_person(repeats=True),
    # a day's are in test_appointments
    "ListAppointments": _of_person(changes=False),
    "MoveAppointment": _of_appointment(repeats=True),
    "CancelAppointment": _of_appointment(),
    "RecordAttendance": _of_appointment(),
    "UpdateBeneficiary": _of_person(),
    "RecordConsent": _of_person(_LIVING | {"FROZEN": "CONSENT_FROZEN"}, repeats=True),
    "RecordConsentState": _of_person(repeats=True),
    "WithdrawConsent": _of_person(repeats=True),
    # nobody who calls here has registered the person, or was named; see test_cases
    "SetCaseWorkers": replace(
        _of_person(repeats=True),
        deciders=frozenset({Role.SUPERVISOR, Role.AGENCY_ADMIN}),
        undecided="CASEWORKER_NEEDED",
    ),
    "FreezeConsent": _of_person(_LIVING | {"FROZEN": "CONSENT_ALREADY_FROZEN"}, _CHILD),
    "LiftConsentFreeze": _of_person(
        states("CONSENT_NOT_FROZEN", "LIVE", "RESTRICTED") | {"FROZEN": OK, "ERASED": ERASED}, _CHILD
    ),
    "IssueReceipt": _of_person(repeats=True),
    # none was issued here; see test_receipts
    "RevokeReceipt": _of_person(states("RECEIPT_NOT_FOUND", *STATES[Thing.PERSON]) | {"ERASED": ERASED}),
    "RecordNeed": _of_person(repeats=True),
    "RecordNeeds": _of_person(repeats=True),
    "RecordAuthorityNotification": _of_person(repeats=True),
    "RegisterCompelledRequest": _of_person(repeats=True),
    "RegisterRightsRequest": _of_person(repeats=True),
    # officers of the hub register one without naming whom it is about
    # and the console for the public; any other service acts for no agency (test_public_complaints)
    "RegisterComplaint": _of_person(
        roles=CASE_ROLES | {Role.DPO, Role.SAFEGUARDING_OFFICER, Role.SERVICE}, repeats=True
    ),
    # of grown-up people without anything restricted; of others a supervisor does not decide (test_merges)
    "MergeBeneficiaries": _of_sender(
        Thing.PAIR, "BENEFICIARY_NOT_FOUND", {"APART": OK, "MERGED": "ALREADY_MERGED"}, MERGE_ROLES
    ),
    "UnmergeBeneficiaries": _of_sender(
        Thing.PAIR, "BENEFICIARY_NOT_FOUND", {"APART": "NOT_MERGED", "MERGED": OK}, MERGE_ROLES
    ),
    "EndConsent": _of_sender(
        Thing.CONSENT,
        "BENEFICIARY_NOT_FOUND",
        {"IN_FORCE": OK, "ENDED": "CONSENT_ENDED"},
        frozenset({Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER}),
    ),
    # of grown-up people nothing is lifted (test_denials)
    "LiftDenial": _of_sender(
        Thing.CONSENT,
        "BENEFICIARY_NOT_FOUND",
        {"IN_FORCE": "NOT_A_CHILD", "ENDED": "NOT_A_CHILD"},
        _CHILD,
    ),
    "WithdrawNeed": _of_sender(
        Thing.NEED, "NEED_NOT_FOUND", {"OPEN": OK, "WITHDRAWN": "NEED_ALREADY_WITHDRAWN"}
    ),
    "ReviewEmergency": _of_sender(
        Thing.REVIEW,
        "EMERGENCY_NOT_FOUND",
        {"OPEN": OK, "REVIEWED": "ALREADY_REVIEWED"},
        OVERSIGHT_ROLES,
        others={Side.OFFICER: {"OPEN": OK, "REVIEWED": "ALREADY_REVIEWED"}},
    ),
    "DecideEmergencyAccess": _of_sender(
        Thing.EMERGENCY_ACCESS,
        "EMERGENCY_NOT_FOUND",
        {"ASKED": OK} | states("ALREADY_DECIDED", "ALLOWED", "REFUSED"),
        _PROTECTION | {Role.SUPERVISOR, Role.DPO},
        others={Side.OFFICER: {"ASKED": OK} | states("ALREADY_DECIDED", "ALLOWED", "REFUSED")},
    ),
    # only whoever asked: a colleague of theirs is a stranger to it
    "GetEmergencyDisclosure": Row(
        CASE_ROLES,
        Thing.EMERGENCY_ACCESS,
        "EMERGENCY_NOT_FOUND",
        {
            Side.PROVIDER: states("ACCESS_NOT_IN_FORCE", "ASKED", "REFUSED") | {"ALLOWED": OK},
            Side.NOBODY: NO_AGENCY,
        },
        changes=False,
    ),
    # no agency's officer decides what an authority gets, or hands it over
    "DecideCompelledRequest": Row(
        _DPO,
        Thing.COMPELLED_REQUEST,
        "COMPELLED_REQUEST_NOT_FOUND",
        {Side.OFFICER: {"OPEN": OK} | states("ALREADY_DECIDED", "ALLOWED", "REFUSED")},
    ),
    "DecideTelling": Row(
        _DPO,
        Thing.COMPELLED_REQUEST,
        "COMPELLED_REQUEST_NOT_FOUND",
        {Side.OFFICER: states("COMPELLED_REQUEST_REFUSED", "OPEN", "REFUSED") | {"ALLOWED": OK}},
        repeats=True,
    ),
    "GetCompelledDisclosure": Row(
        _DPO,
        Thing.COMPELLED_REQUEST,
        "COMPELLED_REQUEST_NOT_FOUND",
        {Side.OFFICER: states("COMPELLED_REQUEST_REFUSED", "OPEN", "REFUSED") | {"ALLOWED": OK}},
        changes=False,
    ),
    "ExtendRightsRequest": _of_right({"EXTENDED": "ALREADY_EXTENDED"}),
    "AnswerRightsRequest": _of_right({}),
    "LiftRestriction": _of_right(
        states("NOT_RESTRICTED", *STATES[Thing.RIGHTS_REQUEST]) | {"RESTRICTED": OK}
    ),
    "ExportPersonData": _of_right({"TO_ERASE": "NOT_A_REQUEST_TO_SEE"}, repeats=True),
    "DecideProtectionData": _of_right(
        states("NOTHING_WITHHELD", "TO_SEE", "TO_ERASE", "EXTENDED"), _PROTECTION
    ),
    "EraseBeneficiary": Row(
        _DPO,
        Thing.RIGHTS_REQUEST,
        "RIGHTS_REQUEST_NOT_FOUND",
        {
            Side.OFFICER: states("NOT_A_REQUEST_TO_ERASE", "TO_SEE", "BY_PARENT", "EXTENDED")
            | {"TO_ERASE": OK}
            | _ANSWERED
        },
    ),
    "GetErasureCertificate": _of_sender(
        Thing.CERTIFICATE, "CERTIFICATE_NOT_FOUND", OK, _RIGHTS, changes=False, others={Side.OFFICER: OK}
    ),
    # whoever acts for an agency, the accused one above all, is told nothing
    "AnswerComplaint": Row(
        frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER}),
        Thing.COMPLAINT,
        "COMPLAINT_NOT_FOUND",
        {Side.OFFICER: {"OPEN": OK, "ANSWERED": "ALREADY_ANSWERED"}},
    ),
    "GetComplaint": _of_sender(
        Thing.COMPLAINT,
        "COMPLAINT_NOT_FOUND",
        OK,
        OVERSIGHT_ROLES,
        changes=False,
        others={Side.OFFICER: OK},
    ),
    "ListRecalledDisclosures": _of_sender(
        Thing.RECALL,
        "RECALL_NOT_FOUND",
        OK,
        CASE_ROLES | {Role.DPO, Role.SAFEGUARDING_OFFICER},
        changes=False,
        others={Side.PROVIDER: OK, Side.OFFICER: OK},
    ),
    # nor is an agency's auditor told who was given something of somebody, erased or not
    "ListDisclosures": Row(
        _DPO | {Role.AUDITOR},
        Thing.PERSON,
        "BENEFICIARY_NOT_FOUND",
        dict.fromkeys((Side.OFFICER, Side.NOBODY), states(OK, *STATES[Thing.PERSON])),
        changes=False,
    ),
    # no agency's officer keeps, or gives up, what is known of somebody
    "PlaceRetentionHold": Row(
        _DPO, Thing.PERSON, "BENEFICIARY_NOT_FOUND", {Side.OFFICER: _LIVING}, repeats=True
    ),
    "LiftRetentionHold": Row(
        _DPO, Thing.RETENTION_HOLD, "RETENTION_HOLD_NOT_FOUND", {Side.OFFICER: {"STANDS": OK}}
    ),
    "AcknowledgeRecall": Row(
        CASE_ROLES,
        Thing.RECALL,
        "RECALL_NOT_FOUND",
        {Side.PROVIDER: {"OPEN": OK, "ANSWERED": "ALREADY_ACKNOWLEDGED"}, Side.NOBODY: NO_AGENCY},
    ),
}
