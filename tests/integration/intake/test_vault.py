"""The vault over a real PostgreSQL: what is kept, who can read it, and what the tables give away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kernel import codes
from kernel.errors import NotFound, NotPermitted, VersionConflict
from kernel.ids import BeneficiaryId
from kernel.vocabulary import AgeBand, StatusAnswer
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.beneficiary import Birth, Contact, ContactKind, Document, Guardian, OptionalText
from services.intake.domain.identifiers import IdentifierField
from services.intake.use_cases.duplicate_person import DuplicatePerson
from services.intake.use_cases.get_beneficiary import ShownBeneficiary, get_beneficiary
from services.intake.use_cases.search_beneficiaries import IdentifierText
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.support.people import invented_amka, invented_person
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.vault import OpenVault, open_vault, worker_of

METHOD = "/kem.intake.v1.IntakeService/Any"
INTERNAL = Caller.of_service("referral")


@pytest.fixture
def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return fresh_database(schemas=("intake",))


@pytest.fixture
async def opened(fresh: FreshDatabase, tmp_path: Path) -> AsyncIterator[OpenVault]:
    async with open_vault(fresh, tmp_path) as opened:
        yield opened


async def _shown(opened: OpenVault, person: BeneficiaryId, caller: Caller) -> ShownBeneficiary:
    async with opened.database.transaction(caller) as tx:
        return await get_beneficiary(person, METHOD, tx, opened.people)


async def _found(
    opened: OpenVault, field: IdentifierField, text: str, caller: Caller | None = None
) -> list[BeneficiaryId]:
    found = await opened.find(IdentifierText(field, text), caller)
    return [person.beneficiary_id for person in found]


async def test_a_registered_person_is_read_back_as_they_were_told(opened: OpenVault) -> None:
    told = invented_person(amka=OptionalText(invented_amka(7)))
    person = await opened.register(told)
    shown = await _shown(opened, person, worker_of())
    assert shown.beneficiary == replace(
        told, contacts=(replace(told.contacts[0], value="+30" + told.contacts[0].value),)
    )
    assert shown.version == 1
    assert shown.case_code.startswith("KEM-")


async def test_a_person_registered_by_another_agency_is_as_unknown_as_nobody(opened: OpenVault) -> None:
    person = await opened.register(invented_person(), worker_of(uuid4()))
    told = []
    for asked in (person, BeneficiaryId(uuid4())):
        with pytest.raises(NotFound) as refused:
            await _shown(opened, asked, worker_of())
        told.append((refused.value.message, refused.value.stable_reason, refused.value.metadata))
    assert told[0] == told[1]
    with pytest.raises(NotPermitted):
        await _shown(opened, person, worker_of(None))


async def test_every_read_and_search_is_on_record(opened: OpenVault, fresh: FreshDatabase) -> None:
    person, reader = await opened.register(invented_person()), worker_of()
    await _shown(opened, person, reader)
    assert await _found(opened, IdentifierField.PHONE, "6999999999", reader) == []
    rows = fresh.execute(
        f"select count(*) from intake.outbox where type = 'AccessRecorded' and key = '{reader.principal_id}'"
    )
    assert int(rows) == 2


async def test_a_second_person_with_the_same_phone_document_or_amka_is_refused(opened: OpenVault) -> None:
    first = invented_person(amka=OptionalText(invented_amka(11)))
    person = await opened.register(first)
    same = {
        "contacts": (Contact(ContactKind.PHONE, "0030 " + first.contacts[0].value, 8, 20),),
        "documents": (Document("PASSPORT", first.documents[0].number.lower(), "EXPIRED"),),
        "amka": first.amka,
    }
    for field, value in same.items():
        with pytest.raises(DuplicatePerson) as refused:
            await opened.register(invented_person(**{field: value}))
        assert refused.value.stable_reason == "DUPLICATE"
        assert refused.value.metadata["candidate_masked_name"] == "A••• A•••"
        assert refused.value.metadata["candidate_beneficiary_id"] == str(person)
    with pytest.raises(DuplicatePerson) as refused:
        await opened.register(invented_person(amka=first.amka), worker_of(uuid4()))
    assert "candidate_beneficiary_id" not in refused.value.metadata


async def test_a_family_may_share_papers_and_a_trusted_persons_phone(opened: OpenVault) -> None:
    shared = {
        "documents": (Document("FAMILY_STATUS_CERTIFICATE", "FAM-1", "VALID"),),
        "contacts": (Contact(ContactKind.TRUSTED_PERSON, "6911111111", 8, 20),),
    }
    family = [await opened.register(invented_person(**shared)) for _ in range(3)]
    assert await _found(opened, IdentifierField.DOCUMENT, "fam 1") == family


async def test_of_two_who_register_the_same_person_at_once_one_succeeds(opened: OpenVault) -> None:
    amka = OptionalText(invented_amka(13))
    results = await asyncio.gather(
        *(opened.register(invented_person(amka=amka), worker_of(uuid4())) for _ in range(6)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert sum(isinstance(result, DuplicatePerson) for result in results) == 5


async def test_people_are_found_by_case_code_phone_document_and_amka_of_their_own_agency_only(
    opened: OpenVault,
) -> None:
    told = invented_person(amka=OptionalText(invented_amka(17)))
    person = await opened.register(told)
    for _ in range(5):
        await opened.register(invented_person())
    code = (await _shown(opened, person, worker_of())).case_code
    for field, text in (
        (IdentifierField.CASE_CODE, code.lower()),
        (IdentifierField.PHONE, "+30 " + told.contacts[0].value),
        (IdentifierField.DOCUMENT, told.documents[0].number),
        (IdentifierField.AMKA, str(told.amka.value)),
    ):
        assert await _found(opened, field, text) == [person]
        assert await _found(opened, field, text, worker_of(uuid4())) == []


async def test_an_update_counts_versions_and_tells_matching_only_what_concerns_it(
    opened: OpenVault, fresh: FreshDatabase
) -> None:
    told, caller = invented_person(), worker_of()
    person = await opened.register(told)

    async def update(version: int, **changes: object) -> int:
        nonlocal told
        told = replace(told, **changes)  # type: ignore[arg-type]  # test's own fields
        async with opened.database.transaction(caller) as tx:
            command = UpdateBeneficiary(uuid4(), person, version, told)
            parts = (
                opened.vault,
                opened.people,
                opened.search,
                PostgresCorrections(),
                PostgresRecalls(),
                PostgresConsentFreezes(),
            )
            return await update_beneficiary(command, METHOD, tx, *parts)

    old_phone = told.contacts[0].value
    assert await update(1, contacts=(Contact(ContactKind.PHONE, "6999000123", 9, 14),)) == 2
    assert await update(2, district="ATHENS_2") == 3
    child = {"birth": Birth(date(2015, 5, 5)), "guardian": Guardian("Invented Parent", "PARENT")}
    assert await update(3, **child) == 4
    with pytest.raises(VersionConflict):
        await update(3, district="ATHENS_1")
    told = replace(told, district="ATHENS_2")
    assert (await _shown(opened, person, caller)).beneficiary.guardian == child["guardian"]
    assert await update(4, birth=Birth(date(1990, 3, 15)), guardian=None) == 5
    assert (await _shown(opened, person, caller)).beneficiary.guardian is None
    assert await _found(opened, IdentifierField.PHONE, old_phone) == []
    assert await _found(opened, IdentifierField.PHONE, "6999000123") == [person]
    rows = fresh.execute("select type from intake.outbox where topic = 'kem.intake.v1' order by id").split()
    assert rows.count("BeneficiaryUpdated") == 4
    assert rows.count("ProfileChanged") == 3
    assert await update(5, guardian=None, specific_needs=("CHRONIC_ILLNESS",)) == 6
    assert await update(6, specific_needs=("CHRONIC_ILLNESS", "WHEELCHAIR")) == 7  # the same group
    rows = fresh.execute("select type from intake.outbox where topic = 'kem.intake.v1' order by id").split()
    assert (rows.count("BeneficiaryUpdated"), rows.count("ProfileChanged")) == (6, 4)


async def test_profiles_are_opened_in_one_batch_and_hold_bands(opened: OpenVault) -> None:
    people = [await opened.register(invented_person()) for _ in range(3)]
    async with opened.database.transaction(INTERNAL) as tx:
        rows = await tx.connection.fetch(
            "select * from vault_record where category = 'PROFILE' and beneficiary_id = any($1)", people
        )
        profiles = opened.vault.open_profile(rows)
    assert len(profiles) == 3
    profile = profiles[0]
    assert profile is not None
    today = date(2026, 11, 23)
    assert profile.age_band(today) is AgeBand.BAND_25_44
    assert profile.status_answers(today)["ASYLUM_PROCEDURE"] is StatusAnswer.YES
    assert profile.status_answers(date(2031, 2, 1))["ASYLUM_PROCEDURE"] is StatusAnswer.NOT_VERIFIED


async def test_the_categories_asked_for_are_read_and_nothing_else(opened: OpenVault) -> None:
    person = await opened.register(invented_person())
    async with opened.database.transaction(worker_of()) as tx:
        known = await opened.vault.read_categories(tx, person, codes.mask(["NAME", "SAFE_CONTACT"]))
    assert known is not None
    assert set(known) == {"names", "contacts"}


async def test_a_category_without_records_is_empty_and_not_taken_for_an_erased_person(
    opened: OpenVault,
) -> None:
    person = await opened.register(invented_person())
    async with opened.database.transaction(worker_of()) as tx:
        assert await opened.vault.read_categories(tx, person, codes.mask(["HEALTH"])) == {}


async def test_the_check_for_duplicates_shows_other_agencies_what_it_compares_and_no_more(
    opened: OpenVault,
) -> None:
    person = await opened.register(invented_person())
    async with opened.database.transaction(worker_of(uuid4())) as tx:
        rows = await tx.connection.fetch(
            "select * from candidates_with_digest(array_fill('PHONE'::text, array[4096]),"
            " array(select generate_series(0, 4095)::smallint), $1)",
            [*codes.CATEGORIES, "PROFILE", "PLACE"],
        )
    assert {row["beneficiary_id"] for row in rows} == {person}
    assert {row["category"] for row in rows} == {"NAME", "BIRTH_AND_SEX", "SAFE_CONTACT", "DOCUMENTS"}


async def test_a_text_opens_for_its_person_and_subject_only(opened: OpenVault) -> None:
    person, other = await opened.register(invented_person()), await opened.register(invented_person())
    subject = uuid4()
    async with opened.database.transaction(INTERNAL) as tx:
        [sealed] = await opened.vault.seal_texts(tx, [(person, subject, "κείμενο")])
        assert sealed is not None
        assert "κείμενο".encode() not in sealed
        assert await opened.vault.open_texts(tx, [(person, subject, sealed)]) == ["κείμενο"]
        for wrong in ((other, subject), (person, uuid4())):
            with pytest.raises(Exception, match="sealed"):
                await opened.vault.open_texts(tx, [(*wrong, sealed)])


async def test_when_the_keys_are_gone_a_person_is_erased_and_that_is_a_normal_value(
    opened: OpenVault, fresh: FreshDatabase
) -> None:
    person, subject = await opened.register(invented_person()), uuid4()
    async with opened.database.transaction(INTERNAL) as tx:
        [sealed] = await opened.vault.seal_texts(tx, [(person, subject, "note")])
    fresh.execute(f"delete from intake.data_key where beneficiary_id = '{person}'")
    async with opened.database.transaction(INTERNAL) as tx:
        rows = await tx.connection.fetch("select * from vault_record where category = 'PROFILE'")
        assert opened.vault.open_profile(rows) == [None]
        assert await opened.vault.read_categories(tx, person, 1) is None
        assert await opened.vault.open_texts(tx, [(person, subject, sealed or b"")]) == [None]
        assert await opened.vault.seal_texts(tx, [(person, subject, "more")]) == [None]
    with pytest.raises(Exception, match="erased"):
        await _shown(opened, person, worker_of())


async def test_row_security_alone_keeps_agencies_apart(opened: OpenVault, fresh: FreshDatabase) -> None:
    """Also where a statement forgets to ask for the agency, or a caller has none."""
    await opened.register(invented_person())
    tables = ("beneficiary", "data_key", "sealed_record", "blind_index", "vault_record")
    for caller, sees in ((worker_of(), True), (worker_of(uuid4()), False), (worker_of(None), False)):
        async with opened.database.transaction(caller) as tx:
            for table in tables:
                rows = await tx.connection.fetchval(f"select count(*) from {table}")
                assert bool(rows) is sees, f"{table} as seen by {caller.agency_id}"


async def test_no_table_holds_a_word_about_the_person(opened: OpenVault, fresh: FreshDatabase) -> None:
    told = invented_person()
    await opened.register(told)
    dump = "".join(
        fresh.execute(f"select * from intake.{table}")
        for table in ("beneficiary", "data_key", "sealed_record", "blind_index", "outbox", "request")
    )
    marks = ("Amna", "الإختراع", told.contacts[0].value, told.documents[0].number, "ATHENS_6", "SYR", "KEM-")
    for mark in marks:
        assert mark not in dump
        assert mark.encode().hex() not in dump


async def test_another_root_key_is_noticed_before_anything_is_written(
    fresh: FreshDatabase, tmp_path: Path
) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "other").mkdir()
    async with open_vault(fresh, tmp_path / "right"):
        pass
    with pytest.raises(KeysUnusable, match="missing"):
        async with open_vault(fresh, tmp_path / "other"):
            pass
    assert list((tmp_path / "other").iterdir()) == []
    async with open_vault(fresh, tmp_path / "right"):
        pass
