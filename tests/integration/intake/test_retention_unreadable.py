"""A record that nobody can read keeps nothing from being destroyed in time, neither others' nor its own."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from kernel.ids import BeneficiaryId
from services.intake.adapters.record_format import PROFILE
from services.intake.adapters.sealing import RecordAltered
from tests.support.merges import Merges
from tests.support.people import invented_person
from tests.support.retention import MONTH, YEAR, Retention

AWAY = "delete from intake.data_key where beneficiary_id = $1 and key_class = 'core'"
SEALED = "select category, version, key_id, ciphertext from sealed_record where beneficiary_id = $1"
DAMAGES = {
    "its key is gone": AWAY,
    "its key was altered": "update intake.data_key"
    " set wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))"
    " where beneficiary_id = $1 and key_class = 'core'",
    "the key of its epoch is gone": "update intake.data_key"
    " set epoch = 99, wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))"
    " where beneficiary_id = $1 and key_class = 'core'",
    "its bytes were altered": "update intake.sealed_record"
    " set ciphertext = set_byte(ciphertext, 20, 255 - get_byte(ciphertext, 20))"
    " where beneficiary_id = $1 and category = 'NAME'",
}


async def sealed_of(retention: Retention, person: BeneficiaryId) -> dict[str, Any]:
    return {row["category"]: row for row in await retention.intake.rows(SEALED, person)}


async def index_of(retention: Retention, person: BeneficiaryId) -> set[str]:
    rows = await retention.intake.rows("select field from blind_index where beneficiary_id = $1", person)
    return {row["field"] for row in rows}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_whoever_is_due_is_destroyed_behind_somebody_whose_record_cannot_be_read(
    retention: Retention, damage: str
) -> None:
    unreadable = await retention.intake.person()
    await retention.time_passes(MONTH)
    other = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.superuser.execute(damage, unreadable)
    before, keys = await sealed_of(retention, unreadable), await retention.key_ids(unreadable)
    with capture_logs() as lines:
        done = await retention.destroy()
    assert (done.people, done.unreadable_people, done.waiting_people) == (2, 1, 0)
    assert (await retention.fields(other) or {})["contacts"] == ()
    after = await sealed_of(retention, unreadable)
    assert {category for category in before if before[category] != after[category]} == {"SAFE_CONTACT"}
    assert (await retention.key_ids(unreadable))["contact"] != keys["contact"]
    assert "PHONE" not in await index_of(retention, unreadable)
    assert {"DOCUMENT", "CASE_CODE"} <= await index_of(retention, unreadable)
    gone = await retention.intake.rows("select beneficiary_id, key_id from destroyed_key")
    assert (unreadable, keys["contact"]) in {(row["beneficiary_id"], row["key_id"]) for row in gone}
    [line] = [line for line in lines if line["event"] == "record_unreadable"]
    assert str(unreadable) not in str(line)


async def test_what_should_stay_of_it_is_read_again_when_its_key_is_back(retention: Retention) -> None:
    one = invented_person()
    person = await retention.intake.open_vault.register(one, retention.intake.desk)
    await retention.superuser.execute("create table intake.aside as table intake.data_key")
    await retention.superuser.execute(AWAY, person)
    await retention.time_passes(2 * YEAR + MONTH)
    done = await retention.destroy()
    assert dict(done.people_by_class) == {"contact": 1, "sensitive": 1}
    assert await retention.fields(person) is None
    await retention.superuser.execute(
        "insert into intake.data_key select * from intake.aside where key_class = 'core'"
    )
    known = await retention.fields(person) or {}
    assert known["names"] == one.names
    assert (known["contacts"], known["documents"]) == ((), ())
    assert await index_of(retention, person) == {"CASE_CODE"}
    async with retention.intake.database.transaction(retention.intake.desk) as tx:
        rows = await tx.connection.fetch(
            "select * from vault_record where beneficiary_id = $1 and category = $2", person, PROFILE
        )
    assert retention.intake.parts.vault.open_profile(rows) != [None]
    with pytest.raises(Exception, match="read it again"):
        await retention.update(person, one, version=1)
    await retention.update(person, one)
    assert (await retention.fields(person) or {})["contacts"] != ()


async def test_where_only_what_is_due_was_damaged_the_rest_is_read_again(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    await retention.superuser.execute(
        DAMAGES["its bytes were altered"].replace("NAME", "SAFE_CONTACT"), person
    )
    with pytest.raises(RecordAltered):
        await retention.fields(person)
    assert (await retention.destroy()).unreadable_people == 1
    assert (await retention.fields(person) or {})["names"]


async def test_of_two_records_of_a_person_either_may_be_the_damaged_one(retention: Retention) -> None:
    kept, merged = await retention.intake.person(), await retention.intake.person()
    await Merges(retention.intake).merge(kept, merged)
    await retention.superuser.execute(AWAY, merged)
    await retention.time_passes(YEAR + MONTH)
    done = await retention.destroy()
    assert (dict(done.people_by_class), done.people, done.unreadable_people) == ({"contact": 1}, 1, 1)
    assert (await retention.fields(kept) or {})["contacts"] == ()
    assert len(await retention.intake.rows("select from destroyed_key")) == 2


async def test_who_has_nothing_left_to_keep_is_erased_unread(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.superuser.execute(DAMAGES["its bytes were altered"], person)
    await retention.time_passes(6 * YEAR)
    done = await retention.destroy()
    assert (done.erased_people, done.unreadable_people) == (1, 0)
    assert await retention.key_ids(person) == {}


async def test_it_goes_again_at_a_start_where_it_came_back_and_cannot_be_read(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.superuser.execute("create table intake.older as table intake.data_key")
    await retention.superuser.execute("create table intake.older_record as table intake.sealed_record")
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    await retention.superuser.execute("set session_replication_role = replica")
    for table in ("destroyed_key", "destruction", "data_key", "sealed_record"):
        await retention.superuser.execute(f"delete from intake.{table}")
    await retention.superuser.execute("insert into intake.data_key table intake.older")
    await retention.superuser.execute("insert into intake.sealed_record table intake.older_record")
    await retention.superuser.execute("set session_replication_role = origin")
    await retention.superuser.execute(AWAY, person)
    before = await retention.key_ids(person)
    assert await retention.start_again() == 1
    assert await retention.start_again() == 0
    assert (await retention.key_ids(person))["contact"] != before["contact"]
    assert not await retention.intake.rows("select from sealed_record where key_id = $1", before["contact"])
