"""The healthy hub's other record of its person: merged into theirs, and a pair that was un-merged again."""

from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import EARLIER, NOW, PERSON, SENDER, HealthyHub
from tests.integration.check.healthy_rights import RIGHTS_REQUEST

MERGE, UNMERGED, OTHER, THIRD, EXPORT_OF_OTHER = (
    derived_id("check", name)
    for name in ("merge", "unmerged", "other record", "third record", "export of the other record")
)


async def plant_merges(hub: HealthyHub) -> None:
    """Nothing was said on the other record; it was exported with the person's."""
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
    await hub.plant(
        "intake.disclosure",
        disclosure_id=EXPORT_OF_OTHER,
        request_id=EXPORT_OF_OTHER,
        outcome="GIVEN",
        kind="SUBJECT",
        rights_request_id=RIGHTS_REQUEST,
        identity_proof="DOCUMENT_SEEN",
        beneficiary_id=OTHER,
        told_by_agency_id=SENDER,
        legal_bases=["LEGAL_OBLIGATION"],
        asked_mask=5,
        given_mask=5,
        disclosed_time=NOW,
    )
    await hub.intake_event("RightsExportGiven", EXPORT_OF_OTHER, SENDER)
