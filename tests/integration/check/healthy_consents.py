"""The healthy hub's person: four needs, consent under an agreement, and what R1's holder was given by it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.integration.check.healthy_hub import (
    ACCEPTED,
    CELL,
    CONSENT,
    CONSENT_EVENT,
    DISCLOSURE,
    EARLIER,
    HOLDER,
    LATER,
    NEEDS,
    NOTICE,
    NOTICE_SHA256,
    NOW,
    PERSON,
    PURPOSE,
    R1,
    R2,
    R3,
    R4,
    SENDER,
    HealthyHub,
)

BEGUN = EARLIER - timedelta(days=1)


async def plant_consents(hub: HealthyHub) -> None:
    """Everything of intake that does not end, nor was an emergency."""
    await hub.plant("intake.beneficiary", beneficiary_id=PERSON, version=1, profile_version=1)
    await hub.intake_event("BeneficiaryRegistered", PERSON)
    await hub.plant("intake.notice", version="1", published_time=EARLIER - timedelta(days=2))
    await hub.plant("intake.notice_text", version="1", language="en", text=NOTICE, sha256=NOTICE_SHA256)
    await plant_consent(hub, CONSENT, CONSENT_EVENT, CELL, categories=7, valid_until_time=LATER)
    agreement = {
        "purposes": [PURPOSE],
        "categories": 15,
        "legal_regime": "GDPR_CONTROLLER",
        "version": 1,
        "valid_from_time": BEGUN,
        "valid_until_time": LATER,
    }
    for table in ("intake.agreement", "intake.agreement_version"):
        await hub.plant(table, agency_id=HOLDER, transfer_basis="", **agreement)
    for need_id, referral_id, service_type in zip(
        NEEDS, (R1, R2, R3, R4), ("GREEK_A1", "GREEK_A1", "GBV_COUNSELLING", "GREEK_A1"), strict=True
    ):
        await hub.plant(
            "intake.need",
            need_id=need_id,
            referral_id=referral_id,
            beneficiary_id=PERSON,
            sender_agency_id=SENDER,
            service_type=service_type,
            urgency="NORMAL",
            routing="CONSENTED",
        )
        event = await hub.intake_event("NeedRecorded", need_id)
        await hub.plant("referral.inbox", consumer="referral", event_id=event.event_id)
    await give_by_consent(hub, DISCLOSURE, 5, CELL, CONSENT_EVENT, NOW)


async def plant_consent(
    hub: HealthyHub,
    consent_id: UUID,
    event_id: UUID,
    cell_id: UUID,
    *,
    categories: int,
    valid_until_time: datetime,
    sequence: int = 1,
    recorded_time: datetime = BEGUN,
) -> None:
    """The person allows the holder these categories for the hub's one purpose."""
    period = {"valid_from_time": BEGUN, "valid_until_time": valid_until_time}
    grant = {
        "agency_id": HOLDER,
        "purpose": PURPOSE,
        "categories": categories,
        "legal_basis": "CONSENT",
        "effect": "PERMIT",
    }
    await hub.plant(
        "intake.consent",
        consent_id=consent_id,
        beneficiary_id=PERSON,
        receipt_id=consent_id,
        method="WRITTEN",
        given_by="SELF",
        notice_version="1",
        notice_language="en",
        notice_sha256=NOTICE_SHA256,
        **period,
    )
    await hub.plant("intake.consent_grant", consent_id=consent_id, line=1, **grant)
    await hub.plant(
        "intake.consent_event",
        consent_event_id=event_id,
        beneficiary_id=PERSON,
        sequence=sequence,
        state="GIVEN",
        consent_id=consent_id,
        recorded_time=recorded_time,
    )
    await hub.plant(
        "intake.grant_cell",
        cell_id=cell_id,
        beneficiary_id=PERSON,
        consent_id=consent_id,
        consent_event_id=event_id,
        **grant,
        **period,
    )


async def give_by_consent(
    hub: HealthyHub, disclosure_id: UUID, mask: int, cell_id: UUID, event_id: UUID, disclosed_time: datetime
) -> None:
    """R1's holder asked for these categories, and was given all of them."""
    await give(
        hub,
        disclosure_id,
        mask,
        request_id=disclosure_id,
        offer_id=ACCEPTED,
        legal_bases=["CONSENT"],
        cell_ids=[cell_id],
        consent_event_ids=[event_id],
        agreement_version=1,
        disclosed_time=disclosed_time,
    )
    await hub.intake_event("DisclosureGiven", disclosure_id, HOLDER)


async def give(hub: HealthyHub, disclosure_id: UUID, mask: int, **values: Any) -> None:
    """R1's holder came to know these categories; `values` say how."""
    await hub.plant(
        "intake.disclosure",
        disclosure_id=disclosure_id,
        outcome="GIVEN",
        referral_id=R1,
        need_id=NEEDS[0],
        beneficiary_id=PERSON,
        agency_id=HOLDER,
        purpose=PURPOSE,
        asked_mask=mask,
        given_mask=mask,
        **values,
    )
