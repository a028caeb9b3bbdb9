"""What auditors ask of cases: how they were offered, taken up, told of, entered."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from kernel import codes
from services.audit.domain.questions.question import (
    Asked,
    Body,
    Kind,
    Line,
    Question,
    actor_of,
    columns,
    instant_of,
    is_granted,
    method_of,
    referral_of,
    time_of,
)

SLOW_START: Final = timedelta(days=14)
LATE_ENTRY: Final = timedelta(hours=24)
SAME_WORK: Final = timedelta(hours=8)
"""So long after a search whoever searched may still be at work with whom it showed."""

_ENDS: Final = {
    "ReferralCompleted": "COMPLETED",
    "ReferralNotCompleted": "NOT_COMPLETED",
    "ReferralWithdrawn": "WITHDRAWN",
    "ReferralCancelled": "CANCELLED",
    "ReferralEnteredInError": "ENTERED_IN_ERROR",
}
_STATES: Final = _ENDS | {
    "NeedRecorded": "MATCHING",
    "ReferralAwaitingPerson": "AWAITING_PERSON",
    "ReferralOffered": "OFFERED",
    "ReferralWaitlisted": "WAITLISTED",
    "ReferralUnmatched": "UNMATCHED",
    "ReferralRematched": "MATCHING",
    "ReferralAccepted": "ACCEPTED",
    "ReferralReturned": "MATCHING",
    "ServiceStarted": "IN_SERVICE",
}
"""In which state a fact leaves a referral; acceptance for an assessment counts as acceptance."""
_OFF_THE_WIRE: Final = {
    "HandoverRecorded": "TELEPHONE",
    "AuthorityNotified": "TO_AUTHORITY",
    "CompelledDisclosureGiven": "COMPELLED",
    "RightsExportGiven": "EXPORT",
    "ReceiptIssued": "RECEIPT",
}


def off_the_wire(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """What left the hub by telephone, on paper, or to an authority; categories of none are read at intake."""
    for one in entries:
        fact, way = one["fact"], one["type"]
        agency = fact.get("agency_id") if way == "HandoverRecorded" else None
        given = codes.categories_in(fact.get("given_mask", 0))
        basis = fact.get("legal_basis")
        yield Line.of(
            [one["index"]],
            time_of(one),
            _OFF_THE_WIRE[way],
            agency,
            given,
            basis,
            actor_of(one),
            referral_of(one),
        )


def overridden(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Offers to a service that the match had left out, or not put first."""
    for one in entries:
        fact = one["fact"]
        proposed = [item["service_id"] for item in (fact.get("considered") or {}).get("proposed", [])]
        reason, service = fact.get("override_reason"), fact.get("service_id")
        is_first = not proposed or service is None or proposed[0] == service
        if not reason and (is_first or fact.get("chosen_by") != "PERSON"):
            continue
        place = proposed.index(service) + 1 if service in proposed else None
        yield Line.of(
            [one["index"]],
            time_of(one),
            one["envelope"]["referral_id"],
            service or "RESTRICTED",
            place,
            len(proposed),
            reason or "PERSON_CHOSE",
            actor_of(one),
        )


