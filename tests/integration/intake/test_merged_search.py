"""Whoever looks for a merged person finds the kept record; likely pairs are shown masked, to who may know."""

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Routing
from services.intake.adapters.likely_duplicates import LikelyDuplicates
from services.intake.domain.beneficiary import Beneficiary, Birth, Contact, ContactKind, Name, Names
from services.intake.domain.identifiers import IdentifierField
from services.intake.domain.name_index import NameQuery
from services.intake.use_cases.duplicate_person import DuplicatePerson
from services.intake.use_cases.list_likely_duplicates import DuplicatesPage, list_likely_duplicates
from services.intake.use_cases.search_beneficiaries import IdentifierText
from tests.integration.chassis.waiting import until
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.merges import PROTECTOR, SUPERVISOR, Merges
from tests.support.people import invented_person
from tests.support.vault import KEM, worker_of

ONE, OTHER = "+306944001001", "+306944001002"
AMINA = Names(latin=Name("Amina", "Al-Ikhtira"))
AMENA = Names(Name("أمينة", "الاختراع"), Name("Amena", "Ikhtera"))


def called(names: Names, phone: str = "", **changes: Any) -> Beneficiary:
    contacts = {"contacts": (Contact(ContactKind.PHONE, phone, 9, 14),)} if phone else {}
    return invented_person(names=names, **(contacts | changes))


@pytest.fixture
async def merges(intake: OpenIntake) -> Merges:
    await until(lambda: intake.open_vault.names._snapshot)
    return Merges(intake)


async def two(merges: Merges) -> tuple[BeneficiaryId, BeneficiaryId]:
    vault = merges.intake.open_vault
    return await vault.register(called(AMINA, ONE)), await vault.register(called(AMENA, OTHER))


async def found(merges: Merges, wanted: IdentifierText | NameQuery, by: Caller | None = None) -> list[Any]:
    people = await merges.intake.open_vault.find(wanted, by)
    return [one.beneficiary_id for one in people]


def phone(text: str) -> IdentifierText:
    return IdentifierText(IdentifierField.PHONE, text)


async def listed(
    merges: Merges, by: Caller = SUPERVISOR, size: int = 0, before: Any = None
) -> DuplicatesPage:
    vault = merges.intake.open_vault
    duplicates = LikelyDuplicates(vault.vault, vault.search, vault.names)
    async with merges.intake.database.transaction(by) as tx:
        return await list_likely_duplicates(size, before, METHOD, tx, duplicates, vault.tally)


def ids(page: DuplicatesPage) -> list[tuple[BeneficiaryId, BeneficiaryId]]:
    return [(one.later.beneficiary_id, one.earlier.beneficiary_id) for one in page.pairs]


async def test_phones_case_codes_and_names_of_both_find_the_kept_record_once(merges: Merges) -> None:
    kept, merged = await two(merges)
    people = merges.intake.parts.people
    async with merges.intake.database.transaction(merges.intake.desk) as tx:
        codes = [(await people.fields(tx, person) or {})["case_code"] for person in (kept, merged)]
    by_code = [IdentifierText(IdentifierField.CASE_CODE, code) for code in codes]
    by_name = [NameQuery("Amina Ikhtira", birth_year=1990), NameQuery("امینه اختراع", nationality="SYR")]
    assert sorted(await found(merges, by_name[0])) == sorted((kept, merged))
    await merges.merge(kept, merged)
    everything: list[IdentifierText | NameQuery] = [phone(ONE), phone(OTHER), *by_code, *by_name]
    for wanted in everything:
        assert await found(merges, wanted) == [kept]
    await merges.unmerge(merged)
    assert await found(merges, phone(OTHER)) == [merged]
    assert sorted(await found(merges, by_name[0])) == sorted((kept, merged))


