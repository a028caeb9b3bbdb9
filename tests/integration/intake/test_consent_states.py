"""What becomes of consent beside giving and taking it: each state is a row; only an end closes anything."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.domain.cells import GrantEffect, compile_cells
from services.intake.domain.consent import ConsentAnswer, ConsentEnding
from services.intake.use_cases.end_consent import EndConsent, EndedConsent, end_consent
from services.intake.use_cases.record_consent_state import RecordConsentState, record_consent_state
from services.intake.use_cases.tell_consent_moments import tell_consent_moments
from tests.integration.chassis.waiting import until
from tests.support.consented_people import OpenIntake, agreement_with, grant, member_of

A, B = uuid4(), uuid4()
HOUR = timedelta(hours=1)


async def _cells(intake: OpenIntake, person: BeneficiaryId) -> dict[object, object]:
    rows = await intake.rows(f"select {CELL_COLUMNS} from grant_cell where beneficiary_id = $1", person)
    return {row["cell_id"]: cell_from(row) for row in rows}


async def _tell(intake: OpenIntake) -> int:
    async with intake.worker.transaction(Caller.of_service("intake")) as tx:
        return await tell_consent_moments(tx, PostgresConsentMoments(), intake.parts.recalls)


async def _say(intake: OpenIntake, person: BeneficiaryId, answer: ConsentAnswer, **more: Any) -> datetime:
    command = RecordConsentState(uuid4(), person, answer, **more)
    async with intake.database.transaction(intake.desk) as tx:
        return await record_consent_state(command, tx, intake.parts.people, intake.parts.consents)


async def _end(
    intake: OpenIntake,
    person: BeneficiaryId,
    consent_id: ConsentId,
    ending: ConsentEnding = ConsentEnding.INVALIDATED,
    by: Caller | None = None,
) -> EndedConsent:
    command = EndConsent(uuid4(), person, consent_id, ending)
    async with intake.database.transaction(by or intake.desk) as tx:
        return await end_consent(
            command, tx, intake.parts.people, intake.parts.consents, intake.parts.recalls
        )


async def _states(intake: OpenIntake) -> list[str]:
    rows = await intake.rows("select state, sequence from consent_event order by sequence")
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    told = [
        IntakeEvent.FromString(row["payload"])
        for row in await intake.told("ConsentRecorded", "ConsentWithdrawn", "ConsentStateRecorded")
    ]
    assert [one.aggregate_version for one in told] == [row["sequence"] for row in rows]
    return [row["state"] for row in rows]


async def test_what_neither_gives_nor_takes_is_on_record_and_changes_nothing(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(person, grant(A))
    before = await _cells(intake, person)
    await _say(intake, person, ConsentAnswer.REQUESTED)
    await _say(intake, person, ConsentAnswer.DEFERRED, agency_id=AgencyId(B))
    await _say(intake, person, ConsentAnswer.REFUSED, agency_id=AgencyId(B))
    assert await _states(intake) == ["GIVEN", "REQUESTED", "DEFERRED", "REFUSED"]
    assert await _cells(intake, person) == before
    with pytest.raises(Invalid) as refusal:
        await _say(intake, person, ConsentAnswer.REFUSED, happened_time=datetime.now(UTC) + HOUR)
    assert refusal.value.stable_reason == "HAPPENED_IN_FUTURE"


@pytest.mark.parametrize("ending", ConsentEnding)
async def test_a_record_that_the_hub_ends_gives_nothing_more_and_the_others_stay(
    intake: OpenIntake, ending: ConsentEnding
) -> None:
    await intake.agree(agreement_with(A))
    person = await intake.person()
    first = await intake.consent(person, grant(A), grant(B, effect=GrantEffect.DENY))
    need = await intake.need(person)
    await intake.accepted(need, A)
    assert (await _end(intake, person, first, ending)).grants_closed == 1
    with pytest.raises(RuleBroken) as refusal:
        await intake.disclose(need, member_of(A))
    assert refusal.value.stable_reason == "CONSENT_NOT_IN_FORCE"
    [denial] = await intake.rows("select effect from grant_cell where withdrawn_time is null")
    assert denial["effect"] == "DENY"
    second = await intake.consent(person, grant(A))
    with pytest.raises(RuleBroken) as refusal:
        await _end(intake, person, first, ending)
    assert refusal.value.stable_reason == "CONSENT_ENDED"
    assert (await intake.disclose(need, member_of(A))).given_mask
    assert await _states(intake) == ["GIVEN", ending, "GIVEN"]
    async with intake.worker.transaction(intake.desk) as tx:
        events = await intake.parts.consents.events(tx, person)
    assert {cell.cell_id: cell for cell in compile_cells(events)} == await _cells(intake, person)
    await _end(intake, person, second, ending)


async def test_only_a_consent_of_an_own_person_is_ended(intake: OpenIntake) -> None:
    person, other = await intake.person(), await intake.person()
    consent_id = await intake.consent(person, grant(A))
    for whose, by, reason in (
        (other, None, "CONSENT_NOT_FOUND"),
        (person, member_of(A), "BENEFICIARY_NOT_FOUND"),
    ):
        with pytest.raises(NotFound) as refusal:
            await _end(intake, whose, consent_id, by=by)
        assert refusal.value.stable_reason == reason
    assert await _states(intake) == ["GIVEN"]


async def test_a_consent_that_ends_by_time_is_on_record_as_expired_once(intake: OpenIntake) -> None:
    person, soon = await intake.person(), datetime.now(UTC) + timedelta(seconds=2)
    for _ in range(2):
        await intake.consent(person, grant(A), valid_until_time=soon)
    ended = await intake.consent(person, grant(B), valid_until_time=soon)
    await _end(intake, person, ended)
    await intake.consent(person, grant(B))
    assert await _tell(intake) == 0
    await until(lambda: datetime.now(UTC) > soon)
    assert [await _tell(intake), await _tell(intake)] == [1, 0]
    assert await _states(intake) == ["GIVEN", "GIVEN", "GIVEN", "INVALIDATED", "GIVEN", "EXPIRED", "EXPIRED"]
    expired = await intake.rows("select consent_id, happened_time from consent_event where state = 'EXPIRED'")
    assert len({row["consent_id"] for row in expired} - {ended}) == 2
    assert {row["happened_time"] for row in expired} == {soon}
