"""The words of the ledger's answers: of their columns, and of their codes."""

from collections.abc import Mapping
from typing import Final

from kernel import codes
from kernel.codes import Named
from services.console.adapters.catalogue import texts_in
from services.console.entrypoints.codes import named
from services.console.entrypoints.pages.audit.kinds import BASES, KINDS
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import REFERRAL_STATES, URGENCIES

COLUMNS: Final[Mapping[str, str]] = {
    "access": N_("Emergency access"),
    "agency": N_("Agency"),
    "answered": N_("Answered"),
    "answers": N_("Answers"),
    "asked_by": N_("Asked by"),
    "basis": N_("Legal basis"),
    "by": N_("By whom"),
    "categories": N_("What"),
    "consents": N_("Consents under it"),
    "days": N_("Days"),
    "decided_by": N_("Decided by"),
    "destroyed": N_("Destroyed"),
    "detail": N_("Details"),
    "disclosures": N_("Disclosures"),
    "due": N_("Due"),
    "due_after": N_("Due now"),
    "due_before": N_("Due before"),
    "ground": N_("Kept on the ground"),
    "half_within_hours": N_("Half within, hours"),
    "how": N_("How"),
    "kept": N_("Kept"),
    "late": N_("Late ones"),
    "least_hours": N_("Shortest, hours"),
    "looked_after_by": N_("Looked after by"),
    "looked_last": N_("Last looked at"),
    "most_hours": N_("Longest, hours"),
    "needs": N_("Needs"),
    "nine_of_ten_within_hours": N_("Nine of ten within, hours"),
    "no_answer": N_("No answer"),
    "offers": N_("Offers"),
    "outcome": N_("Result"),
    "people": N_("People"),
    "place": N_("Its place"),
    "proposed": N_("Proposed"),
    "purpose": N_("For what"),
    "reason": N_("Reason"),
    "recall": N_("Recall"),
    "referral": N_("Referral"),
    "referrals": N_("Referrals touched"),
    "request": N_("Request"),
    "result": N_("Finding"),
    "review": N_("Who looked at it"),
    "reviewed_by": N_("Reviewed by"),
    "service": N_("Service"),
    "state": N_("State"),
    "time": N_("When"),
    "until": N_("Until"),
    "urgency": N_("Urgency"),
    "version": N_("Version"),
    "way": N_("How"),
    "what": N_("What"),
}
"""By the column's name."""
WORDS: Final[Mapping[str, str]] = {
    "ALL": N_("All"),
    "ALLOWED": N_("Allowed"),
    "AGREEMENT": N_("The agency's agreement"),
    "ANSWERED": N_("Answered"),
    "ANSWERED_LATE": N_("Answered late"),
    "ASKED": N_("Asked"),
    "CELL": N_("A permission within the consent"),
    "COMPELLED": N_("To an authority that asked for it"),
    "COMPELLED_DECIDED": N_("An officer decided on an authority's request"),
    "COMPELLED_REGISTERED": N_("An authority's request was registered"),
    "CONSENT": N_("Consent"),
    "EMERGENCY_ASKED": N_("An emergency access was asked for"),
    "EMERGENCY_DECIDED": N_("Somebody else decided on it"),
    "EXPORT": N_("To the person, in a file or on paper"),
    "GIVEN": N_("Read"),
    "GIVEN_BY_TELEPHONE": N_("Told by telephone"),
    "GIVEN_IN_EMERGENCY": N_("Read in an emergency"),
    "GIVEN_RESTRICTED": N_("Read, for a restricted service: what, is read at intake"),
    "GIVEN_TO_AUTHORITY": N_("Given to an authority"),
    "INDEPENDENT": N_("Somebody else each time"),
    "IN_QUESTION": N_("Came into question"),
    "JUSTIFIED": N_("Justified"),
    "MIGRATIONS": N_("Tables"),
    "NOTICE": N_("The notice"),
    "NOT_ANSWERED": N_("NOT ANSWERED"),
    "NOT_IN_THE_LEDGER": N_("NOT IN THE LEDGER"),
    "NOT_JUSTIFIED": N_("NOT JUSTIFIED"),
    "NOT_REVIEWED": N_("Not reviewed yet"),
    "NOT_SAID": N_("Not said"),
    "OPEN": N_("Open"),
    "OVERDUE": N_("OVERDUE"),
    "PERSON_CHOSE": N_("The person chose"),
    "POLICY_FILES": N_("Lists and rules"),
    "RECEIPT": N_("To the person, as a receipt"),
    "REFUSED": N_("Refused"),
    "RELEASE": N_("Release"),
    "RESTRICTED": N_("A restricted service"),
    "REVIEWED": N_("Somebody who had no part in it looked at it"),
    "SAME_PERSON_TWICE": N_("THE SAME PERSON TWICE"),
    "SETTINGS": N_("Settings"),
    "TELEPHONE": N_("By telephone"),
    "TO_AUTHORITY": N_("To an authority"),
}
"""Codes of the answers' own."""
_LISTS: Final[Mapping[str, Mapping[str, Named]]] = {
    "categories": codes.CATEGORIES,
    "destroyed": codes.CATEGORIES,
    "ground": {**codes.LISTS["KEPT_GROUNDS"], **codes.LISTS["HUB_KEPT_GROUNDS"]},
    "kept": codes.CATEGORIES,
    "purpose": codes.PURPOSES,
    "reason": {**codes.LISTS["SEARCH_REASONS"], **codes.REASONS["OVERRIDE"]},
}
_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "basis": BASES,
    "state": {**WORDS, **REFERRAL_STATES},
    "urgency": URGENCIES,
    "what": {**KINDS, **WORDS},
}


def code_in(column: str, code: str, language: str) -> str:
    """What a code of a column is called; one of a newer release stands as it is."""
    if code in (listed := _LISTS.get(column, {})):
        return named(listed, code, language)
    texts = _TEXTS.get(column, WORDS)
    return texts_in(language).gettext(texts[code]) if code in texts else code
