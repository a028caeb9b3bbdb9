"""Enumerations in the reader's words; codes of the kernel's lists have names of their own (codes.py)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kem.common.v1 import common_pb2
from kem.referral.v1 import referral_pb2
from kernel import codes
from kernel.codes import AgeBand, Named
from services.console.adapters.catalogue import texts_in
from services.console.entrypoints.codes import named
from services.console.entrypoints.texts import N_

URGENCIES: Final[Mapping[str, str]] = {
    "EMERGENCY": N_("Emergency"),
    "URGENT": N_("Urgent"),
    "NORMAL": N_("Normal"),
}
URGENCY_COLOURS: Final[Mapping[str, str]] = {"EMERGENCY": "red", "URGENT": "yellow", "NORMAL": "grey"}
REFERRAL_STATES: Final[Mapping[str, str]] = {
    "MATCHING": N_("A provider is being looked for"),
    "OFFERED": N_("A provider has been asked"),
    "AWAITING_PERSON": N_("Waits for the person's choice"),
    "WAITLISTED": N_("On a waiting list"),
    "UNMATCHED": N_("Nothing fits at present"),
    "ACCEPTED_FOR_ASSESSMENT": N_("Accepted for assessment"),
    "ACCEPTED": N_("Accepted"),
    "IN_SERVICE": N_("Service has begun"),
    "COMPLETED": N_("Completed"),
    "NOT_COMPLETED": N_("Not completed"),
    "WITHDRAWN": N_("The person withdrew"),
    "CANCELLED": N_("Cancelled"),
    "ENTERED_IN_ERROR": N_("Entered in error"),
}
STATE_COLOURS: Final[Mapping[str, str]] = {
    "OFFERED": "blue",
    "AWAITING_PERSON": "yellow",
    "WAITLISTED": "yellow",
    "UNMATCHED": "red",
    "ACCEPTED_FOR_ASSESSMENT": "purple",
    "ACCEPTED": "blue",
    "IN_SERVICE": "green",
    "COMPLETED": "green",
}
RECALL_CAUSES: Final[Mapping[str, str]] = {
    "WITHDRAWN": N_("The person took their consent back"),
    "EXPIRED": N_("The consent has run out"),
    "ERASED": N_("The person was erased"),
    "ENDED": N_("The consent was ended"),
    "EXCLUDED": N_("The person excluded the agency"),
    "CORRECTED": N_("The person's data were corrected"),
    "OBJECTED": N_("The person objects"),
}
"""Why an agency is asked to destroy what it was given."""
SEXES: Final[Mapping[str, str]] = {
    "F": N_("Woman"),
    "M": N_("Man"),
    "X": N_("Neither, or both"),
    "NOT_STATED": N_("Not stated"),
}
HOUSEHOLDS: Final[Mapping[str, str]] = {
    "1": N_("One person"),
    "2": N_("Two people"),
    "3-4": N_("Three or four people"),
    "5-6": N_("Five or six people"),
    "7+": N_("Seven people or more"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "PHONE": N_("Telephone"),
    "EMAIL": N_("E-mail"),
    "TRUSTED_PERSON": N_("Through somebody they trust"),
}
"""By which somebody may be reached."""
WEEKDAYS: Final[Mapping[int, str]] = {
    1: N_("Monday"),
    2: N_("Tuesday"),
    3: N_("Wednesday"),
    4: N_("Thursday"),
    5: N_("Friday"),
    6: N_("Saturday"),
    7: N_("Sunday"),
}


def names_of(entries: Mapping[str, Named], codes_of: Iterable[str], language: str) -> list[str]:
    """The names of several codes of a list, in their order."""
    return [named(entries, code, language) for code in codes_of]


def words_of(texts: Mapping[Any, str], code: Any, language: str) -> str:
    """The text of a code of an enumeration; the code where it has none."""
    return texts_in(language).gettext(texts[code]) if code in texts else str(code)


def service_type(code: str, language: str) -> str:
    """What a service is."""
    return named(codes.SERVICE_TYPES, code, language)


def age(band: str, language: str) -> str:
    """An age band in words; empty where it is not known."""
    if band not in AgeBand.__members__:
        return band
    first, last = AgeBand(band).years
    say = texts_in(language).gettext
    if band == AgeBand.BAND_65_PLUS:
        return say("%(first)s years or older") % {"first": first}
    return say("%(first)s to %(last)s years") % {"first": first, "last": last}


def word(enumeration: Any, number: int, prefix: str) -> str:
    """The code of a contract's number as the kernel writes it: URGENT, not URGENCY_URGENT."""
    return str(enumeration.Name(number)).removeprefix(prefix)


def urgency(number: int) -> str:
    """As the kernel writes it; empty where it is not said."""
    return word(common_pb2.Urgency, number, "URGENCY_").replace("UNSPECIFIED", "")


def referral_state(number: int) -> str:
    """As the kernel writes it."""
    return word(referral_pb2.ReferralState, number, "REFERRAL_STATE_")


def complaint_number(complaint_id: str) -> str:
    """By which somebody can ask for their complaint: the beginning of its random id."""
    short = complaint_id[:8].upper()
    return f"{short[:4]} {short[4:]}"


def offer_state(number: int) -> str:
    """As the kernel writes it."""
    return word(referral_pb2.OfferState, number, "OFFER_STATE_")
