"""The stored terms of a score and the stored warnings, said in sentences."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from kernel.codes import LANGUAGES

Facts = Mapping[str, Any]


def read_aloud(term: Mapping[str, Any]) -> str:
    """One term as it was stored with the match: what it says, its value and its weight."""
    name = str(term["term"])
    say, facts = _SAYINGS.get(name), term.get("facts", {})
    sentence = name
    if say:
        sentence = say(facts) if facts else "what it said of the person went when the referral ended"
    return f"{_TITLES.get(name, name)}: {sentence} ({term['value']:.2f} × {term['weight']:.2f})"


def warning_aloud(warning: str) -> str:
    """One warning as it was stored with the match: what the worker could know when the offer went out."""
    return f"Warning: {WARNINGS.get(warning, warning)}"


def _free_places(facts: Facts) -> str:
    if facts.get("unlimited"):
        return "takes everybody who comes"
    free = int(facts.get("free", 0))
    return "no place was free" if free == 0 else f"{free} free {'place' if free == 1 else 'places'}"


def _freshness(facts: Facts) -> str:
    days = int(facts.get("days", 0))
    when = "the same day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} before"
    said = f"declared {when}"
    return f"{said}, and twice found full since" if facts.get("questioned") else said


def _time_to_start(facts: Facts) -> str:
    basis = facts.get("basis")
    if basis == "NOT_KNOWN":
        return "how long it takes until the service begins was not known"
    days = f"{facts.get('days', 0)} days until the service begins"
    cases = f"{facts.get('cases', 0)} cases"
    return {
        "OWN": f"usually {days} ({cases})",
        "MIXED": f"probably {days} ({cases} and the sector's mean)",
    }.get(str(basis), f"{days} on average in its sector")


def _distance(facts: Facts) -> str:
    return {
        "30": "up to 30 minutes by public transport",
        "60": "up to 60 minutes by public transport",
        "MORE": "more than an hour by public transport",
        "HIDDEN": "its place is kept secret, so distance did not count",
    }.get(str(facts.get("band")), "the distance was not known")


def _fit(facts: Facts) -> str:
    code = str(facts.get("language", ""))
    known = LANGUAGES.get(code)
    language = known.en if known else code
    said = {
        "SPOKEN": f"{language} is spoken there",
        "INTERPRETER": f"an interpreter for {language} can be had there",
        "ASK": f"a language close to {language} is spoken there",
        "NOT_KNOWN": "the person's language was not recorded",
    }.get(str(facts.get("how")), "there was no common language")
    return f"{said}; made for this age or household" if facts.get("made_for") else said


_SAYINGS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "FREE_PLACES": _free_places,
    "FRESHNESS": _freshness,
    "TIME_TO_START": _time_to_start,
    "DISTANCE": _distance,
    "FIT": _fit,
}
_TITLES: Final = {
    "FREE_PLACES": "Places",
    "FRESHNESS": "Declaration",
    "TIME_TO_START": "Waiting",
    "DISTANCE": "Way",
    "FIT": "Fit",
}
WARNINGS: Final = {
    "DISTRICT_NOT_KNOWN": "it serves certain districts, and where the person lives was not recorded",
    "AGE_NOT_KNOWN": "it takes certain ages, and the age was not known",
    "SEX_NOT_KNOWN": "it is for one sex, and the sex was not stated",
    "HOUSEHOLD_NOT_KNOWN": "it takes households of certain sizes, and the size was not known",
    "STATUS_NOT_VERIFIED": "it asks for a legal status that was stated and not proven",
    "STATUS_NOT_ASKED": "it asks for a legal status that the person was not asked about",
    "DOCUMENT_ENDS_BEFORE_ACTIVITY": "the proof of legal status ends before the activity does",
    "LANGUAGE_NOT_KNOWN": "which language the person speaks was not recorded",
    "LANGUAGE_TO_ASK": "there is only a close language",
    "INTERPRETER_TO_ARRANGE": "an interpreter had to be arranged",
    "NO_FREE_PLACE": "there was only a waiting list",
}
