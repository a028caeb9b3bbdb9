"""Figures per agency, from the ledger's entries alone. Groups of fewer than five are not told apart."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from tools.audit.questions import Body, Line, Moment, Question, time_of

FEW: Final = 5
_ANSWERS: Final = ("ReferralAccepted", "OfferDeclined", "OfferWaitlisted", "InformationRequested")
_ENDS: Final = ("OfferExpired", "OfferRevoked")


def response_times(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """From the offer to the first word of the agency; offers that expired count as no answer."""
    offered: dict[str, Body] = {}
    hours: dict[str, list[float]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    shown: dict[str, list[int]] = defaultdict(list)
    for one in entries:
        fact = one["fact"]
        if one["type"] == "ReferralOffered":
            offered[fact["offer_id"]] = one
        elif (first := offered.pop(fact.get("offer_id", ""), None)) is not None:
            agency = first["fact"]["agency_id"]
            if one["type"] in _ANSWERS:
                hours[agency].append((time_of(one) - time_of(first)).total_seconds() / 3600)
                shown[agency].append(one["index"])
            elif one["type"] == "OfferExpired":
                silent[agency] += 1
                shown[agency].append(one["index"])
    for agency in sorted(shown, key=lambda one: -len(shown[one])):
        answers, no_answer = hours[agency], silent[agency]
        if len(answers) < FEW:
            yield Line(f"agency {agency}: fewer than {FEW} answers; no answer {_few(no_answer)}", ())
            continue
        ordered = sorted(answers)
        p90 = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
        yield Line(
            f"agency {agency}: {len(answers)} answers, half within {statistics.median(ordered):.1f} h,"
            f" nine of ten within {p90:.1f} h; no answer {_few(no_answer)}",
            tuple(shown[agency]),
        )


def breaches(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Offers that nobody answered in time, and people's clocks that ran out, each with its entry."""
    found: dict[str, list[int]] = defaultdict(list)
    clocks: list[int] = []
    for one in entries:
        if one["type"] == "OfferExpired":
            found[one["fact"]["agency_id"]].append(one["index"])
        else:
            clocks.append(one["index"])
    for agency, indices in sorted(found.items(), key=lambda item: -len(item[1])):
        yield Line(f"agency {agency}: {_few(len(indices))} offers not answered in time", tuple(indices))
    if clocks:
        yield Line(f"clocks of people that ran out without a positive answer: {len(clocks)}", tuple(clocks))


def given_for_nothing(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Disclosures behind which no service began, two weeks later."""
    given: dict[tuple[str, str], list[Body]] = defaultdict(list)
    for one in entries:
        fact = one["fact"]
        if one["type"] == "DisclosureGiven":
            given[fact["referral_id"], fact["agency_id"]].append(one)
        else:
            given.pop((one["envelope"]["referral_id"], fact["agency_id"]), None)
    late: dict[str, list[int]] = defaultdict(list)
    for (_, agency), ones in given.items():
        if moment.now - _first_time(ones) > timedelta(days=14):
            late[agency] += [one["index"] for one in ones]
    for agency, indices in sorted(late.items(), key=lambda item: -len(item[1])):
        yield Line(f"agency {agency}: {_few(len(indices))} disclosures without a service", tuple(indices))


REPORTS: Final = {
    "response-times": Question(
        "How long do agencies take to answer offers?",
        ("ReferralOffered", *_ANSWERS, *_ENDS),
        response_times,
        is_of_a_period=True,
    ),
    "breaches": Question(
        "Who did not answer in time, and how many people's clocks ran out?",
        ("OfferExpired", "PersonClockEnded"),
        breaches,
        is_of_a_period=True,
    ),
    "given-for-nothing": Question(
        "What was disclosed, and no service began within two weeks?",
        ("DisclosureGiven", "ServiceStarted"),
        given_for_nothing,
    ),
}
"""Asked as questions are."""


def _first_time(ones: Sequence[Body]) -> datetime:
    return min(time_of(one) for one in ones)


def _few(count: int) -> str:
    return str(count) if count == 0 or count >= FEW else f"fewer than {FEW}"
