"""What auditors ask, answered from the ledger alone: each line names the entries that it rests on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from kernel import codes
from tools.audit.reading import when

Body = Mapping[str, Any]

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
    "HandoverRecorded": "by telephone",
    "AuthorityNotified": "to an authority",
    "CompelledDisclosureGiven": "to an authority that asked for it",
    "RightsExportGiven": "on paper or in a file, to the person or who asked for them",
    "ReceiptIssued": "on paper, to the person",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A part of an answer.

    Args:
        says: with ids in full; agencies by their ids too.
        entries: the places of the entries that show it.
    """

    says: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """For when a question is answered."""

    now: datetime


Answer = Callable[[Sequence[Body], Moment], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that can be asked.

    Args:
        asks: the question in words.
        kinds: of which entries it is answered.
        is_of_a_period: whether entries of a period answer it; else all from the first on are needed.
    """

    asks: str
    kinds: tuple[str, ...]
    answer: Answer
    is_of_a_period: bool = False


def off_the_wire(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """What left the hub by telephone, on paper, or to an authority."""
    for one in entries:
        fact = one["fact"]
        given = fact.get("given_mask", 0)
        what = ", ".join(codes.categories_in(given)) if given else "what, is read at intake"
        basis = f", basis {fact['legal_basis']}" if "legal_basis" in fact else ""
        to = f" to agency {fact['agency_id']}" if one["type"] == "HandoverRecorded" else ""
        yield Line(f"{when(one)} {_OFF_THE_WIRE[one['type']]}{to}: {what}{basis}", (one["index"],))


def overridden(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Offers to a service that the match had left out, or not put first."""
    for one in entries:
        fact = one["fact"]
        proposed = [item["service_id"] for item in (fact.get("considered") or {}).get("proposed", [])]
        reason, service = fact.get("override_reason"), fact.get("service_id")
        is_first = not proposed or service is None or proposed[0] == service
        if not reason and (is_first or fact.get("chosen_by") != "PERSON"):
            continue
        place = proposed.index(service) + 1 if service in proposed else 0
        said = f"place {place} of {len(proposed)} proposed" if place else "not among the first proposed"
        who = (one["envelope"].get("actor") or {}).get("id", "nobody")
        asked = f"service {service}" if service else "a restricted service"
        yield Line(
            f"referral {one['envelope']['referral_id']}: offered to {asked}, {said}; reason"
            f" {reason or 'the person chose'}; by {who}",
            (one["index"],),
        )


def never_started(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Taken up for longer than two weeks, and nobody has said that it began; who has looked since."""
    open_ones: dict[str, Body] = {}
    looks: dict[str, list[Body]] = defaultdict(list)
    for one in entries:
        if one["type"] == "AccessRecorded":
            if _is_granted(one, "GetReferral"):
                for subject_id in one["fact"].get("subject_ids", []):
                    looks[subject_id].append(one)
            continue
        referral_id = one["envelope"]["referral_id"]
        if one["type"] == "ReferralAccepted":
            open_ones[referral_id] = one
        else:
            open_ones.pop(referral_id, None)
    for referral_id, one in open_ones.items():
        waits, holder = moment.now - time_of(one), one["fact"]["agency_id"]
        if waits > SLOW_START:
            since = [
                look
                for look in looks[referral_id]
                if time_of(look) > time_of(one) and look["envelope"]["actor"].get("agency_id") != holder
            ]
            yield Line(
                f"referral {referral_id}: taken up {waits.days} days ago by agency {holder};"
                f" {_looked_after(since)}",
                (one["index"], *(look["index"] for look in since)),
            )


def _looked_after(looks: Sequence[Body]) -> str:
    """Who has opened it, and when last."""
    if not looks:
        return "nobody else has looked at it since"
    last = {_actor(one): when(one) for one in sorted(looks, key=time_of)}
    return f"looked at since by {', '.join(f'{who} (last {then})' for who, then in last.items())}"


def late_entries(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """What was entered more than a day after it had happened, by who entered it."""
    found: dict[str, list[tuple[timedelta, int]]] = defaultdict(list)
    for one in entries:
        if happened := one["fact"].get("happened_time"):
            late = time_of(one) - instant_of(happened)
            if late > LATE_ENTRY:
                found[(one["envelope"].get("actor") or {}).get("id", "nobody")].append((late, one["index"]))
    for who, lates in sorted(found.items(), key=lambda item: -len(item[1])):
        longest = max(late for late, _ in lates)
        yield Line(
            f"{who}: {len(lates)} late, the latest after {longest.days} days",
            tuple(index for _, index in lates),
        )


def unanswered_recalls(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """What was asked back, and what became of it."""
    opened: dict[str, Body] = {}
    for one in entries:
        recall_id = one["fact"]["recall_id"]
        if one["type"] == "RecallOpened":
            opened[recall_id] = one
            continue
        first = opened.pop(recall_id, None)
        fact = one["fact"]
        destroyed, kept = (codes.categories_in(fact.get(name, 0)) for name in ("destroyed_mask", "kept_mask"))
        said = f"destroyed {', '.join(destroyed) or 'nothing'}"
        said += f", kept {', '.join(kept)} ({fact['kept_ground']})" if kept else ""
        shown = (first["index"], one["index"]) if first else (one["index"],)
        yield Line(f"recall {recall_id}, agency {fact['agency_id']}: {said}", shown)
    for recall_id, one in opened.items():
        is_late = moment.now > instant_of(one["fact"]["due_time"])
        state = "OVERDUE since" if is_late else "open until"
        yield Line(
            f"recall {recall_id}, agency {one['fact']['agency_id']}: {state} {one['fact']['due_time'][:16]}",
            (one["index"],),
        )


def late_rights(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Requests by right that were answered late, or not yet and are due."""
    asked: dict[str, tuple[datetime, list[int]]] = {}
    for one in entries:
        fact = one["fact"]
        request_id = fact["rights_request_id"]
        if "due_time" in fact:
            shown = [*asked.get(request_id, (None, []))[1], one["index"]]
            asked[request_id] = (instant_of(fact["due_time"]), shown)
        elif request_id in asked:
            due, shown = asked.pop(request_id)
            if time_of(one) > due:
                yield Line(f"request {request_id}: answered late, due {due:%Y-%m-%d}", (*shown, one["index"]))
    for request_id, (due, shown) in asked.items():
        if moment.now > due:
            yield Line(f"request {request_id}: NOT ANSWERED, due {due:%Y-%m-%d}", tuple(shown))


def emergencies(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Emergency accesses: who asked, who decided, who looked at it; the three have to differ."""
    found: dict[str, dict[str, Body]] = defaultdict(dict)
    for one in entries:
        fact = one["fact"]
        if one["type"] != "EmergencyReviewed" or fact["kind"] == "EMERGENCY_ACCESS":
            found[fact.get("emergency_access_id") or fact["subject_id"]][one["type"]] = one
    for access_id, parts in found.items():
        who = [(part["envelope"].get("actor") or {}).get("id") for part in parts.values()]
        review = parts.get("EmergencyReviewed")
        if review is None:
            said = "not looked at yet"
        else:
            said = "justified" if review["fact"].get("justified") else "NOT JUSTIFIED"
        if len(set(who)) < len(who):
            said += "; THE SAME PERSON TWICE"
        yield Line(f"emergency access {access_id}: {said}", tuple(part["index"] for part in parts.values()))


def idle_searches(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Searches after which whoever searched opened nobody and registered nobody for hours."""
    work: dict[str, list[datetime]] = defaultdict(list)
    searches: list[Body] = []
    for one in entries:
        is_search = _method(one) == "SearchBeneficiaries"
        if _is_granted(one, "SearchBeneficiaries"):
            searches.append(one)
        elif not is_search:
            work[_actor(one)].append(time_of(one))
    for one in searches:
        then = time_of(one)
        if not any(then <= at <= then + SAME_WORK for at in work[_actor(one)]):
            reason = one["fact"].get("stated_reason") or "no reason"
            yield Line(f"{when(one)} by {_actor(one)}: {reason}", (one["index"],))


def states(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """How many referrals were in which state; their sum is all needs that were recorded by then."""
    last: dict[str, tuple[str, int]] = {}
    for one in entries:
        if time_of(one) > moment.now:
            continue
        named = one["fact"] if one["type"] == "NeedRecorded" else one["envelope"]
        if one["type"] == "NeedRecorded" and named["referral_id"] in last:
            continue  # its service was quicker to be entered than intake
        last[named["referral_id"]] = (_STATES[one["type"]], one["index"])
    found: dict[str, list[int]] = defaultdict(list)
    for state, index in last.values():
        found[state].append(index)
    for state, indices in sorted(found.items(), key=lambda item: -len(item[1])):
        yield Line(f"{len(indices)} {state}", tuple(indices))
    yield Line(f"{len(last)} needs in all", ())


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "off-the-wire": Question(
            "What left by telephone, on paper, or to an authority?",
            tuple(_OFF_THE_WIRE),
            off_the_wire,
            is_of_a_period=True,
        ),
        "overridden": Question(
            "Where was another service asked than the match proposed first, by whom, why?",
            ("ReferralOffered",),
            overridden,
            is_of_a_period=True,
        ),
        "never-started": Question(
            "What was taken up more than two weeks ago and has never begun, and who has looked after it?",
            ("ReferralAccepted", "ReferralReturned", "ServiceStarted", "AccessRecorded", *_ENDS),
            never_started,
        ),
        "late-entries": Question(
            "Who enters things long after they happened?",
            (
                *("NeedRecorded", "ConsentWithdrawn", "HandoverRecorded", "ServiceStarted"),
                *("ContactAttempted", *_ENDS),
            ),
            late_entries,
            is_of_a_period=True,
        ),
        "recalls": Question(
            "What was asked back, what was destroyed, and who has not answered?",
            ("RecallOpened", "RecallAcknowledged"),
            unanswered_recalls,
        ),
        "late-rights": Question(
            "Which requests by right were answered late, or not at all?",
            ("RightsRequestRegistered", "RightsRequestExtended", "RightsRequestAnswered"),
            late_rights,
        ),
        "emergencies": Question(
            "Was each emergency access looked at by somebody else, and what did they find?",
            ("EmergencyAccessRequested", "EmergencyAccessDecided", "EmergencyReviewed"),
            emergencies,
        ),
        "idle-searches": Question(
            "Which searches led to no work with anybody?",
            ("AccessRecorded", "BeneficiaryRegistered"),
            idle_searches,
            is_of_a_period=True,
        ),
        "states": Question("How many needs were in which state, then?", tuple(_STATES), states),
    }
)
"""By the name under which `./kem audit questions` has them."""


def instant_of(text: str) -> datetime:
    """An instant as entries write it."""
    return datetime.fromisoformat(text)


def time_of(one: Body) -> datetime:
    """When it happened."""
    return instant_of(one["event_time"])


def _is_granted(one: Body, method: str) -> bool:
    """Whether it is an access by that method that was granted."""
    return _method(one) == method and one["fact"].get("outcome") == "GRANTED"


def _method(one: Body) -> str:
    """Of an access the name of the RPC, without that of its service."""
    return str(one["fact"].get("method", "")).rpartition("/")[2]


def _actor(one: Body) -> str:
    return str((one["envelope"].get("actor") or {}).get("id"))