def never_started(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Taken up for longer than two weeks, and nobody has said that it began; who has looked since."""
    open_ones: dict[str, Body] = {}
    looks: dict[str, list[Body]] = defaultdict(list)
    for one in entries:
        if one["type"] == "AccessRecorded":
            if is_granted(one, "GetReferral"):
                for subject_id in one["fact"].get("subject_ids", []):
                    looks[subject_id].append(one)
            continue
        referral_id = one["envelope"]["referral_id"]
        if one["type"] == "ReferralAccepted":
            open_ones[referral_id] = one
        else:
            open_ones.pop(referral_id, None)
            looks.pop(referral_id, None)
    for referral_id, one in open_ones.items():
        waits, holder = asked.now - time_of(one), one["fact"]["agency_id"]
        if waits > SLOW_START:
            since = [
                look
                for look in sorted(looks[referral_id], key=time_of)
                if time_of(look) > time_of(one) and look["envelope"]["actor"].get("agency_id") != holder
            ]
            yield Line.of(
                (one["index"], *(look["index"] for look in since)),
                referral_id,
                holder,
                waits.days,
                tuple(dict.fromkeys(str(actor_of(look)) for look in since)),
                time_of(since[-1]) if since else None,
            )


def late_entries(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """What was entered more than a day after it had happened, by who entered it."""
    found: dict[str | None, list[tuple[timedelta, int]]] = defaultdict(list)
    for one in entries:
        if happened := one["fact"].get("happened_time"):
            late = time_of(one) - instant_of(happened)
            if late > LATE_ENTRY:
                found[actor_of(one)].append((late, one["index"]))
    for who, lates in sorted(found.items(), key=lambda item: -len(item[1])):
        longest = max(late for late, _ in lates)
        yield Line.of((index for _, index in lates), who, len(lates), longest.days)


def idle_searches(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Searches after which whoever searched opened nobody and registered nobody for hours."""
    work: dict[str | None, list[datetime]] = defaultdict(list)
    searches: list[Body] = []
    for one in entries:
        if is_granted(one, "SearchBeneficiaries"):
            searches.append(one)
        elif method_of(one) != "SearchBeneficiaries":
            work[actor_of(one)].append(time_of(one))
    for one in searches:
        then = time_of(one)
        if not any(then <= at <= then + SAME_WORK for at in work[actor_of(one)]):
            yield Line.of([one["index"]], then, actor_of(one), one["fact"].get("stated_reason"))


def states(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """How many referrals were in which state; their sum is all needs that were recorded by then."""
    last: dict[str, tuple[str, int]] = {}
    for one in entries:
        if time_of(one) > asked.now:
            continue
        named = one["fact"] if one["type"] == "NeedRecorded" else one["envelope"]
        if one["type"] == "NeedRecorded" and named["referral_id"] in last:
            continue  # its service was quicker to be entered than intake
        last[named["referral_id"]] = (_STATES[one["type"]], one["index"])
    found: dict[str, list[int]] = defaultdict(list)
    for state, index in last.values():
        found[state].append(index)
    for state, indices in sorted(found.items(), key=lambda item: -len(item[1])):
        yield Line.of(indices, state, len(indices))
    yield Line.of((), "ALL", len(last))


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "off-the-wire": Question(
            "What left by telephone, on paper, or to an authority?",
            tuple(_OFF_THE_WIRE),
            columns(
                time=Kind.TIME,
                way=Kind.CODE,
                agency=Kind.AGENCY,
                categories=Kind.CODE,
                basis=Kind.CODE,
                by=Kind.PERSON,
                referral=Kind.REFERRAL,
            ),
            off_the_wire,
            is_of_a_period=True,
        ),
        "overridden": Question(
            "Where was another service asked than the match proposed first, by whom, why?",
            ("ReferralOffered",),
            columns(
                time=Kind.TIME,
                referral=Kind.REFERRAL,
                service=Kind.ID,
                place=Kind.NUMBER,
                proposed=Kind.NUMBER,
                reason=Kind.CODE,
                by=Kind.PERSON,
            ),
            overridden,
            is_of_a_period=True,
        ),
        "never-started": Question(
            "What was taken up more than two weeks ago and has never begun, and who has looked after it?",
            ("ReferralAccepted", "ReferralReturned", "ServiceStarted", "AccessRecorded", *_ENDS),
            columns(
                referral=Kind.REFERRAL,
                agency=Kind.AGENCY,
                days=Kind.NUMBER,
                looked_after_by=Kind.PERSON,
                looked_last=Kind.TIME,
            ),
            never_started,
            methods=("GetReferral",),
        ),
        "late-entries": Question(
            "Who enters things long after they happened?",
            (
                *("NeedRecorded", "ConsentWithdrawn", "HandoverRecorded", "ServiceStarted"),
                *("ContactAttempted", *_ENDS),
            ),
            columns(by=Kind.PERSON, late=Kind.NUMBER, days=Kind.NUMBER),
            late_entries,
            is_of_a_period=True,
        ),
        "idle-searches": Question(
            "Which searches led to no work with anybody?",
            ("AccessRecorded", "BeneficiaryRegistered"),
            columns(time=Kind.TIME, by=Kind.PERSON, reason=Kind.CODE),
            idle_searches,
            is_of_a_period=True,
        ),
        "states": Question(
            "How many needs were in which state, then?",
            tuple(_STATES),
            columns(state=Kind.CODE, needs=Kind.NUMBER),
            states,
        ),
    }
)
