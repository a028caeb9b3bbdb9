"""What breaks consent, and offers that rest on it."""

from tests.integration.check.healthy_hub import EARLIER, JUST_AFTER

BREAKS = [
    ("update intake.grant_cell set categories = 8191", {"I6-cells-are-what-was-signed"}),
    (
        f"update intake.grant_cell set withdrawn_time = '{EARLIER}', withdrawn_event_id = gen_random_uuid()",
        {
            "I7-nothing-after-withdrawal",
            "I7-no-offer-outlives-its-consent",
            "I6-cells-are-what-was-signed",
        },
    ),
    (
        # a withdrawal closed the cell, and by hand it was opened again
        "insert into intake.consent_event select (jsonb_populate_record(e, jsonb_build_object("
        "'consent_event_id', gen_random_uuid(), 'sequence', 2, 'state', 'WITHDRAWN',"
        " 'recorded_time', now()))).* from intake.consent_event e where e.sequence = 1",
        {"I6-cells-are-what-was-signed", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_freeze (consent_freeze_id, beneficiary_id, frozen_by_agency_id,"
        " frozen_by_principal_id, frozen_time, sealed_words) select gen_random_uuid(), beneficiary_id,"
        " gen_random_uuid(), gen_random_uuid(), disclosed_time, '' from intake.disclosure limit 1",
        {"I6-permitted-when-given", "I7-no-offer-outlives-its-consent"},
    ),
    ("delete from intake.notice_text", {"I6-a-notice-was-published-before"}),
    (
        "update intake.agreement set purposes = '{SERVICE_LEGAL}'",
        {"I7-no-offer-outlives-its-agreement"},
    ),
    (
        # the period ended by itself, just after the disclosure, and nobody was reminded
        f"update intake.consent set valid_until_time = '{JUST_AFTER}';"
        f"update intake.grant_cell set valid_until_time = '{JUST_AFTER}'",
        {"I7-no-offer-outlives-its-consent", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_event select (jsonb_populate_record(e, jsonb_build_object("
        "'consent_event_id', gen_random_uuid(), 'sequence', 2, 'state', 'WITHDRAWN',"
        f" 'recorded_time', '{EARLIER}'))).* from intake.consent_event e where e.sequence = 1",
        {"I6-permitted-when-given", "I6-cells-are-what-was-signed", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_grant select (jsonb_populate_record(g,"
        ' \'{"line": 2, "effect": "DENY", "categories": 4}\')).* from intake.consent_grant g',
        # a denial asks back what was given before
        {"I6-permitted-when-given", "I6-cells-are-what-was-signed", "I19-what-ended-is-asked-back"},
    ),
]
