"""The healthy hub's people of whom something is due: destroyed of one, held back of the other."""

from datetime import timedelta

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import NOW, SENDER, HealthyHub

OLD, HELD, DESTRUCTION, HOLD, LIFTED, GONE_KEY, PAPER, EMPTIED, DRAFT = (
    derived_id("check", name)
    for name in (
        *("old person", "held person", "destruction", "hold", "lifted hold", "gone key"),
        *("paper", "emptied paper", "draft"),
    )
)
LONG_AGO = NOW - timedelta(days=500)


async def plant_retention(hub: HealthyHub) -> None:
    """Both were registered more than a year ago, and nobody has heard of them since."""
    for person in (OLD, HELD):
        await hub.plant(
            "intake.beneficiary",
            beneficiary_id=person,
            version=1,
            profile_version=1,
            registered_by_agency_id=SENDER,
            registered_time=LONG_AGO,
        )
        await hub.intake_event("BeneficiaryRegistered", person)
        for key_class in ("core", "contact", "sensitive"):
            await hub.plant(
                "intake.data_key",
                beneficiary_id=person,
                key_class=key_class,
                key_id=derived_id("check", f"{person} {key_class}"),
                epoch=1,
                registered_by_agency_id=SENDER,
            )
    await hub.plant(
        "intake.destruction",
        destruction_id=DESTRUCTION,
        cause="DUE",
        rules_version=1,
        sealed_words=b"",
        destroyed_time=NOW,
    )
    await hub.plant(
        "intake.destroyed_key",
        key_id=GONE_KEY,
        destruction_id=DESTRUCTION,
        beneficiary_id=OLD,
        key_class="contact",
        due_time=NOW,
        destroyed_time=NOW,
        is_whole=False,
    )
    await hub.intake_event("RetentionDestroyed", DESTRUCTION)
    for hold_id, person, lifted in ((HOLD, HELD, False), (LIFTED, OLD, True)):
        await hub.plant(
            "intake.retention_hold",
            retention_hold_id=hold_id,
            beneficiary_id=person,
            ground="LEGAL_CLAIM",
            placed_time=NOW,
            **(
                {"sealed_lifting_words": b"", "lifted_by_principal_id": SENDER, "lifted_time": NOW}
                if lifted
                else {}
            ),
        )
        await hub.intake_event("RetentionHoldPlaced", hold_id)
    await hub.intake_event("RetentionHoldLifted", LIFTED, version=2)
    await hub.plant(
        "intake.draft",
        draft_id=DRAFT,
        beneficiary_id=HELD,
        sealed_content=bytes(28),
        begun_time=NOW,
        saved_time=NOW,
        expires_time=NOW + timedelta(hours=24),
    )
    for receipt_id, person, left in ((PAPER, HELD, True), (EMPTIED, OLD, False)):
        await hub.plant(
            "intake.receipt",
            receipt_id=receipt_id,
            request_id=receipt_id,
            beneficiary_id=person,
            form="PAPER",
            language="el",
            issued_time=LONG_AGO,
            valid_until_time=NOW + timedelta(days=300),
            **({"code_digest": bytes(32), "pin_digest": bytes(32), "sealed_content": b""} if left else {}),
            **({} if left else {"emptied_time": NOW}),
        )
