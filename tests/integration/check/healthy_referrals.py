"""The healthy hub's referrals: offers, places, a waiting list, and the facts that were told of them."""

from datetime import timedelta
from uuid import UUID, uuid4

from chassis.events import OutgoingEvent
from kem.common.v1 import common_pb2
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kem.referral.v1 import referral_events_pb2 as facts
from tests.integration.check.healthy_hub import (
    ACCEPTED,
    ASKED_FIRST,
    DECLINED,
    EARLIER,
    HOLDER,
    LATER,
    NEEDS,
    OPEN,
    OTHER_UNIT,
    PERSON,
    R1,
    R2,
    R3,
    R4,
    SENDER,
    UNIT,
    HealthyHub,
)


async def plant_referrals(hub: HealthyHub) -> None:
    for need_id, referral_id, state, offer_id, service_type in (
        (NEEDS[0], R1, "ACCEPTED", ACCEPTED, "GREEK_A1"),
        (NEEDS[1], R2, "OFFERED", OPEN, "GREEK_A1"),
        (NEEDS[2], R3, "AWAITING_PERSON", None, "GBV_COUNSELLING"),
        (NEEDS[3], R4, "WAITLISTED", None, "GREEK_A1"),
    ):
        await hub.plant(
            "referral.referral",
            referral_id=referral_id,
            need_id=need_id,
            beneficiary_id=PERSON,
            sender_agency_id=SENDER,
            service_type=service_type,
            urgency="NORMAL",
            routing="CONSENTED",
            state=state,
            current_offer_id=offer_id,
            holder_agency_id=HOLDER if state == "ACCEPTED" else None,
            recorded_time=EARLIER,
        )
    await hub.plant(
        "referral.waitlist_entry",
        unit_id=UNIT,
        referral_id=R4,
        urgency="NORMAL",
        priority_group=2,
        since_time=EARLIER,
    )
    profile = NeedProfile(need_id=str(NEEDS[3]), referral_id=str(R4), priority_group=2)
    await hub.plant("referral.need_profile", referral_id=R4, profile=profile.SerializeToString())
    for offer_id, referral_id, agency_id, unit_id, number, state in (
        (DECLINED, R1, ASKED_FIRST, OTHER_UNIT, 1, "DECLINED"),
        (ACCEPTED, R1, HOLDER, UNIT, 2, "ACCEPTED"),
        (OPEN, R2, HOLDER, UNIT, 1, "SENT"),
    ):
        await hub.plant(
            "referral.offer",
            offer_id=offer_id,
            referral_id=referral_id,
            agency_id=agency_id,
            sender_agency_id=SENDER,
            unit_id=unit_id,
            number=number,
            urgency="NORMAL",
            state=state,
            offered_time=EARLIER,
            respond_by_time=LATER,
            answered_time=EARLIER + timedelta(hours=1) if state == "ACCEPTED" else None,
            ended_time=None if state == "SENT" else EARLIER + timedelta(hours=1),
        )
    for unit_id, reserved, occupied in ((UNIT, 1, 1), (OTHER_UNIT, 0, 0)):
        await hub.plant(
            "referral.capacity",
            unit_id=unit_id,
            kind="PLACES",
            places=5,
            reserved=reserved,
            occupied=occupied,
        )
    for schema in ("referral", "intake"):
        await hub.plant(f"{schema}.needed_categories", service_type="GBV_COUNSELLING", mask=7, version=2)
    await hub.plant("referral.deadline", due_time=LATER, kind="OFFER", detail="END", offer_id=OPEN)


def story(hub: HealthyHub) -> list[OutgoingEvent]:
    def offered(offer_id: UUID, agency_id: UUID) -> facts.ReferralOffered:
        fact = facts.ReferralOffered(
            offer_id=str(offer_id),
            agency_id=str(agency_id),
            service_id=str(uuid4()),
            urgency=common_pb2.URGENCY_NORMAL,
        )
        fact.respond_by_time.FromDatetime(LATER)
        return fact

    return [
        hub.fact(R1, R1, offered(DECLINED, ASKED_FIRST)),
        hub.fact(
            R1,
            DECLINED,
            facts.OfferDeclined(offer_id=str(DECLINED), agency_id=str(ASKED_FIRST), reason="NO_CAPACITY"),
        ),
        hub.fact(R1, R1, offered(ACCEPTED, HOLDER)),
        hub.fact(R1, R1, facts.ReferralAccepted(offer_id=str(ACCEPTED), agency_id=str(HOLDER))),
        hub.fact(R2, R2, offered(OPEN, HOLDER)),
        hub.fact(R3, R3, facts.ReferralAwaitingPerson(cause="ASK_FIRST", proposals=2)),
        hub.fact(R4, R4, facts.ReferralWaitlisted()),
    ]
