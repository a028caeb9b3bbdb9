"""The healthy hub's other record of its person: merged into theirs, and a pair that was un-merged again."""

from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import EARLIER, NOW, PERSON, SENDER, HealthyHub

MERGE, UNMERGED, OTHER, THIRD = (
    derived_id("check", name) for name in ("merge", "unmerged", "other record", "third record")
)


async def plant_merges(hub: HealthyHub) -> None:
    """Nothing was said on the other record."""
    for record in (OTHER, THIRD):
        await hub.plant(
            "intake.beneficiary",
            beneficiary_id=record,
            version=1,
            profile_version=1,
            registered_by_agency_id=SENDER,
        )
        await hub.intake_event("BeneficiaryRegistered", record)
    await hub.connection.execute(
        "update intake.beneficiary set registered_by_agency_id = $1 where beneficiary_id = $2", SENDER, PERSON
    )
    for merge_id, record, unmerged_time in ((MERGE, OTHER, None), (UNMERGED, THIRD, NOW)):
        await hub.plant(
            "intake.beneficiary_merge",
            merge_id=merge_id,
            merged_beneficiary_id=record,
            kept_beneficiary_id=PERSON,
            agency_id=SENDER,
            merged_time=EARLIER - timedelta(hours=1),
            unmerged_time=unmerged_time,
            **(
                {"sealed_unmerge_words": b"", "unmerged_by_principal_id": SENDER, "unmerge_acting_person": ""}
                if unmerged_time
                else {}
            ),
        )
        await hub.intake_event("BeneficiariesMerged", merge_id, record)
    await hub.intake_event("BeneficiariesUnmerged", UNMERGED, THIRD, version=2)
