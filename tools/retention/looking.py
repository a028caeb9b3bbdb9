"""What is due by the rules of retention, in figures and words; nobody is named."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from rich.table import Table

from kem.intake.v1 import retention_service_pb2 as messages
from tools.office import Answer, Office
from tools.trace.story import athens

STARTS: Final = {
    messages.RETENTION_START_LAST_CONTACT: "after the last contact",
    messages.RETENTION_START_CASE_CLOSED: "after the case was closed",
    messages.RETENTION_START_CONSENT_ENDED: "after consent ended",
}
GROUNDS: Final = {
    "OPEN_CASE": "a case is open",
    "CONSENT_IN_FORCE": "consent is in force",
    "RIGHTS_REQUEST": "something was asked by right and not answered",
    "RESTRICTION": "consent is frozen, or its use restricted at their wish",
    "COMPLAINT": "a complaint was not answered",
    "RECALL": "an agency has not said what became of what it was given",
    "EMERGENCY": "an emergency was not reviewed",
    "AUTHORITY_REQUEST": "an authority's request was not decided",
    "LEGAL_HOLD": "a hold for a claim or a legal duty",
}


async def look(office: Office) -> Answer:
    """What is due, what is held back and why, by rule."""
    found = await ask(office)
    return Answer(list(_shown(found)), as_dict(found))


async def ask(office: Office) -> messages.GetRetentionResponse:
    """The hub's answer.

    Raises:
        Refused: in the hub's own words.
    """
    found: messages.GetRetentionResponse = await office(
        office.hub.retention.GetRetention, messages.GetRetentionRequest()
    )
    return found


def as_dict(found: messages.GetRetentionResponse) -> dict[str, Any]:
    """The same for a program."""
    return {
        "rules_version": found.rules_version,
        "waiting_people": found.waiting_people,
        "rules": [
            {
                "categories": list(one.rule.categories),
                "start": messages.RetentionStart.Name(one.rule.start).removeprefix("RETENTION_START_"),
                "months": one.rule.months,
                "grace_days": one.rule.grace_days,
                "source": one.rule.source,
                "due_people": one.due_people,
                "due_values": one.due_values,
                "due_since_time": one.due_since_time.ToDatetime(UTC).isoformat()
                if one.HasField("due_since_time")
                else None,
                "overdue_people": one.overdue_people,
                "held_people": one.held_people,
                "held_back": {ground.ground: ground.people for ground in one.held_back},
                "destroyed_people": one.destroyed_people,
            }
            for one in found.standings
        ],
    }


def _shown(found: messages.GetRetentionResponse) -> Iterator[str | Table]:
    table = Table("categories", "kept for", "due", "since", "overdue", "held back", "gone so far", box=None)
    for one in found.standings:
        rule = one.rule
        table.add_row(
            ", ".join(rule.categories),
            f"{rule.months} months {STARTS[rule.start]}",
            f"{one.due_people:,} people, {one.due_values:,} values" if one.due_people else "–",
            athens(one.due_since_time.ToDatetime(UTC)) if one.HasField("due_since_time") else "–",
            f"{one.overdue_people:,}" if one.overdue_people else "–",
            f"{one.held_people:,}" if one.held_people else "–",
            f"{one.destroyed_people:,}" if one.destroyed_people else "–",
        )
    yield f"By version {found.rules_version} of the rules; nothing was changed by this look."
    yield table
    for one in found.standings:
        for ground in one.held_back:
            why = GROUNDS.get(ground.ground, ground.ground)
            yield f"Held back ({', '.join(one.rule.categories)}): {ground.people:,} people, {why}."
    if found.waiting_people:
        yield (
            f"Of {found.waiting_people:,} people something is due. A data protection officer has it"
            ' destroyed, for good: ./kem retention --do --reason "…"'
        )
    elif any(one.held_people for one in found.standings):
        yield "Nothing can be destroyed now: all that is due is held back."
    else:
        yield "Nothing is due: nobody's data were kept for longer than the rules say."
