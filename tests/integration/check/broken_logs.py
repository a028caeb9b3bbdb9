"""What breaks a log, and what was read of it."""

from tests.integration.check.healthy_hub import R1

_AN_EVENT = (
    "insert into {schema}.event_log (position, event_id, topic, partition, key, aggregate_id,"
    " aggregate_version, type, event_time, payload) "
)

BREAKS = [
    (
        "update intake.event_log set position = 90 where position = 2",
        {"I15-dense-positions", "I15-log-is-whole"},
    ),
    ("update referral.publication set logged_position = 40", {"I15-log-is-whole"}),
    (
        f"update referral.event_log set aggregate_version = 7 where aggregate_id = '{R1}'"
        " and type = 'ReferralAccepted'",
        {"I15-order-within-aggregate"},
    ),
    (
        "alter table intake.event_log drop constraint event_log_event_id_key;"
        + _AN_EVENT.format(schema="intake")
        + "select 90, event_id, topic, partition, key, aggregate_id, 2, type, event_time, payload"
        " from intake.event_log where position = 1",
        {"I2-one-event-per-id", "I15-dense-positions", "I15-log-is-whole"},
    ),
    (
        "insert into referral.inbox values ('referral', gen_random_uuid())",
        {"I2-only-logged-events-are-read"},
    ),
    (
        "delete from notifications.inbox where event_id ="
        " (select event_id from referral.event_log where type = 'ReferralAwaitingPerson')",
        {"I1-nothing-is-passed-over"},
    ),
    (
        'insert into notifications.dead_letter (consumer, source, topic, partition, "offset", position,'
        " event_id, key, type, payload, payload_bytes, reason, tries)"
        " values ('notifications', 'referral', 'x', 0, 1, 1, gen_random_uuid(), '', 'x', '', 0,"
        " 'MALFORMED', 6)",
        {"I12-dead-letters-within-bounds"},
    ),
]
