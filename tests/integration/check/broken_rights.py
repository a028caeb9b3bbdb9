"""What breaks what people ask by right, and their complaints."""

from tests.integration.check.healthy_rights import ERASED

BREAKS = [
    (
        "update intake.rights_request set due_time = due_time + interval '1 hour'",
        {"I18-each-rights-request-has-its-day"},
    ),
    (
        "update intake.rights_request set extension_told_time = '2025-10-01'"
        " where extension_told_time is not null",
        {"I18-each-rights-request-has-its-day"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RightsRequestAnswered'",
        {"I18-each-rights-request-is-told"},
    ),
    (
        "update intake.rights_request set fulfilled_by_id = gen_random_uuid()"
        " where fulfilled_by_id is not null",
        {"I18-fulfilled-is-what-was-done"},
    ),
    (
        "update intake.rights_request set protection_mask = 0",
        {"I18-protection-data-by-decision"},
    ),
    (
        "update intake.disclosure set beneficiary_id = gen_random_uuid() where kind = 'SUBJECT'",
        {"I18-a-person-is-given-by-their-request"},
    ),
    (
        "update intake.complaint set due_time = due_time + interval '1 day'",
        {"I18-each-complaint-has-its-day"},
    ),
    (
        f"update intake.beneficiary set erased_time = null where beneficiary_id = '{ERASED}'",
        {"I18-erased-when-it-was-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RightsErasureDone'",
        {"I18-erased-when-it-was-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'ComplaintAnswered'",
        {"I18-each-complaint-is-told"},
    ),
]
