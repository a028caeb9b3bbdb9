"""What breaks who hears of which fact."""

from tests.integration.check.healthy_hub import HOLDER

BREAKS = [
    ("update notifications.delivery set sequence = 90 where sequence = 2", {"I2-dense-deliveries"}),
    (
        "update notifications.delivery set event_id = (select event_id from notifications.delivery"
        " where sequence = 1 limit 1)",
        {
            "I2-delivered-once",
            "I2-only-facts-are-delivered",
            "I1-every-change-reaches-the-desk",
            "I1-every-offer-reaches-its-agency",
            "I1-every-recall-reaches-both-sides",
        },
    ),
    (
        "update notifications.delivery set referral_id = gen_random_uuid() where kind = 'RecallOverdue'",
        {"I1-every-recall-reaches-both-sides", "I2-only-facts-are-delivered"},
    ),
    (
        "update notifications.delivery set kind = 'OfferRevoked' where kind = 'OfferDeclined'",
        {"I2-only-facts-are-delivered"},
    ),
    (
        "update notifications.recipient set inbox = 'OTHER' where inbox = 'DESK'",
        {"I1-every-change-reaches-the-desk", "I1-every-recall-reaches-both-sides"},
    ),
    (
        f"update notifications.recipient set inbox = 'OTHER' where inbox = 'AGENCY'"
        f" and agency_id = '{HOLDER}'",
        {"I1-every-offer-reaches-its-agency", "I1-every-recall-reaches-both-sides"},
    ),
    (
        f"update notifications.recipient set agency_id = gen_random_uuid() where agency_id = '{HOLDER}'",
        {
            "I11-no-agency-hears-of-anothers-offer",
            "I1-every-offer-reaches-its-agency",
            "I1-every-recall-reaches-both-sides",
        },
    ),
]
