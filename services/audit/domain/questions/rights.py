"""What auditors ask of rights: what was asked back, what was answered late, what an emergency opened."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
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
    referral_of,
    time_of,
)


def recalls(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """What was asked back, and what became of it."""
    opened: dict[str, Body] = {}
    for one in entries:
        fact = one["fact"]
        recall_id = fact["recall_id"]
        if one["type"] == "RecallOpened":
            opened[recall_id] = one
            continue
        first = opened.pop(recall_id, None)
        destroyed, kept = (codes.categories_in(fact.get(name, 0)) for name in ("destroyed_mask", "kept_mask"))
        yield Line.of(
            (first["index"], one["index"]) if first else (one["index"],),
            recall_id,
            fact["agency_id"],
            "ANSWERED",
            instant_of(first["fact"]["due_time"]) if first else None,
            destroyed,
            kept,
            fact.get("kept_ground") if kept else None,
            referral_of(one),
        )
    for recall_id, one in opened.items():
        due = instant_of(one["fact"]["due_time"])
        state = "OVERDUE" if asked.now > due else "OPEN"
        agency, referral = one["fact"]["agency_id"], referral_of(one)
        yield Line.of([one["index"]], recall_id, agency, state, due, (), (), None, referral)


def late_rights(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Requests by right that were answered late, or not yet and are due."""
    open_ones: dict[str, tuple[datetime, list[int]]] = {}
    for one in entries:
        fact = one["fact"]
        request_id = fact["rights_request_id"]
        if "due_time" in fact:
            shown = [*open_ones.get(request_id, (None, []))[1], one["index"]]
            open_ones[request_id] = (instant_of(fact["due_time"]), shown)
        elif request_id in open_ones:
            due, shown = open_ones.pop(request_id)
            if time_of(one) > due:
                yield Line.of((*shown, one["index"]), request_id, "ANSWERED_LATE", due, time_of(one))
    for request_id, (due, shown) in open_ones.items():
        if asked.now > due:
            yield Line.of(shown, request_id, "NOT_ANSWERED", due, None)


def emergencies(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Emergency accesses: who asked, who decided, who looked at it; the three have to differ."""
    found: dict[str, dict[str, Body]] = defaultdict(dict)
    for one in entries:
        fact = one["fact"]
        if one["type"] != "EmergencyReviewed" or fact["kind"] == "EMERGENCY_ACCESS":
            found[fact.get("emergency_access_id") or fact["subject_id"]][one["type"]] = one
    for access_id, parts in found.items():
        who = {kind: actor_of(part) for kind, part in parts.items()}
        review = parts.get("EmergencyReviewed")
        if review is None:
            result = "NOT_REVIEWED"
        else:
            result = "JUSTIFIED" if review["fact"].get("justified") else "NOT_JUSTIFIED"
        yield Line.of(
            (part["index"] for part in parts.values()),
            access_id,
            time_of(next(iter(parts.values()))),
            who.get("EmergencyAccessRequested"),
            who.get("EmergencyAccessDecided"),
            who.get("EmergencyReviewed"),
            result,
            "SAME_PERSON_TWICE" if len(set(who.values())) < len(who) else "INDEPENDENT",
            next(filter(None, map(referral_of, parts.values())), None),
        )


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "recalls": Question(
            "What was asked back, what was destroyed, and who has not answered?",
            ("RecallOpened", "RecallAcknowledged"),
            columns(
                recall=Kind.ID,
                agency=Kind.AGENCY,
                state=Kind.CODE,
                due=Kind.TIME,
                destroyed=Kind.CODE,
                kept=Kind.CODE,
                ground=Kind.CODE,
                referral=Kind.REFERRAL,
            ),
            recalls,
        ),
        "late-rights": Question(
            "Which requests by right were answered late, or not at all?",
            ("RightsRequestRegistered", "RightsRequestExtended", "RightsRequestAnswered"),
            columns(request=Kind.ID, state=Kind.CODE, due=Kind.DAY, answered=Kind.TIME),
            late_rights,
        ),
        "emergencies": Question(
            "Was each emergency access looked at by somebody else, and what did they find?",
            ("EmergencyAccessRequested", "EmergencyAccessDecided", "EmergencyReviewed"),
            columns(
                access=Kind.ID,
                time=Kind.TIME,
                asked_by=Kind.PERSON,
                decided_by=Kind.PERSON,
                reviewed_by=Kind.PERSON,
                result=Kind.CODE,
                review=Kind.CODE,
                referral=Kind.REFERRAL,
            ),
            emergencies,
        ),
    }
)
