"""What breaks disclosures and the agreements that they rest on."""

from tests.integration.check.healthy_hub import ASKED_FIRST

BREAKS = [
    (
        "update intake.disclosure set given_mask = 15, asked_mask = 15 where kind = 'PULLED'",
        {
            "I6-permitted-when-given",
            "I19-what-ended-is-asked-back",
            "I19-corrections-reach-who-was-told-before",
        },
    ),
    (
        "update intake.disclosure set given_mask = 1 where kind = 'PULLED'",
        {"I6-permitted-when-given", "I19-a-recall-is-of-what-was-given"},
    ),
    *(
        (
            "insert into intake.disclosure select (jsonb_populate_record(d, jsonb_build_object("
            "'disclosure_id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'outcome', 'REFUSED',"
            f" 'given_mask', 0, 'cell_ids', '[]'::jsonb, 'refusal_reason', '{reason}'))).*"
            " from intake.disclosure d where kind = 'PULLED'",
            {"I6-refused-for-its-reason", "I8-each-disclosure-is-told"},
        )
        for reason in (
            "CONSENT_NOT_IN_FORCE",
            "NO_AGREEMENT",
            "NEED_WITHDRAWN",
            "BENEFICIARY_ERASED",
            "CONSENT_FROZEN",
            "CORRECTED_SINCE",
        )
    ),
    (
        "update intake.agreement_version set categories = 1",
        {"I6-covered-by-an-agreement", "I6-permitted-when-given"},
    ),
    (
        "update intake.disclosure set for_assessment = true, given_mask = 8 where kind = 'PULLED'",
        {
            "I6-an-assessment-sees-little",
            "I6-permitted-when-given",
            "I19-what-ended-is-asked-back",
            "I19-a-recall-is-of-what-was-given",
        },
    ),
    ("update intake.needed_categories set mask = 15", {"I6-needs-are-as-the-officer-set-them"}),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'DisclosureGiven'",
        {"I8-each-disclosure-is-told"},
    ),
    (
        f"update intake.disclosure set agency_id = '{ASKED_FIRST}' where kind = 'PULLED'",
        {
            "I11-only-to-who-took-it-up",
            "I6-permitted-when-given",
            "I6-covered-by-an-agreement",
            "I19-what-ended-is-asked-back",
            "I19-a-recall-is-of-what-was-given",
        },
    ),
]
