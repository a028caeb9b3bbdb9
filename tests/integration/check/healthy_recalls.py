"""The healthy hub's recall: consent that has ended, what was given under it, what the holder answered."""

from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import (
    ACCEPTED,
    EARLIER,
    HOLDER,
    LATER,
    NEEDS,
    NOTICE_SHA256,
    NOW,
    PERSON,
    PURPOSE,
    R1,
    SENDER,
    HealthyHub,
)

ENDED_CONSENT, ENDED_EVENT, ENDED_CELL, RECALLED, RECALL = (
    derived_id("check", name) for name in ("ended", "ended event", "ended cell", "recalled", "recall")
)


async def plant_recall(hub: HealthyHub) -> None:
    """R1's holder was given one category more while another consent lasted, and keeps it with a ground."""
    period = {
        "valid_from_time": EARLIER - timedelta(days=1),
        "valid_until_time": NOW - timedelta(minutes=30),
    }
    line = {
        "agency_id": HOLDER,
        "purpose": PURPOSE,
        "categories": 8,
        "legal_basis": "CONSENT",
        "effect": "PERMIT",
    }
    await hub.plant(
        "intake.consent",
        consent_id=ENDED_CONSENT,
        beneficiary_id=PERSON,
        receipt_id=ENDED_CONSENT,
        method="WRITTEN",
        given_by="SELF",
        notice_version="1",
        notice_language="en",
        notice_sha256=NOTICE_SHA256,
        **period,
    )
    await hub.plant("intake.consent_grant", consent_id=ENDED_CONSENT, line=1, **line)
    await hub.plant(
        "intake.consent_event",
        consent_event_id=ENDED_EVENT,
        beneficiary_id=PERSON,
        sequence=3,
        state="GIVEN",
        consent_id=ENDED_CONSENT,
        recorded_time=EARLIER - timedelta(hours=23),
    )
    await hub.plant(
        "intake.grant_cell",
        cell_id=ENDED_CELL,
        beneficiary_id=PERSON,
        consent_id=ENDED_CONSENT,
        consent_event_id=ENDED_EVENT,
        **line,
        **period,
    )
    await hub.plant(
        "intake.disclosure",
        disclosure_id=RECALLED,
        request_id=RECALLED,
        outcome="GIVEN",
        referral_id=R1,
        need_id=NEEDS[0],
        beneficiary_id=PERSON,
        agency_id=HOLDER,
        offer_id=ACCEPTED,
        purpose=PURPOSE,
        legal_bases=["CONSENT"],
        asked_mask=8,
        given_mask=8,
        cell_ids=[ENDED_CELL],
        consent_event_ids=[ENDED_EVENT],
        agreement_version=1,
        disclosed_time=NOW - timedelta(minutes=45),
    )
    await hub.intake_event("DisclosureGiven", RECALLED, HOLDER)
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
        due_time=LATER,
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
    await hub.intake_event("RecallOpened", RECALL, HOLDER)
    await hub.intake_event("RecallAcknowledged", RECALL, HOLDER, version=2)
