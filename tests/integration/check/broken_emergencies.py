"""What breaks what is given without consent."""

from tests.integration.check.healthy_hub import HOLDER, R2

BREAKS = [
    (
        "update intake.emergency_review set reviewed_by_principal_id = involved_principal_ids[1]"
        " where finding is not null",
        {"I17-vital-interest-is-reviewed"},
    ),
    (
        "update intake.emergency_access set valid_until_time = requested_time, authorised_mask = 16",
        {"I17-emergency-access-was-authorised"},
    ),
    (
        "update intake.compelled_request set state = 'REFUSED'",
        {"I17-compelled-by-a-decision", "I17-who-may-be-told-is-decided"},
    ),
    ("delete from intake.compelled_telling where sequence = 1", {"I17-who-may-be-told-is-decided"}),
    (
        "delete from intake.compelled_telling",
        {"I17-who-may-be-told-is-decided"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'CompelledTellingDecided'",
        {"I17-authorities-are-on-record"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'AuthorityNotified'",
        {"I17-authorities-are-on-record"},
    ),
    (
        "update intake.emergency_access set requested_by_principal_id = decided_by_principal_id",
        {"I17-emergency-access-was-authorised"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'EmergencyAccessDecided'",
        {"I17-each-access-is-told"},
    ),
    (
        "insert into intake.consent_grant select (jsonb_populate_record(g,"
        ' \'{"line": 2, "effect": "DENY", "categories": 8, "purpose": "SERVICE_LEGAL"}\')).*'
        " from intake.consent_grant g",
        {"I17-who-is-excluded-stays-excluded", "I6-cells-are-what-was-signed"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'EmergencyReviewed'",
        {"I17-each-review-is-told"},
    ),
    (
        f"update intake.disclosure set told_by_agency_id = '{HOLDER}' where kind = 'VERBAL'",
        {"I17-told-by-the-sender"},
    ),
    (
        f"update intake.disclosure set referral_id = '{R2}' where kind = 'VERBAL'",
        {"I17-a-hand-over-ends-the-offer"},
    ),
]
