"""What was kept long enough is destroyed for good, and the rest is not."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import RuleBroken
from services.intake.adapters.postgres_key_rolls import PostgresKeyRolls
from services.intake.adapters.sealing import RecordAltered
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.beneficiary import Beneficiary, Birth, Guardian
from services.intake.domain.identifiers import IdentifierField
from services.intake.domain.rights_request import Right
from services.intake.use_cases.search_beneficiaries import IdentifierText
from tests.support.consented_people import agreement_with, bits, grant, member_of
from tests.support.merges import Merges
from tests.support.people import invented_person
from tests.support.recalls import Recalls
from tests.support.retention import MONTH, WORDS, YEAR, Retention
from tests.support.rights import Rights
from tests.support.telephone import A


async def test_what_is_due_is_gone_and_the_rest_is_read_as_before(retention: Retention) -> None:
    one = invented_person()
    person = await retention.intake.open_vault.register(one, retention.intake.desk)
    before = await retention.key_ids(person)
    await retention.time_passes(2 * YEAR + MONTH)
    done = await retention.destroy()
    assert dict(done.people_by_class) == {"contact": 1, "sensitive": 1}
    assert (done.people, done.erased_people, done.waiting_people) == (1, 0, 0)
    known = await retention.fields(person)
    assert known is not None
    code = known.pop("case_code")
    nothing = Beneficiary()
    for name in ("contacts", "legal_status", "documents", "amka", "specific_needs", "district"):
        assert known[name] == getattr(nothing, name), f"{name} should be gone"
    for name in ("names", "birth", "sex", "nationality", "languages", "household"):
        assert known[name] == getattr(one, name), f"{name} should have stayed"
    after = await retention.key_ids(person)
    assert after["core"] == before["core"]
    assert {before["contact"], before["sensitive"]}.isdisjoint(after.values())
    assert not await retention.intake.rows(
        "select from sealed_record where key_id = any($1)", [before["contact"], before["sensitive"]]
    )
    vault = retention.intake.open_vault
    assert await vault.find(IdentifierText(IdentifierField.PHONE, one.contacts[0].value)) == []
    assert len(await vault.find(IdentifierText(IdentifierField.CASE_CODE, code))) == 1


async def test_it_is_on_record_and_told_without_a_person(retention: Retention) -> None:
    person = await retention.intake.person()
    before = await retention.key_ids(person)
    await retention.time_passes(YEAR + MONTH)
    done = await retention.destroy()
    [row] = await retention.intake.rows("select * from destruction")
    assert (row["destruction_id"], row["cause"], row["rules_version"]) == (done.destruction_id, "DUE", 1)
    assert WORDS.encode() not in row["sealed_words"]
    [gone] = await retention.intake.rows("select * from destroyed_key")
    assert (gone["key_id"], gone["key_class"], gone["is_whole"]) == (before["contact"], "contact", False)
    [event] = await retention.intake.told("RetentionDestroyed")
    fact = DisclosureEvent.FromString(event["payload"]).retention_destroyed
    assert [(one.category, one.people) for one in fact.categories] == [("SAFE_CONTACT", 1)]
    assert (fact.erased_people, fact.is_restored) == (0, False)
    assert str(person).encode() not in event["payload"]
    [stone] = Tombstones(retention.keys_folder).read()
    assert (stone.beneficiary_id, stone.key_id) == (person, before["contact"])
    look = await retention.look()
    assert {one.rule.key_class: one.standing.destroyed_people for one in look.standings}["contact"] == 1


async def test_nothing_is_destroyed_twice_and_what_is_said_anew_is_kept(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    assert await retention.due() == {}
    assert (await retention.destroy()).destruction_id is None
    assert len(await retention.intake.rows("select from destruction")) == 1
    anew = invented_person()
    await retention.update(person, anew)
    assert len((await retention.fields(person) or {})["contacts"]) == len(anew.contacts) > 0
    assert await retention.due() == {}
    assert await retention.start_again() == 0, "a tombstone is of a key, not of what is said anew"
    assert len((await retention.fields(person) or {})["contacts"]) == len(anew.contacts) > 0
    await retention.time_passes(YEAR + MONTH)
    assert await retention.due() == {"contact": 1}


async def test_who_has_read_before_does_not_bring_it_back(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    with pytest.raises(Exception, match="read it again"):
        await retention.update(person, invented_person(), version=1)


async def test_whoever_has_nothing_left_to_keep_is_erased_and_agencies_are_asked(
    retention: Retention, recalls: Recalls
) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    await retention.ended(need)
    await retention.time_passes(YEAR)
    await recalls.tell()  # consent has ended
    [recall] = await recalls.open()
    await recalls.answer(recall, kept=("NAME",))
    await retention.time_passes(6 * YEAR)
    done = await retention.destroy()
    assert (done.people, done.erased_people) == (1, 1)
    assert await retention.fields(person) is None
    assert await retention.key_ids(person) == {}
    [again] = await recalls.open()
    assert (again.cause, again.recalled_mask) == ("ERASED", bits("NAME"))
    [stone] = Tombstones(retention.keys_folder).read()
    assert (stone.beneficiary_id, stone.key_id) == (person, None)
    assert {row["is_whole"] for row in await retention.intake.rows("select is_whole from destroyed_key")} == {
        True
    }


async def test_a_child_s_guardian_is_gone_with_the_child_s_own_key(retention: Retention) -> None:
    born = Birth(date(datetime.now(UTC).year - 9, 1, 1), estimated=True)
    person = await retention.intake.person(birth=born, guardian=Guardian("Mariam Sample", "PARENT"))
    await retention.time_passes(2 * YEAR + MONTH)
    done = await retention.destroy()
    assert dict(done.people_by_class) == {"contact": 1, "sensitive": 1, "child": 1}
    assert set(await retention.key_ids(person)) == {"core", "contact", "sensitive"}
    assert (await retention.fields(person) or {}).get("guardian") is None


async def test_words_are_gone_with_their_key_and_new_ones_are_kept(retention: Retention) -> None:
    rights = Rights(retention.intake)
    person = await retention.intake.person()
    asked = await rights.register(person, Right.ACCESS)
    await rights.export(asked.rights_request_id)
    await rights.answer(asked.rights_request_id)
    need = await retention.intake.need(person, note="Her cousin Farid waits.")
    await retention.ended(need)
    [row] = await retention.intake.rows("select sealed_note from need")
    await retention.time_passes(2 * YEAR + MONTH)
    await retention.destroy()
    vault = retention.intake.parts.vault
    old = (person, need.need_id, row["sealed_note"])
    async with retention.intake.database.transaction(retention.intake.desk) as tx:
        assert await vault.open_texts(tx, [old]) == [None]
        [sealed] = await vault.seal_texts(tx, [(person, need.need_id, "said anew")])
        assert sealed is not None
        assert await vault.open_texts(tx, [(person, need.need_id, sealed), old]) == ["said anew", None]
        stranger = await retention.intake.open_vault.register(invented_person(), retention.intake.desk)
        [of_other] = await vault.seal_texts(tx, [(stranger, need.need_id, "of somebody else")])
        assert of_other is not None
        with pytest.raises(RecordAltered):
            await vault.open_texts(tx, [(person, need.need_id, of_other)])
    to_see = await rights.register(person, Right.ACCESS)
    exported = await rights.export(to_see.rights_request_id)
    assert exported is not None, "whoever asks for their data is shown what is left"


async def test_agencies_are_given_what_is_permitted_and_nothing_fails(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    await retention.intake.agree(agreement_with(A))
    await retention.intake.consent(person, grant(A, bits("NAME", "SAFE_CONTACT")))
    need = await retention.intake.need(person)
    await retention.intake.accepted(need, A)
    given = await retention.intake.disclose(need, member_of(A))
    assert given.given_mask == bits("NAME", "SAFE_CONTACT")
    assert given.fields["contacts"] == ()
    assert given.fields["names"]


async def test_all_records_of_a_person_are_destroyed_together(retention: Retention) -> None:
    first, second = await retention.intake.person(), await retention.intake.person()
    await Merges(retention.intake).merge(second, first)
    await retention.time_passes(YEAR + MONTH)
    done = await retention.destroy()
    assert dict(done.people_by_class) == {"contact": 1}
    for record in (first, second):
        assert (await retention.fields(record) or {})["contacts"] == ()
    await retention.time_passes(5 * YEAR)
    assert (await retention.destroy()).erased_people == 1
    assert [await retention.fields(record) for record in (first, second)] == [None, None]


async def test_two_officers_at_once_destroy_each_once_and_some_people_at_a_time(retention: Retention) -> None:
    people = [await retention.intake.person() for _ in range(5)]
    await retention.time_passes(YEAR + MONTH)
    assert (await retention.destroy(most=1)).waiting_people == 4
    both = await asyncio.gather(retention.destroy(most=2), retention.destroy(most=2))
    assert sum(one.people for one in both) in (2, 4)
    while (await retention.destroy(most=2)).waiting_people:
        pass
    rows = await retention.intake.rows("select beneficiary_id from destroyed_key")
    assert sorted(row["beneficiary_id"] for row in rows) == sorted(people)


async def test_a_hold_that_comes_between_look_and_destruction_holds(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    assert await retention.due() == {"contact": 1}
    await retention.hold(person)
    assert (await retention.destroy()).people == 0
    with pytest.raises(RuleBroken) as refusal:
        await retention.erase_by_right(person)
    assert refusal.value.stable_reason == "RETENTION_HOLD_STANDS"


async def test_what_was_destroyed_waits_for_the_next_roll_of_the_keys(retention: Retention) -> None:
    await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    async with retention.intake.worker.transaction(retention.intake.desk) as tx:
        assert (await PostgresKeyRolls().waiting_erasures(tx)).people == 1
