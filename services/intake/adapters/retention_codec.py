"""Facts of retention as messages of kem.disclosure.v1."""

from collections.abc import Callable
from typing import Any, Final

from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from kernel.ids import derived_id
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain import retention_events as events


def _rules_saved(fact: events.RetentionRulesSaved) -> Envelope:
    message = disclosure.RetentionRulesSaved(rules_version=fact.rules_version)
    rules_id = derived_id("retention rules")
    # version 1 came with the migration, and nobody was told
    return Envelope(rules_id, rules_id, fact.rules_version - 1, "retention_rules_saved", message)


def _hold_placed(fact: events.RetentionHoldPlaced) -> Envelope:
    hold_id = fact.retention_hold_id
    message = disclosure.RetentionHoldPlaced(retention_hold_id=str(hold_id), ground=fact.ground)
    return Envelope(hold_id, hold_id, 1, "retention_hold_placed", message)


def _hold_lifted(fact: events.RetentionHoldLifted) -> Envelope:
    hold_id = fact.retention_hold_id
    message = disclosure.RetentionHoldLifted(retention_hold_id=str(hold_id))
    return Envelope(hold_id, hold_id, 2, "retention_hold_lifted", message)


def _destroyed(fact: events.RetentionDestroyed) -> Envelope:
    message = disclosure.RetentionDestroyed(
        destruction_id=str(fact.destruction_id),
        rules_version=fact.rules_version,
        categories=[
            disclosure.DestroyedCategory(category=category, people=people)
            for category, people in sorted(fact.people.items())
        ],
        erased_people=fact.erased_people,
        is_restored=fact.is_restored,
    )
    return Envelope(fact.destruction_id, fact.destruction_id, 1, "retention_destroyed", message)


RETENTION_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.RetentionRulesSaved: _rules_saved,
    events.RetentionHoldPlaced: _hold_placed,
    events.RetentionHoldLifted: _hold_lifted,
    events.RetentionDestroyed: _destroyed,
}
