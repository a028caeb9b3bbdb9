"""Whether help comes as soon to some as to others: the newest report, as intake has counted it."""

from datetime import UTC
from typing import Any, Final

from kem.intake.v1 import fairness_service_pb2 as messages
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import Answer
from services.console.entrypoints.pages.audit.asking import Asking, Question
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import HOUSEHOLDS, SEXES, URGENCIES, age, word, words_of

FAIRNESS: Final = Question(
    "fairness",
    N_("Does help come as soon to some as to others, and are some declined more often?"),
    "FIGURES",
    ("FairnessService/ListFairnessReports",),
    is_asked_at_once=True,
    makes="/audit/questions/fairness/new",
)
WITHHELD: Final = "·"
_DIMENSIONS: Final = {
    "LANGUAGE": N_("Language"),
    "SEX": N_("Sex"),
    "AGE_BAND": N_("Age"),
    "HOUSEHOLD_BAND": N_("Household"),
    "URGENCY": N_("Urgency"),
}
_WITHIN: Final = {
    "HOUR": N_("an hour"),
    "FOUR_HOURS": N_("4 hours"),
    "TWELVE_HOURS": N_("12 hours"),
    "DAY": N_("a day"),
    "TWO_DAYS": N_("2 days"),
    "FOUR_DAYS": N_("4 days"),
    "WEEK": N_("a week"),
    "TWO_WEEKS": N_("2 weeks"),
    "FOUR_WEEKS": N_("4 weeks"),
    "LONGER": N_("longer"),
}
_COLUMNS: Final = {
    "by": N_("By"),
    "group": N_("Group"),
    "needs": N_("Needs"),
    "offered": N_("A provider was asked"),
    "time_to_offer": N_("Half of them within"),
    "accepted": N_("Taken up"),
    "time_to_acceptance": N_("Half of those within"),
    "waiting": N_("Still wait"),
    "time_waiting": N_("Half of those for up to"),
    "answered": N_("Offers answered"),
    "declined": N_("Declined"),
    "expected_declined": N_("Would be declined by the others' measure"),
}
_TEXTS: Final = ("by", "group", "time_to_offer", "time_to_acceptance", "time_waiting")


class FairnessPages:
    """This question."""

    def __init__(self, names: Names) -> None:
        self._asking = Asking(names)

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its addresses."""
        return self._asking.pages(FAIRNESS, _ask)


async def _ask(visit: Visit, after: str, most: int) -> Answer:
    request = messages.ListFairnessReportsRequest(page_size=1)
    listed = await visit.ask(visit.hub.fairness.ListFairnessReports, request)
    columns = {key: visit.say(text) for key, text in _COLUMNS.items()}
    if not listed.reports:
        return Answer(columns, [], said=visit.say("No report was made yet."))
    report = listed.reports[0]
    return Answer(
        columns,
        [_row(visit, table.dimension, group) for table in report.tables for group in table.groups],
        numeric=frozenset(_COLUMNS) - frozenset(_TEXTS),
        said=_said(visit, report),
    )


def _said(visit: Visit, report: messages.FairnessReport) -> str:
    written, number = Written(visit.language), Written(visit.language).number
    words = visit.say(
        "Report %(report)s: %(needs)s needs recorded from %(since)s until %(until)s, as they stood on"
        " %(made)s. Groups under five are told together; %(withheld)s is withheld: under five, or such a"
        " number would follow from it."
    )
    return words % {
        "report": number(report.number),
        "needs": number(report.needs),
        "since": written.datetime(report.from_time.ToDatetime(tzinfo=UTC))
        if report.HasField("from_time")
        else visit.say("the first one"),
        "until": written.datetime(report.until_time.ToDatetime(tzinfo=UTC)),
        "made": written.datetime(report.made_time.ToDatetime(tzinfo=UTC)),
        "withheld": WITHHELD,
    }


def _row(visit: Visit, dimension: Any, group: messages.FairnessGroup) -> list[str]:
    code = word(messages.FairnessDimension, dimension, "FAIRNESS_DIMENSION_")
    told = {field.name: value for field, value in group.ListFields()}
    written = Written(visit.language)

    def number(name: str) -> str:
        return written.number(told[name]) if name in told else WITHHELD

    def within(pace: Any) -> str:
        length = word(messages.PaceClass, pace, "PACE_CLASS_")
        return visit.say(_WITHIN[length]) if length in _WITHIN else ""

    return [
        visit.say(_DIMENSIONS[code]) if code in _DIMENSIONS else code,
        _group(visit, code, group.group),
        written.number(group.needs),
        number("offered"),
        within(group.time_to_offer),
        number("accepted"),
        within(group.time_to_acceptance),
        number("waiting"),
        within(group.time_waiting),
        number("answered"),
        number("declined"),
        number("expected_declined"),
    ]


def _group(visit: Visit, dimension: str, code: str) -> str:
    language = visit.language
    if code in ("OTHERS", "UNKNOWN"):
        return visit.say("Others together") if code == "OTHERS" else visit.say("Not known")
    match dimension:
        case "LANGUAGE":
            return named(codes.LANGUAGES, code, language)
        case "AGE_BAND":
            return age(code, language)
        case "SEX":
            return words_of(SEXES, code, language)
        case "HOUSEHOLD_BAND":
            return words_of(HOUSEHOLDS, code, language)
    return words_of(URGENCIES, code, language)
