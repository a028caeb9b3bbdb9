"""What breaks records that are seen as one person's, and what was denied on one of them."""

import json
from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import CONSENT, EARLIER, PERSON
from tests.integration.check.healthy_merges import MERGE, OTHER, THIRD, UNMERGED

_ON_OTHER = {"consent_id": str(derived_id("check", "denial")), "beneficiary_id": str(OTHER)}
_EVENT = {"consent_event_id": str(derived_id("check", "denial event"))}
_DENIAL = {
    "consent": json.dumps(_ON_OTHER | {"receipt_id": str(OTHER)}),
    "consent_grant": json.dumps(_ON_OTHER | {"effect": "DENY"}),
    "consent_event": json.dumps(_ON_OTHER | _EVENT),
    "grant_cell": json.dumps(_ON_OTHER | _EVENT | {"effect": "DENY", "cell_id": str(OTHER)}),
}

BREAKS = [
    (
        f"update intake.beneficiary_merge set unmerged_time = null, kept_beneficiary_id = '{OTHER}'"
        f" where merge_id = '{UNMERGED}'",
        {"I20-merged-in-one-step"},
    ),
    (
        f"update intake.beneficiary set registered_by_agency_id = gen_random_uuid()"
        f" where beneficiary_id = '{THIRD}'",
        {"I20-merged-in-one-step"},
    ),
    (
        f"update intake.beneficiary set erased_time = now() where beneficiary_id = '{OTHER}'",
        {"I20-erased-together"},
    ),
    (
        f"update intake.beneficiary_merge set merged_beneficiary_id = '{PERSON}', merged_time = '2000-01-01',"
        f" kept_beneficiary_id = '{OTHER}' where merge_id = '{MERGE}'",
        {"I20-needs-go-to-the-kept-one"},
    ),
    (
        f"update intake.event_log set aggregate_id = gen_random_uuid() where aggregate_id = '{MERGE}'",
        {"I20-each-merge-is-told"},
    ),
    (
        # merged after the officer had decided, and given all the same
        f"update intake.beneficiary_merge set merged_time = '{EARLIER + timedelta(minutes=1)}'"
        f" where merge_id = '{MERGE}'",
        {"I18-a-person-is-given-by-their-request"},
    ),
    (
        # frozen on the other record, and given on this one
        "insert into intake.consent_freeze (consent_freeze_id, beneficiary_id, frozen_by_agency_id,"
        f" frozen_by_principal_id, frozen_time, sealed_words) select gen_random_uuid(), '{OTHER}',"
        " gen_random_uuid(), gen_random_uuid(), disclosed_time, '' from intake.disclosure limit 1",
        {"I6-permitted-when-given", "I7-no-offer-outlives-its-consent"},
    ),
    (
        # denied on the other record, and given on this one
        ";".join(
            f"insert into intake.{table} select (jsonb_populate_record(one, '{changes}')).*"
            f" from intake.{table} one where consent_id = '{CONSENT}'"
            for table, changes in _DENIAL.items()
        ),
        {"I6-permitted-when-given", "I7-no-offer-outlives-its-consent", "I19-what-ended-is-asked-back"},
    ),
]
