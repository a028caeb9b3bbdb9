"""The healthy hub's emergencies: a hand-over, an emergency access, and what authorities were told."""

from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_consents import give
from tests.integration.check.healthy_hub import (
    BY_EMERGENCY,
    COMPELLED,
    COMPELLED_DISCLOSURE,
    EARLIER,
    EMERGENCY,
    HANDOVER,
    HOLDER,
    LATER,
    NOTIFICATION,
    NOW,
    PERSON,
    R1,
    SENDER,
    HealthyHub,
)


async def plant_emergencies(hub: HealthyHub) -> None:
    """All of them are about R1's person."""
    await _plant_handover(hub)
    await _plant_emergency_access(hub)
    await _plant_authorities(hub)


async def _plant_handover(hub: HealthyHub) -> None:
    """By telephone R1's holder was told more than consent allows, and a third person has looked at that."""
    teller, reviewer = derived_id("check", "teller"), derived_id("check", "reviewer")
    await give(
        hub,
        HANDOVER,
        256,
        kind="VERBAL",
        told_by_agency_id=SENDER,
        principal_id=teller,
        legal_bases=["VITAL_INTEREST"],
        disclosed_time=EARLIER + timedelta(hours=1),
    )
    await hub.plant(
        "intake.handover",
        disclosure_id=HANDOVER,
        told_by_agency_id=SENDER,
        answer="TAKEN",
        happened_time=EARLIER + timedelta(hours=1),
        recorded_time=NOW,
    )
    event = await hub.intake_event("HandoverRecorded", HANDOVER, HOLDER)
    await hub.plant("referral.inbox", consumer="referral", event_id=event.event_id)
    await hub.plant(
        "intake.emergency_review",
        subject_id=HANDOVER,
        kind="HANDOVER",
        referral_id=R1,
        beneficiary_id=PERSON,
        owner_agency_id=SENDER,
        recipient_agency_id=HOLDER,
        involved_principal_ids=[teller],
        due_time=LATER,
        finding="JUSTIFIED",
        sealed_words=b"sealed",
        reviewed_by_principal_id=reviewer,
        reviewed_time=NOW,
    )
    await hub.intake_event("EmergencyReviewed", HANDOVER, HOLDER, version=2)


async def _plant_emergency_access(hub: HealthyHub) -> None:
    """R1's holder asked for more, a supervisor authorised it, and it was used; the review is not due yet."""
    asker, decider = derived_id("check", "asker"), derived_id("check", "decider")
    await hub.plant(
        "intake.emergency_access",
        emergency_access_id=EMERGENCY,
        referral_id=R1,
        beneficiary_id=PERSON,
        agency_id=HOLDER,
        owner_agency_id=SENDER,
        asked_mask=24,
        requested_by_principal_id=asker,
        requested_time=NOW - timedelta(minutes=2),
        state="AUTHORISED",
        authorised_mask=8,
        decided_by_principal_id=decider,
        decided_time=NOW - timedelta(minutes=1),
        valid_until_time=LATER,
    )
    await hub.intake_event("EmergencyAccessRequested", EMERGENCY, HOLDER)
    await hub.intake_event("EmergencyAccessDecided", EMERGENCY, HOLDER, version=2)
    await hub.plant(
        "intake.emergency_review",
        subject_id=EMERGENCY,
        kind="EMERGENCY_ACCESS",
        referral_id=R1,
        beneficiary_id=PERSON,
        owner_agency_id=SENDER,
        recipient_agency_id=HOLDER,
        involved_principal_ids=[asker, decider],
        due_time=LATER,
    )
    await give(
        hub,
        BY_EMERGENCY,
        8,
        request_id=derived_id("check", "request"),
        kind="EMERGENCY",
        emergency_access_id=EMERGENCY,
        principal_id=asker,
        legal_bases=["VITAL_INTEREST"],
        disclosed_time=NOW,
    )
    await hub.intake_event("EmergencyDisclosureGiven", BY_EMERGENCY, HOLDER)


async def _plant_authorities(hub: HealthyHub) -> None:
    """A prosecutor was told something; the police asked for a name, which an officer decided to give."""
    await hub.plant(
        "intake.authority_notification",
        authority_notification_id=NOTIFICATION,
        beneficiary_id=PERSON,
        not_told_reason="DANGER",
    )
    await hub.intake_event("AuthorityNotified", NOTIFICATION, SENDER)
    await hub.plant(
        "intake.compelled_request",
        compelled_request_id=COMPELLED,
        beneficiary_id=PERSON,
        asked_mask=1,
        state="ALLOWED",
        allowed_mask=1,
        sealed_grounds=b"sealed",
        decided_by_principal_id=derived_id("check", "officer"),
        decided_time=EARLIER,
    )
    for sequence in (1, 2):
        await hub.plant(
            "intake.compelled_telling",
            compelled_telling_id=derived_id("check", f"telling {sequence}"),
            compelled_request_id=COMPELLED,
            sequence=sequence,
            may_be_told=sequence == 2,
            review_time=LATER if sequence == 1 else None,
            decided_time=EARLIER,
        )
    await hub.intake_event("CompelledRequestRegistered", COMPELLED, SENDER)
    await hub.intake_event("CompelledRequestDecided", COMPELLED, SENDER, version=2)
    await hub.intake_event("CompelledTellingDecided", COMPELLED, SENDER, version=3)
    await hub.plant(
        "intake.disclosure",
        disclosure_id=COMPELLED_DISCLOSURE,
        request_id=derived_id("check", "officer's request"),
        outcome="GIVEN",
        kind="COMPELLED",
        compelled_request_id=COMPELLED,
        beneficiary_id=PERSON,
        legal_bases=["LEGAL_OBLIGATION"],
        asked_mask=1,
        given_mask=1,
        disclosed_time=NOW,
    )
    await hub.intake_event("CompelledDisclosureGiven", COMPELLED_DISCLOSURE, SENDER)
