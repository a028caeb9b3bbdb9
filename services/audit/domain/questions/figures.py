"""Figures per agency. Numbers of some, and fewer than five, are not told."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from services.audit.domain.questions.question import (
    FEW,
    TOO_FEW,
    Asked,
    Body,
    Kind,
    Line,
    Question,
    columns,
    time_of,
    told_few,
)

FOR_NOTHING: Final = timedelta(days=14)
_ANSWERS: Final = ("ReferralAccepted", "OfferDeclined", "OfferWaitlisted", "InformationRequested")
_ENDS: Final = ("OfferExpired", "OfferRevoked")


def response_times(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """From the offer to the first word of the agency; offers that expired count as no answer."""
    offered: dict[str, tuple[datetime, str]] = {}
    hours: dict[str, list[float]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    shown: dict[str, list[int]] = defaultdict(list)
    for one in entries:
        fact = one["fact"]
        if one["type"] == "ReferralOffered":
            offered[fact["offer_id"]] = (time_of(one), fact["agency_id"])
        elif (first := offered.pop(fact.get("offer_id", ""), None)) is not None:
            then, agency = first
            if one["type"] in _ANSWERS:
                hours[agency].append((time_of(one) - then).total_seconds() / 3600)
                shown[agency].append(one["index"])
            elif one["type"] == "OfferExpired":
                silent[agency] += 1
                shown[agency].append(one["index"])
    for agency in sorted(shown, key=lambda one: -len(shown[one])):
        answers, no_answer = sorted(hours[agency]), told_few(silent[agency])
        if len(answers) < FEW:
            yield Line.of((), agency, told_few(len(answers)), None, None, no_answer)
            continue
        nine_of_ten = answers[min(len(answers) - 1, len(answers) * 9 // 10)]
        yield Line.of(shown[agency], agency, len(answers), statistics.median(answers), nine_of_ten, no_answer)


def breaches(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Offers that nobody answered in time, by agency."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in entries:
        found[one["fact"]["agency_id"]].append(one["index"])
    yield from _by_agency(found)


def clocks(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """People's clocks that ran out without a positive answer, each with its entry."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in entries:
        found[one["fact"].get("urgency", "")].append(one["index"])
    for urgency, indices in sorted(found.items()):
        yield Line.of(indices, urgency, len(indices))


def given_for_nothing(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Disclosures behind which no service began, two weeks later."""
    given: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    for one in entries:
        fact = one["fact"]
        if one["type"] == "DisclosureGiven":
            given[fact["referral_id"], fact["agency_id"]].append((time_of(one), one["index"]))
        else:
            given.pop((one["envelope"]["referral_id"], fact["agency_id"]), None)
    late: dict[str, list[int]] = defaultdict(list)
    for (_, agency), ones in given.items():
        if asked.now - min(then for then, _ in ones) > FOR_NOTHING:
            late[agency] += [index for _, index in ones]
    yield from _by_agency(late)


def _by_agency(found: Mapping[str, Sequence[int]]) -> Iterator[Line]:
    for agency, indices in sorted(found.items(), key=lambda item: -len(item[1])):
        count = told_few(len(indices))
        yield Line.of(indices if count != TOO_FEW else (), agency, count)


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "response-times": Question(
            "How long do agencies take to answer offers?",
            ("ReferralOffered", *_ANSWERS, *_ENDS),
            columns(
                agency=Kind.AGENCY,
                answers=Kind.NUMBER,
                half_within_hours=Kind.HOURS,
                nine_of_ten_within_hours=Kind.HOURS,
                no_answer=Kind.NUMBER,
            ),
            response_times,
            is_of_a_period=True,
        ),
        "breaches": Question(
            "Which agencies did not answer in time?",
            ("OfferExpired",),
            columns(agency=Kind.AGENCY, offers=Kind.NUMBER),
            breaches,
            is_of_a_period=True,
        ),
        "clocks": Question(
            "How many people's clocks ran out without a positive answer?",
            ("PersonClockEnded",),
            columns(urgency=Kind.CODE, people=Kind.NUMBER),
            clocks,
            is_of_a_period=True,
        ),
        "given-for-nothing": Question(
            "What was disclosed, and no service began within two weeks?",
            ("DisclosureGiven", "ServiceStarted"),
            columns(agency=Kind.AGENCY, disclosures=Kind.NUMBER),
            given_for_nothing,
        ),
    }
)
