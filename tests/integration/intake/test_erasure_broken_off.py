"""An erasure by request whose commit was lost has its certificate at the next start, once."""

import json
from typing import Any

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.ids import BeneficiaryId
from services.intake.adapters.begun_erasures import BegunErasures
from services.intake.adapters.tombstones import Tombstones
from tests.support.merges import Merges
from tests.support.recalls import Recalls
from tests.support.retention import Retention
from tests.support.telephone import A
from tests.support.vault import DPO


async def broken_off(
    retention: Retention,
    monkeypatch: pytest.MonkeyPatch,
    *records: BeneficiaryId,
    where: type[Any] = Tombstones,
) -> None:
    """The process ends when this file has its line; what the database had heard is lost."""
    write = where.add

    def written_and_killed(*arguments: Any) -> None:
        write(*arguments)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(where, "add", written_and_killed)
        with pytest.raises(ConnectionError):
            await retention.erase_by_right(*records)


async def certificates(retention: Retention) -> list[dict[str, Any]]:
    rows = await retention.intake.rows("select document from erasure order by erased_time")
    return [json.loads(row["document"]) for row in rows]


async def test_the_certificate_comes_with_the_erasure_as_if_nothing_had_happened(
    retention: Retention, recalls: Recalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = []
    for _ in range(2):
        person = await recalls.person_who_allows(A)
        await recalls.given(person, A)
        people.append(person)
    lost, other = people
    await broken_off(retention, monkeypatch, lost)
    assert await retention.fields(lost) is not None
    assert await certificates(retention) == []
    keys = set((await retention.key_ids(lost)).values())
    await retention.erase_by_right(other)
    await retention.start_again()
    await retention.start_again()
    assert await retention.fields(lost) is None
    first, second = await certificates(retention)
    assert {one["key_id"] for one in first["destroyed"]["keys"]} == {str(one) for one in keys}
    assert first["decided_by"] == {"principal_id": str(DPO.principal_id), "role": "dpo"}
    [stone, _] = Tombstones(retention.keys_folder).read()
    assert first["erased_time"] == stone.erased_time.isoformat()
    for same in ("recipients", "kept", "kept_or_not"):
        assert first[same] == second[same], same
    assert [one["agency_id"] for one in first["recipients"]] == [str(A)]
    assert [one["answer"] for one in first["answers"]] == ["NOT_YET"]
    told = await retention.intake.told("RightsErasureDone")
    facts = [DisclosureEvent.FromString(one["payload"]).rights_erasure_done for one in told]
    kept = await retention.intake.rows("select certificate_id, document_sha256 from erasure")
    assert {(one.certificate_id, one.sha256) for one in facts} == {
        (str(row["certificate_id"]), row["document_sha256"]) for row in kept
    }


async def test_an_officer_who_tries_again_before_the_next_start_has_the_one_certificate(
    retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await retention.intake.person()
    await broken_off(retention, monkeypatch, person)
    await retention.erase_by_right(person)
    before = await certificates(retention)
    await retention.start_again()
    assert await certificates(retention) == before
    assert len(before) == 1


async def test_what_was_broken_off_before_its_tombstone_is_not_done(
    retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await retention.intake.person()
    await broken_off(retention, monkeypatch, person, where=BegunErasures)
    await retention.start_again()
    assert await retention.fields(person) is not None
    assert await certificates(retention) == []


async def test_all_records_of_a_person_are_on_the_one_certificate(
    retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, merged = await retention.intake.person(), await retention.intake.person()
    await Merges(retention.intake).merge(kept, merged)
    await broken_off(retention, monkeypatch, kept, merged)
    await retention.start_again()
    assert [await retention.fields(one) for one in (kept, merged)] == [None, None]
    [row] = await retention.intake.rows("select beneficiary_ids from erasure")
    assert set(row["beneficiary_ids"]) == {kept, merged}
    [document] = await certificates(retention)
    assert len(document["destroyed"]["keys"]) == 6


@pytest.mark.parametrize("is_known", [True, False])
async def test_an_older_database_certifies_again_what_it_knows_was_asked_for(
    retention: Retention, is_known: bool
) -> None:
    person, other = await retention.intake.person(), await retention.intake.person()
    await retention.superuser.execute("create table intake.older as table intake.data_key")
    await retention.erase_by_right(person)
    await retention.superuser.execute("set session_replication_role = replica")
    for table in ("erasure", "data_key", *(() if is_known else ("rights_request",))):
        await retention.superuser.execute(f"delete from intake.{table}")
    await retention.superuser.execute("insert into intake.data_key table intake.older")
    await retention.superuser.execute("update intake.beneficiary set erased_time = null")
    await retention.superuser.execute("set session_replication_role = origin")
    await retention.start_again()
    assert await retention.key_ids(person) == {}
    assert await retention.fields(other) is not None
    assert len(await certificates(retention)) == is_known
