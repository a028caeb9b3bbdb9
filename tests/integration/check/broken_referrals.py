"""What breaks needs, referrals, their offers and clocks, and facts that should never follow."""

from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import derived_id
from tests.integration.check.healthy_hub import (
    ACCEPTED,
    ASKED_FIRST,
    DECLINED,
    HOLDER,
    LATER,
    NEEDS,
    OPEN,
    R1,
    R2,
    R3,
)

BREAKS = [
    (
        f"update intake.event_log set aggregate_id = gen_random_uuid() where aggregate_id = '{NEEDS[2]}'",
        {"I1-each-need-is-told"},
    ),
    (
        f"delete from referral.referral where referral_id = '{R3}'",
        {"I1-each-need-has-its-referral"},
    ),
    (
        f"update referral.referral set beneficiary_id = gen_random_uuid() where referral_id = '{R3}'",
        {"I1-each-referral-has-its-need"},
    ),
    (
        f"update intake.event_log set type = 'NeedWithdrawn' where aggregate_id = '{NEEDS[2]}'",
        {"I1-a-withdrawn-need-ends", "I1-each-need-is-told"},
    ),
    (
        'insert into referral.offer select (jsonb_populate_record(o, \'{"offer_id":'
        f' "{derived_id("check", "second")}", "number": 9}}\')).* from referral.offer o'
        f" where offer_id = '{OPEN}'",
        {
            "I2-one-open-offer",
            "I4-reserved-is-open-offers",
            "I5-tables-agree-with-the-log",
            "I13-each-open-offer-has-its-clock",
        },
    ),
    (
        f"update referral.referral set state = 'MATCHING' where referral_id = '{R2}'",
        {"I2-offered-means-an-open-offer", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.offer set state = 'ACCEPTED' where offer_id = '{DECLINED}'",
        {"I3-one-accepted-offer", "I4-occupied-is-held-referrals", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.referral set holder_agency_id = '{ASKED_FIRST}' where referral_id = '{R1}'",
        {"I3-the-holder-accepted"},
    ),
    (
        f"update referral.event_log set aggregate_id = '{R3}', aggregate_version = 2"
        " where type = 'OfferDeclined'",
        {"I3-the-others-are-told", "I15-order-within-aggregate"},
    ),
    (
        f"update referral.offer set respond_by_time = now() - interval '5 minutes' where offer_id = '{OPEN}'",
        {"I13-no-offer-outlives-its-window"},
    ),
    (
        "update referral.deadline set due_time = due_time + interval '1 hour'",
        {"I13-each-open-offer-has-its-clock"},
    ),
    (
        f"update referral.offer set state = 'EXPIRED' where offer_id = '{DECLINED}'",
        {"I13-no-offer-expires-early", "I3-the-others-are-told", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.offer set answered_time = '{LATER}' where offer_id = '{ACCEPTED}'",
        {"I13-no-late-answer-counts", "I11-only-to-who-took-it-up"},
    ),
    ("delete from referral.deadline", {"I13-each-open-offer-has-its-clock"}),
]

# facts that should never follow: (referral, fact), and what must notice
ILLEGAL_FACTS = [
    (R3, facts.ServiceStarted(agency_id=str(HOLDER)), {"I5-legal-steps"}),
    (
        R1,
        facts.ReferralOffered(offer_id=str(ACCEPTED), agency_id=str(HOLDER)),
        {"I5-legal-steps", "I5-legal-offers"},
    ),
    (R1, facts.ReferralAwaitingPerson(cause="LIST_ENDED"), {"I5-legal-steps"}),
    (R2, facts.OfferExpired(offer_id=str(DECLINED)), {"I5-legal-offers"}),
    (
        R3,
        facts.ReferralRematched(cause="PLACE_FREED"),
        {"I5-tables-agree-with-the-log"},
    ),
    (R3, facts.GapRecorded(sector="PROTECTION"), {"I11-restricted-stays-unnamed"}),
]
