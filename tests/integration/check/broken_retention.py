"""What breaks how long data are kept: kept too long, readable again, and not told."""

from tests.integration.check.healthy_merges import OTHER
from tests.integration.check.healthy_retention import DESTRUCTION, EMPTIED, GONE_KEY, HOLD, LIFTED, OLD, PAPER
from tests.integration.check.healthy_rights import ERASED

BREAKS = [
    (f"delete from intake.destroyed_key where key_id = '{GONE_KEY}'", {"I21-nothing-is-kept-too-long"}),
    (
        f"delete from intake.retention_hold where retention_hold_id = '{HOLD}'",
        {"I21-nothing-is-kept-too-long"},
    ),
    (
        f"update intake.data_key set key_id = '{GONE_KEY}'"
        f" where beneficiary_id = '{OLD}' and key_class = 'contact'",
        {"I21-destroyed-is-unreadable"},
    ),
    (
        "insert into intake.sealed_record (beneficiary_id, category, version, key_id, ciphertext,"
        f" registered_by_agency_id) values ('{OLD}', 'SAFE_CONTACT', 1, '{GONE_KEY}', '',"
        " gen_random_uuid())",
        {"I21-destroyed-is-unreadable"},
    ),
    (
        f"update intake.destroyed_key set is_whole = true where key_id = '{GONE_KEY}'",
        {"I21-destroyed-is-unreadable"},
    ),
    (
        f"update intake.event_log set aggregate_id = gen_random_uuid() where aggregate_id = '{DESTRUCTION}'",
        {"I21-each-destruction-is-told"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid()"
        f" where aggregate_id = '{LIFTED}' and aggregate_version = 2",
        {"I21-each-destruction-is-told"},
    ),
    *(
        (f"update intake.draft set {broken}", {"I21-no-draft-outlives-its-day"})
        for broken in (
            "expires_time = clock_timestamp() - interval '2 days'",
            f"beneficiary_id = '{ERASED}'",
            f"beneficiary_id = '{OTHER}', saved_time = '2000-01-01'",
        )
    ),
    *(
        (
            f"update intake.receipt set {broken} where receipt_id = '{paper}'",
            {"I21-no-paper-outlives-what-it-tells"},
        )
        for paper, broken in (
            (PAPER, "revoked_time = clock_timestamp()"),
            (PAPER, "valid_until_time = clock_timestamp() - interval '2 days'"),
            (PAPER, f"beneficiary_id = '{OLD}'"),
            (EMPTIED, "sealed_content = ''"),
            (EMPTIED, "emptied_time = null, code_digest = ''"),
        )
    ),
]
