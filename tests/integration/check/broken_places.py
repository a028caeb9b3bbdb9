"""What breaks the counters of places and the waiting lists."""

from tests.integration.check.healthy_hub import LATER, OTHER_UNIT, R4, UNIT

BREAKS = [
    (
        f"update referral.capacity set reserved = -1 where unit_id = '{OTHER_UNIT}'",
        {"I4-never-negative", "I4-reserved-is-open-offers"},
    ),
    (
        f"update referral.capacity set reserved = 2 where unit_id = '{UNIT}'",
        {"I4-reserved-is-open-offers"},
    ),
    (
        f"update referral.capacity set occupied = 0 where unit_id = '{UNIT}'",
        {"I4-occupied-is-held-referrals"},
    ),
    (f"update referral.capacity set places = 1 where unit_id = '{UNIT}'", {"I4-never-exceeded"}),
    (
        f"delete from referral.waitlist_entry where referral_id = '{R4}'",
        {"I4-whoever-waits-stands-on-a-list"},
    ),
    (
        f"update referral.waitlist_entry set since_time = '{LATER}' where referral_id = '{R4}'",
        {"I4-whoever-waits-stands-on-a-list"},
    ),
    (
        f"update referral.waitlist_entry set priority_group = 1 where referral_id = '{R4}'",
        {"I4-lists-keep-the-published-groups"},
    ),
]
