"""An agency that holds a referral asks for what it may see, over a real database."""

from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel import codes
from kernel.errors import KemError
from services.intake.domain.need import RecordedNeed
from tests.support.consented_people import EVERYTHING, OpenIntake, agreement_with, grant

A, B = uuid4(), uuid4()
NEEDED = codes.service_type("GREEK_A1").needed_mask


async def held_need(intake: OpenIntake, agency_id: UUID = A, categories: int = EVERYTHING) -> RecordedNeed:
    """A referral that the agency holds, with an agreement and consent to these categories."""
    person = await intake.person()
    await intake.agree(agreement_with(agency_id))
    await intake.consent(person, grant(agency_id, categories))
    need = await intake.need(person)
    await intake.accepted(need, agency_id)
    return need


async def refusals(intake: OpenIntake) -> list[str]:
    """Reasons of the refusals that were told, which must be those on record."""
    rows = await intake.rows(
        "select refusal_reason from disclosure where outcome = 'REFUSED' order by disclosed_time"
    )
    told = [
        DisclosureEvent.FromString(row["payload"]).disclosure_refused.reason
        for row in await intake.told("DisclosureRefused")
    ]
    assert told == [row["refusal_reason"] for row in rows]
    return told


async def is_refused(
    intake: OpenIntake, need: RecordedNeed, caller: Caller, kind: type[KemError], reason: str
) -> None:
    with pytest.raises(kind) as refusal:
        await intake.disclose(need, caller)
    assert refusal.value.stable_reason == reason
