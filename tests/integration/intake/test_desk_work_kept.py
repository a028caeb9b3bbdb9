"""Visits, appointments and tries to reach somebody: wherever data of a person are told, kept or destroyed."""

from typing import Any

import pytest

from services.intake.domain.rights_request import AskedBy
from tests.support.consented_people import OpenIntake
from tests.support.desk_work import PLACE, VISIT, DeskWork
from tests.support.merges import Merges
from tests.support.retention import YEAR, Retention
from tests.support.rights import Rights

SECTIONS = ("visits", "appointments", "contact_attempts")


async def exported(intake: OpenIntake, person: Any, **changes: Any) -> dict[str, Any]:
    rights = Rights(intake)
    asked = await rights.register(person, **changes)
    return await rights.document(asked.rights_request_id)


async def test_a_person_is_told_of_all_of_it_in_their_export(intake: OpenIntake) -> None:
    desk, person, other = DeskWork(intake), await intake.person(), await intake.person()
    visit, appointment = await desk.visit(person), await desk.appointment(person)
    await desk.attempt(person)
    for act in (desk.visit, desk.appointment, desk.attempt):
        await act(other)
    found = await exported(intake, person)
    [shown], [booked], [tried] = (found[name] for name in SECTIONS)
    assert (shown["visit_id"], tuple(shown["topics"])) == (str(visit), VISIT.topics)
    assert (shown["spoken_language"], shown["interpreter"]["reference"]) == ("ara", "Invented Interpreter")
    assert (booked["appointment_id"], booked["place"], booked["state"]) == (str(appointment), PLACE, "BOOKED")
    assert (tried["channel"], tried["result"], tried["by_holder"]) == ("PHONE", "NOT_REACHED", False)


async def test_others_who_ask_are_told_of_none_and_with_its_history_not_what_was_said(
    intake: OpenIntake,
) -> None:
    desk, person = DeskWork(intake), await intake.person()
    await desk.visit(person)
    await desk.appointment(person)
    found = await exported(intake, person, asked_by=AskedBy.SPOUSE)
    assert not set(SECTIONS) & set(found)
    rights = Rights(intake)
    asked = await rights.register(person, asked_by=AskedBy.GUARDIAN)
    await rights.protect(asked.rights_request_id, with_history=True)
    found = await rights.document(asked.rights_request_id)
    [shown], [booked] = found["visits"], found["appointments"]
    assert (shown["topics"], booked["place"]) == ([], "")


async def test_merged_records_tell_of_it_as_one_persons_and_what_was_written_meanwhile_is_shown(
    intake: OpenIntake,
) -> None:
    merges, desk = Merges(intake), DeskWork(intake)
    kept, merged = await merges.two()
    before = await desk.visit(merged)
    await merges.merge(kept, merged)
    written = [await desk.visit(kept), await desk.appointment(kept), await desk.attempt(kept)]
    assert {one.visit_id for one in await desk.visits(kept)} == {before, written[0]}
    assert len((await exported(intake, kept))["visits"]) == 2
    happened = (await merges.unmerge(merged)).happened
    told = {one.kind: one.id for one in happened if one.kind != "RIGHTS_REQUEST"}
    assert told == dict(zip(("VISIT", "APPOINTMENT", "CONTACT_ATTEMPT"), written, strict=True))


@pytest.mark.parametrize("what", ["visit", "appointment", "attempt"])
async def test_each_is_a_contact_that_begins_the_time_anew(retention: Retention, what: str) -> None:
    person = await retention.intake.person()
    await retention.time_passes(2 * YEAR)
    assert await retention.due() != {}
    await getattr(DeskWork(retention.intake), what)(person)
    assert await retention.due() == {}


async def test_what_was_said_goes_with_the_key_and_that_it_was_stays(retention: Retention) -> None:
    desk, person = DeskWork(retention.intake), await retention.intake.person()
    await desk.visit(person)
    await desk.appointment(person)
    await retention.time_passes(2 * YEAR + YEAR / 2)
    assert "sensitive" in await retention.due()
    await retention.destroy()
    [shown] = await desk.visits(person)
    assert shown.visit is None
    assert await desk.places(person) == [""]
    assert (await exported(retention.intake, person))["visits"][0]["topics"] == []


async def test_after_an_erasure_nothing_of_it_can_be_read(retention: Retention) -> None:
    desk, person = DeskWork(retention.intake), await retention.intake.person()
    await desk.visit(person)
    await desk.appointment(person)
    await retention.erase_by_right(person)
    rows = await retention.intake.rows("select document from erasure")
    for table in ("visit", "appointment"):
        assert f'"rows_of":"{table}"' in rows[0]["document"]
    assert await retention.intake.rows("select from data_key") == []