async def test_who_is_restricted_by_one_record_is_found_by_neither(merges: Merges) -> None:
    kept, merged = await two(merges)
    await merges.intake.need(merged, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    assert await found(merges, phone(ONE)) == [kept]
    await merges.merge(kept, merged, by=PROTECTOR)
    for wanted in (phone(ONE), phone(OTHER), NameQuery("Amina Ikhtira", birth_year=1990)):
        assert await found(merges, wanted) == []
        assert await found(merges, wanted, PROTECTOR) == [kept]


async def refused(merges: Merges, person: Beneficiary, by: Caller | None = None) -> DuplicatePerson:
    with pytest.raises(DuplicatePerson) as refusal:
        await merges.intake.open_vault.register(person, by)
    return refusal.value


async def test_whoever_registers_a_merged_person_again_is_shown_the_kept_record(merges: Merges) -> None:
    kept, merged = await two(merges)
    await merges.merge(kept, merged)
    for same in (ONE, OTHER):
        refusal = await refused(merges, called(AMINA, same))
        assert refusal.metadata["candidate_beneficiary_id"] == str(kept)
        assert refusal.metadata["candidate_masked_name"] == "A••• A•••"


async def test_a_worker_is_told_nothing_of_a_record_that_they_may_not_see(merges: Merges) -> None:
    kept, merged = await two(merges)
    await merges.intake.need(kept, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    restricted = await refused(merges, called(AMINA, ONE))
    elsewhere = await refused(merges, called(AMINA, OTHER), worker_of(uuid4(), "agency_member"))
    assert restricted.metadata == elsewhere.metadata == {}
    assert str(restricted) == str(elsewhere)
    assert "ask them who registered them" in str(elsewhere)
    assert (restricted.candidate_id, elsewhere.candidate_id) == (kept, merged)
    shown = await refused(merges, called(AMINA, ONE), PROTECTOR)
    assert shown.metadata["candidate_beneficiary_id"] == str(kept)


async def test_likely_pairs_are_listed_masked_and_the_list_is_on_record(merges: Merges) -> None:
    kept, merged = await two(merges)
    vault = merges.intake.open_vault
    await vault.register(called(AMINA), worker_of(uuid4()))
    await vault.register(called(Names(latin=Name("Georgios", "Papadopoulos"))))
    await vault.register(called(AMINA, birth=Birth(date(1960, 1, 2))))
    page = await listed(merges)
    assert (ids(page), page.next_before) == ([(merged, kept)], None)
    assert page.pairs[0].later.masked_name == "A••• I•••"
    assert page.pairs[0].likeness >= 0.8
    rows = await merges.intake.rows("select payload from outbox where topic = 'kem.access.v1' order by id")
    record = AccessEvent.FromString(rows[-1]["payload"]).access_recorded
    assert record.method == METHOD
    assert set(record.subject_ids) == {str(kept), str(merged)}
    await merges.merge(kept, merged)
    assert ids(await listed(merges)) == []
    await merges.unmerge(merged)
    assert ids(await listed(merges)) == [(merged, kept)]


async def test_a_pair_with_a_restricted_person_is_for_protection_staff_only(merges: Merges) -> None:
    kept, merged = await two(merges)
    await merges.intake.need(merged, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    assert ids(await listed(merges)) == []
    assert ids(await listed(merges, PROTECTOR)) == [(merged, kept)]
    assert ids(await listed(merges, worker_of(uuid4(), "supervisor"))) == []


async def test_where_a_page_goes_on_is_at_nobody_of_whom_the_caller_may_not_know(merges: Merges) -> None:
    """The place travels in a page token, which anybody can read: it is a digest of somebody, not an id."""
    kept, merged = await two(merges)
    await merges.intake.need(merged, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    one_more = await merges.intake.open_vault.register(called(AMINA))
    places = []
    for by in (worker_of(KEM, "supervisor"), PROTECTOR):
        before, met = None, set()
        while (before := (await listed(merges, by, 1, before)).next_before) is not None:
            met.add(before[1])
        places.append(met)
    assert places == [{_digest(one_more)}, {_digest(one_more), _digest(merged)}]
    await merges.merge(kept, merged, by=PROTECTOR)
    page = await listed(merges, worker_of(KEM, "supervisor"), 1)
    assert (page.pairs, page.next_before) == ([], None), "who is restricted by another record neither"


def _digest(person: BeneficiaryId) -> UUID:
    return UUID(bytes=sha256(person.bytes).digest()[:16])


async def test_each_pair_is_on_one_page_however_small_the_pages_are(merges: Merges) -> None:
    vault = merges.intake.open_vault
    people = [await vault.register(called(AMINA)) for _ in range(4)]
    pairs, before = [], None
    while True:
        page = await listed(merges, worker_of(KEM, "supervisor"), 1, before)
        pairs += ids(page)
        before = page.next_before
        if before is None:
            break
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == 6
    assert {one for pair in pairs for one in pair} == set(people)
