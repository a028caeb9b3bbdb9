"""The healthy hub's register of rights: one request that was extended and answered."""

from datetime import UTC, datetime

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import NOW, PERSON, SENDER, HealthyHub

RIGHTS_REQUEST = derived_id("check", "rights request")


async def plant_rights(hub: HealthyHub) -> None:
    """R1's person asked on the last day of a long month, by summer time, and had an answer by winter time."""
    await hub.plant(
        "intake.rights_request",
        rights_request_id=RIGHTS_REQUEST,
        beneficiary_id=PERSON,
        agency_id=SENDER,
        asked_right="ACCESS",
        asked_by="SELF",
        received_time=datetime(2025, 8, 31, 10, tzinfo=UTC),
        registered_time=datetime(2025, 8, 31, 11, tzinfo=UTC),
        due_time=datetime(2025, 11, 30, 22, tzinfo=UTC),
        extension_ground="COMPLEXITY",
        extended_by_principal_id=derived_id("check", "officer"),
        extension_told_time=datetime(2025, 9, 30, 20, tzinfo=UTC),
        answer="FULFILLED",
        decided_by_principal_id=derived_id("check", "officer"),
        answer_told_time=NOW,
        answered_time=NOW,
    )
    for version, kind in enumerate(("Registered", "Extended", "Answered"), start=1):
        await hub.intake_event(f"RightsRequest{kind}", RIGHTS_REQUEST, SENDER, version=version)
