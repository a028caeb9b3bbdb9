"""The words of a certificate of an erasure, by the codes of its document."""

from collections.abc import Mapping
from typing import Final

from services.console.entrypoints.texts import N_

KEY_CLASSES: Final[Mapping[str, str]] = {
    "core": N_("Core data, such as name and family"),
    "contact": N_("How the person can be reached"),
    "sensitive": N_("Sensitive data, such as health"),
    "child": N_("Data of the protection of a child"),
}
RECORDS: Final[Mapping[str, str]] = {
    "PLACE": N_("Where the person lives"),
    "PROFILE": N_("What matching knew of the person"),
}
"""Sealed records that are no category of a permission."""
ROWS_OF: Final[Mapping[str, str]] = {
    "consent": N_("Consents"),
    "consent_event": N_("Steps of consents"),
    "grant_cell": N_("What each consent permitted"),
    "consent_freeze": N_("Times in which a consent was frozen"),
    "beneficiary_merge": N_("Records that were found to be one person's"),
    "correction": N_("Corrections"),
    "need": N_("Needs"),
    "visit": N_("Visits"),
    "appointment": N_("Appointments"),
    "contact_attempt": N_("Tries to reach the person"),
    "case_workers": N_("Who followed the case"),
    "held_referral": N_("Referrals that agencies took up"),
    "disclosure": N_("What was given, to whom"),
    "emergency_access": N_("Emergency accesses"),
    "emergency_review": N_("Reviews of emergencies"),
    "recall": N_("Data asked back"),
    "receipt": N_("Receipts"),
    "rights_request": N_("Requests by right"),
    "authority_notification": N_("Notifications of authorities"),
    "compelled_request": N_("Requests of authorities"),
    "complaint": N_("Complaints"),
    "retention_hold": N_("Matters that are not closed"),
    "destroyed_key": N_("Keys that were destroyed before"),
}
GROUNDS: Final[Mapping[str, str]] = {
    "PROOF_OF_CONSENT": N_("Proof of consent (GDPR articles 7(1), 17(3)(e))"),
    "ACCOUNTABILITY": N_("Accountability (GDPR articles 5(2), 19, 33)"),
    "LEGAL_OBLIGATION": N_("A duty of the law (GDPR article 17(3)(b))"),
    "STATISTICS": N_("Statistics (GDPR article 17(3)(d))"),
    "LEGAL_CLAIMS": N_("Legal claims (GDPR article 17(3)(e))"),
}
ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "NOT_YET": (N_("Not answered yet"), "yellow"),
    "KEEPS_SOME": (N_("Keeps some of it"), "purple"),
    "DESTROYED": (N_("Has destroyed it"), "green"),
}
"""With the colour in which each is shown."""
