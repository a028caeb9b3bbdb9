"""What breaks what is asked back."""

from tests.integration.check.healthy_hub import HANDOVER

BREAKS = [
    (
        "delete from intake.corrected_disclosure;"
        "delete from intake.recalled_disclosure; delete from intake.recall",
        {
            "I19-corrections-reach-who-was-told-before",
            "I19-what-ended-is-asked-back",
            "I2-only-facts-are-delivered",
        },
    ),
    (
        "update intake.beneficiary set erased_time = now()",
        {
            "I19-what-ended-is-asked-back",
            "I21-no-paper-outlives-what-it-tells",
            "I21-no-draft-outlives-its-day",
        },
    ),
    (
        f"update intake.recalled_disclosure set disclosure_id = '{HANDOVER}'",
        {"I19-a-recall-is-of-what-was-given", "I19-what-ended-is-asked-back"},
    ),
    (
        "delete from intake.corrected_disclosure",
        {"I19-corrections-reach-who-was-told-before", "I19-a-recall-is-of-what-was-given"},
    ),
    (
        "update intake.recall set kept_mask = 0",
        {"I19-an-answer-covers-what-was-given"},
    ),
    (
        "update intake.recall set kept_ground = ''",
        {"I19-an-answer-covers-what-was-given"},
    ),
    (
        "update intake.recalled_disclosure set is_in_between = true",
        {"I19-what-was-given-in-between-is-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RecallAcknowledged'",
        {"I19-each-recall-is-told", "I2-only-facts-are-delivered"},
    ),
]
