"""The healthy hub's register of rights: one request, extended, fulfilled by an export and answered."""

from datetime import UTC, datetime
from hashlib import sha256

from kernel.ids import derived_id
from tests.integration.check.healthy_hub import EARLIER, NOW, PERSON, SENDER, HealthyHub

RIGHTS_REQUEST, EXPORT = derived_id("check", "rights request"), derived_id("check", "export")
COMPLAINT, ERASURE, CERTIFICATE, ERASED = (
    derived_id("check", name) for name in ("complaint", "erasure", "certificate", "erased person")
)


async def plant_rights(hub: HealthyHub) -> None:
    """A guardian asked on the last day of a long month, by summer time, and had an answer by winter time.

    An officer had allowed them a category beyond those that are sealed as core.
    """
    await hub.plant(
        "intake.rights_request",
        rights_request_id=RIGHTS_REQUEST,
        beneficiary_id=PERSON,
        agency_id=SENDER,
        asked_right="ACCESS",
        asked_by="GUARDIAN",
        received_time=datetime(2025, 8, 31, 10, tzinfo=UTC),
        registered_time=datetime(2025, 8, 31, 11, tzinfo=UTC),
        due_time=datetime(2025, 11, 30, 22, tzinfo=UTC),
        extension_ground="COMPLEXITY",
        extended_by_principal_id=derived_id("check", "officer"),
        extension_told_time=datetime(2025, 9, 30, 20, tzinfo=UTC),
        protection_mask=4,
        protection_history=False,
        protection_decided_by_principal_id=derived_id("check", "protector"),
        protection_decided_time=EARLIER,
        answer="FULFILLED",
        fulfilled_by_id=EXPORT,
        decided_by_principal_id=derived_id("check", "officer"),
        answer_told_time=NOW,
        answered_time=NOW,
    )
    for version, kind in enumerate(("Registered", "Extended", "ProtectionDecided", "Answered"), start=1):
        name = kind if kind.startswith("Protection") else f"Request{kind}"
        await hub.intake_event(f"Rights{name}", RIGHTS_REQUEST, SENDER, version=version)
    await hub.plant(
        "intake.disclosure",
        disclosure_id=EXPORT,
        request_id=derived_id("check", "export request"),
        outcome="GIVEN",
        kind="SUBJECT",
        rights_request_id=RIGHTS_REQUEST,
        identity_proof="DOCUMENT_SEEN",
        beneficiary_id=PERSON,
        told_by_agency_id=SENDER,
        legal_bases=["LEGAL_OBLIGATION"],
        asked_mask=5,
        given_mask=5,
        disclosed_time=NOW,
    )
    await hub.intake_event("RightsExportGiven", EXPORT, SENDER)
    await hub.plant(
        "intake.complaint",
        complaint_id=COMPLAINT,
        kind="HELP",
        received_time=datetime(2026, 1, 31, 10, tzinfo=UTC),
        due_time=datetime(2026, 2, 28, 22, tzinfo=UTC),
        finding="NOT_UPHELD",
        answered_by_principal_id=derived_id("check", "officer"),
        answered_time=NOW,
    )
    for version, kind in enumerate(("Registered", "Answered"), start=1):
        await hub.intake_event(f"Complaint{kind}", COMPLAINT, COMPLAINT, version=version)
    await _plant_erasure(hub)


async def _plant_erasure(hub: HealthyHub) -> None:
    """Somebody else asked to be erased, was, and was told so."""
    await hub.plant(
        "intake.beneficiary", beneficiary_id=ERASED, version=1, profile_version=1, erased_time=EARLIER
    )
    await hub.plant(
        "intake.rights_request",
        rights_request_id=ERASURE,
        beneficiary_id=ERASED,
        agency_id=SENDER,
        asked_right="ERASURE",
        asked_by="SELF",
        received_time=datetime(2026, 1, 31, 10, tzinfo=UTC),
        due_time=datetime(2026, 2, 28, 22, tzinfo=UTC),
        answer="FULFILLED",
        decided_by_principal_id=derived_id("check", "officer"),
        answer_told_time=NOW,
        answered_time=NOW,
    )
    for version, kind in enumerate(("Registered", "Answered"), start=1):
        await hub.intake_event(f"RightsRequest{kind}", ERASURE, SENDER, version=version)
    await hub.plant(
        "intake.erasure",
        certificate_id=CERTIFICATE,
        rights_request_id=ERASURE,
        agency_id=SENDER,
        identity_proof="DOCUMENT_SEEN",
        document="{}",
        document_sha256=sha256(b"{}").digest(),
        erased_time=EARLIER,
    )
    await hub.intake_event("RightsErasureDone", CERTIFICATE, SENDER)
