"""The healthy hub's recall: consent that has ended, what was given under it, what the holder answered."""

from datetime import timedelta
from typing import Any

from kem.disclosure.v1 import disclosure_events_pb2 as told
from kernel.ids import derived_id
from tests.integration.check.healthy_consents import give_by_consent, plant_consent
from tests.integration.check.healthy_hub import (
    DISCLOSURE,
    EARLIER,
    HOLDER,
    JUST_AFTER,
    LATER,
    NOW,
    PERSON,
    R1,
    SENDER,
    HealthyHub,
)

CORRECTED = derived_id("check", "corrected recall")
ENDED_CONSENT, ENDED_EVENT, ENDED_CELL, RECALLED, RECALL = (
    derived_id("check", name) for name in ("ended", "ended event", "ended cell", "recalled", "recall")
)


async def plant_recall(hub: HealthyHub) -> None:
    """R1's holder was given one category more while another consent lasted, and keeps it with a ground."""
    await plant_consent(
        hub,
        ENDED_CONSENT,
        ENDED_EVENT,
        ENDED_CELL,
        categories=8,
        valid_until_time=NOW - timedelta(minutes=30),
        sequence=3,
        recorded_time=EARLIER - timedelta(hours=23),
    )
    await give_by_consent(hub, RECALLED, 8, ENDED_CELL, ENDED_EVENT, NOW - timedelta(minutes=45))
    await hub.plant(
        "intake.recall",
        recall_id=RECALL,
        referral_id=R1,
        beneficiary_id=PERSON,
        owner_agency_id=SENDER,
        agency_id=HOLDER,
        cause="EXPIRED",
        recalled_mask=8,
        opened_time=NOW - timedelta(minutes=30),
        due_time=NOW - timedelta(minutes=25),
        overdue_told_time=NOW - timedelta(minutes=24),
        kept_mask=8,
        kept_ground="LEGAL_OBLIGATION",
        acknowledged_by_principal_id=derived_id("check", "keeper"),
        acting_person="",
        acknowledged_time=NOW - timedelta(minutes=20),
    )
    await hub.plant(
        "intake.recalled_disclosure",
        recall_id=RECALL,
        disclosure_id=RECALLED,
        recalled_mask=8,
        disclosed_time=NOW - timedelta(minutes=45),
        is_in_between=False,
    )
    whose: dict[str, Any] = {
        "recall_id": str(RECALL),
        "referral_id": str(R1),
        "agency_id": str(HOLDER),
        "sender_agency_id": str(SENDER),
    }
    await hub.intake_event("RecallOpened", RECALL, HOLDER, fact=told.RecallOpened(**whose))
    await hub.intake_event("RecallOverdue", RECALL, HOLDER, version=2, fact=told.RecallOverdue(**whose))
    await hub.intake_event(
        "RecallAcknowledged", RECALL, HOLDER, version=3, fact=told.RecallAcknowledged(**whose)
    )
    await _plant_correction(hub)


async def _plant_correction(hub: HealthyHub) -> None:
    """What R1's holder was given is corrected just after, and the holder is asked to replace it."""
    await hub.plant(
        "intake.correction",
        correction_id=derived_id("check", "correction"),
        beneficiary_id=PERSON,
        version=2,
        corrected_mask=4,
        by_agency_id=SENDER,
        corrected_time=JUST_AFTER,
    )
    await hub.plant(
        "intake.recall",
        recall_id=CORRECTED,
        referral_id=R1,
        beneficiary_id=PERSON,
        owner_agency_id=SENDER,
        agency_id=HOLDER,
        cause="CORRECTED",
        recalled_mask=4,
        opened_time=JUST_AFTER,
        due_time=LATER,
    )
    await hub.plant(
        "intake.corrected_disclosure",
        recall_id=CORRECTED,
        disclosure_id=DISCLOSURE,
        recalled_mask=4,
        disclosed_time=NOW,
    )
    fact = told.RecallOpened(
        recall_id=str(CORRECTED), referral_id=str(R1), agency_id=str(HOLDER), sender_agency_id=str(SENDER)
    )
    await hub.intake_event("RecallOpened", CORRECTED, HOLDER, fact=fact)
