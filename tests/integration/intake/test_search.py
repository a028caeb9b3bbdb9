"""Searching for people over a real PostgreSQL: who is shown to whom, how often, and what is told of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.errors import Exhausted, Invalid, Unavailable
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Origin, Routing, Urgency
from services.intake.adapters import people_search
from services.intake.adapters.measures import look_at_searches, searchers_alarmed
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_search_tally import forget_searches
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.beneficiary import Birth, Name, Names, OptionalText
from services.intake.domain.identifiers import IdentifierField
from services.intake.domain.name_index import NameQuery
from services.intake.domain.search_allowance import SearchLimits
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.search_beneficiaries import (
    IdentifierText,
    SearchBeneficiaries,
    search_beneficiaries,
)
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.integration.chassis.waiting import until
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.vault import KEM, SEARCH, OpenVault, open_vault, worker_of

AMINA = Names(Name("أمينة", "الاختراع"), Name("Amina", "Al-Ikhtira"))
WANTED = NameQuery("Αμίνα Ιχτιρά", birth_year=1990)
METHOD = "/kem.test.v1.Test/Test"


@pytest.fixture
def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return fresh_database(schemas=("intake",))


@pytest.fixture
async def opened(fresh: FreshDatabase, tmp_path: Path) -> AsyncIterator[OpenVault]:
    limits = SearchLimits(searches_per_minute=6, people_per_hour=3)
    async with open_vault(fresh, tmp_path, limits) as opened:
        yield opened


async def found(
    opened: OpenVault, wanted: NameQuery = WANTED, caller: Caller | None = None
) -> list[BeneficiaryId]:
    """Whom the search shows, once the names are loaded."""
    while True:
        try:
            return [person.beneficiary_id for person in await opened.find(wanted, caller)]
        except Unavailable:
            await asyncio.sleep(0.01)


async def need_restricted_help(opened: OpenVault, person: BeneficiaryId) -> None:
    async with opened.database.transaction(worker_of()) as tx:
        await tx.connection.execute(
            "insert into need (need_id, referral_id, beneficiary_id, sender_agency_id,"
            " recorded_by_principal_id, service_type, urgency, routing, origin, happened_time, recorded_time)"
            " values ($1, $2, $3, $4, $5, 'GBV_SHELTER', $6, $7, $8, clock_timestamp(), clock_timestamp())",
            *(uuid4(), uuid4(), person, KEM, uuid4()),
            *(str(Urgency.URGENT), str(Routing.ASK_FIRST), str(Origin.KEM_DESK)),
        )


async def statements(opened: OpenVault, wanted: IdentifierText | NameQuery) -> list[str]:
    """What the search asks the database as the caller, who finds nobody."""
    asked: list[str] = []
    async with opened.database.transaction(worker_of()) as tx:
        with tx.connection.query_logger(lambda record: asked.append(record.query)):
            command = SearchBeneficiaries(wanted, "PERSON_IS_HERE")
            assert await search_beneficiaries(command, SEARCH, tx, opened.people_search, opened.tally) == []
    return asked


async def test_a_person_is_found_by_name_in_another_script_and_shown_masked(opened: OpenVault) -> None:
    person = await opened.register(invented_person(names=AMINA))
    await opened.register(invented_person(names=Names(latin=Name("Georgios", "Papadopoulos"))))
    assert await found(opened) == [person]
    [shown] = await opened.find(NameQuery("امینه اختراع", nationality="SYR"))
    assert (shown.masked_name, shown.birth_year) == ("A••• A•••", 1990)


async def test_names_are_opened_at_the_start_and_followed_as_people_change(
    fresh: FreshDatabase, tmp_path: Path
) -> None:
    async with open_vault(fresh, tmp_path) as first:
        early = await first.register(invented_person(names=AMINA))
    async with open_vault(fresh, tmp_path) as one, open_vault(fresh, tmp_path) as other:
        assert await found(one) == [early]
        late = await other.register(invented_person(names=AMINA))
        assert await found(one) == [early, late], "what another process has committed is seen at once"
        changed = invented_person(names=Names(latin=Name("Georgios", "Papadopoulos")))
        async with other.database.transaction(worker_of()) as tx:
            parts = (
                other.vault,
                other.people,
                other.search,
                PostgresCorrections(),
                PostgresRecalls(),
                PostgresConsentFreezes(),
            )
            await update_beneficiary(UpdateBeneficiary(uuid4(), late, 1, changed), METHOD, tx, *parts)
        assert await found(one) == [early]
        assert await found(one, NameQuery("Παπαδόπουλος", 1990)) == [late]
        async with other.database.transaction(worker_of()) as tx:
            await erase_beneficiary(early, tx, other.people, Tombstones(tmp_path), PostgresRecalls())
        assert await found(one) == []
        assert len(one.names) == 1, "an erased person is not in memory, either"


async def test_who_registers_for_long_is_not_overlooked_by_a_search_meanwhile(opened: OpenVault) -> None:
    command = invented_person(names=AMINA)
    assert await found(opened) == []
    async with opened.database.transaction(worker_of()) as slow:
        await slow.connection.execute("select pg_current_xact_id()")  # older than those that follow
        quick = await opened.register(command)
        assert await found(opened) == [quick]
        await slow.connection.execute(
            "update beneficiary set version = version + 1 where beneficiary_id = $1", quick
        )
        await slow.connection.execute("delete from data_key where beneficiary_id = $1", quick)
        assert await found(opened) == [quick]
    assert await found(opened) == []
    await until(lambda: len(opened.names) == 0)


async def test_too_little_to_search_by_is_refused_with_what_is_missing(opened: OpenVault) -> None:
    for wanted, reason in (
        (NameQuery("A l.", 1990), "NAME_TOO_SHORT"),
        (NameQuery("Amina"), "NAME_ALONE"),
        (IdentifierText(IdentifierField.PHONE, "12"), "IDENTIFIER_NOT_VALID"),
    ):
        with pytest.raises(Invalid) as refused:
            await opened.find(wanted)
        assert refused.value.stable_reason == reason
    with pytest.raises(Invalid) as refused:
        await opened.find(WANTED, reason="CURIOUS")
    assert refused.value.stable_reason == "SEARCH_REASON_UNKNOWN"


async def test_before_the_names_are_loaded_the_caller_is_told_when_to_come_back(
    fresh: FreshDatabase, tmp_path: Path
) -> None:
    async with open_vault(fresh, tmp_path) as opened:
        with pytest.raises(Unavailable) as refused:
            await opened.find(WANTED)
        assert (refused.value.stable_reason, refused.value.retry_delay_seconds) == ("NAMES_NOT_LOADED", 2.0)
        phone = invented_person(names=AMINA)
        person = await opened.register(phone)
        shown = await opened.find(IdentifierText(IdentifierField.PHONE, phone.contacts[0].value))
        assert [one.beneficiary_id for one in shown] == [person], "the exact ways need no names"


async def test_a_restricted_person_is_as_unknown_as_nobody_but_to_protection_staff(opened: OpenVault) -> None:
    beneficiary = invented_person(names=AMINA)
    person = await opened.register(beneficiary)
    phone = IdentifierText(IdentifierField.PHONE, beneficiary.contacts[0].value)
    assert await found(opened) == [person]
    await need_restricted_help(opened, person)
    for role in ("intake_worker", "caseworker", "supervisor", "agency_admin"):
        assert await found(opened, caller=worker_of(KEM, role)) == []
        assert await opened.find(phone, worker_of(KEM, role)) == []
    for role in ("gbv_focal_point", "child_protection_officer"):
        assert await found(opened, caller=worker_of(KEM, role)) == [person]
        assert [one.beneficiary_id for one in await opened.find(phone, worker_of(KEM, role))] == [person]


async def test_restricted_people_take_nobodys_place_among_the_results(
    opened: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_search, "_AT_ONCE", 2)
    for _ in range(5):
        await need_restricted_help(opened, await opened.register(invented_person(names=AMINA)))
    person = await opened.register(invented_person(names=AMINA))
    assert await found(opened) == [person]


async def test_a_restricted_person_and_nobody_are_looked_for_by_the_same_statements(
    opened: OpenVault,
) -> None:
    beneficiary = invented_person(names=AMINA)
    await need_restricted_help(opened, await opened.register(beneficiary))
    await found(opened)
    for restricted, nobody in (
        (WANTED, NameQuery("Nobody Called So", 1990)),
        (
            IdentifierText(IdentifierField.PHONE, beneficiary.contacts[0].value),
            IdentifierText(IdentifierField.PHONE, "+30 210 0000000"),
        ),
    ):
        assert await statements(opened, restricted) == await statements(opened, nobody)


async def test_a_damaged_record_hides_its_own_person_only(
    fresh: FreshDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_vault(fresh, tmp_path) as first:
        damaged, locked, whole = [await first.register(invented_person(names=AMINA)) for _ in range(3)]
    fresh.execute(
        "update intake.sealed_record set ciphertext = overlay(ciphertext placing 'x' from 20 for 1)"
        f" where category = 'NAME' and beneficiary_id = '{damaged}';"
        "update intake.data_key set wrapped = overlay(wrapped placing 'x' from 20 for 1)"
        f" where key_class = 'core' and beneficiary_id = '{locked}'"
    )
    async with open_vault(fresh, tmp_path) as opened:
        assert await found(opened) == [whole]
    said = capsys.readouterr().out
    assert said.count("name_unreadable") == 2
    assert not any(str(person) in said for person in (damaged, locked))


async def test_another_agencys_person_is_as_unknown_as_nobody(
    opened: OpenVault, fresh: FreshDatabase
) -> None:
    await opened.register(invented_person(names=AMINA), worker_of(uuid4()))
    stranger = worker_of()
    assert await found(opened, caller=stranger) == []
    assert await found(opened, NameQuery("Nobody Called So", 1990), stranger) == []
    records = fresh.execute(
        f"select encode(payload, 'hex') from intake.outbox where key = '{stranger.principal_id}' order by id"
    ).split()
    told = [AccessEvent.FromString(bytes.fromhex(record)).access_recorded for record in records]
    assert [(one.stated_reason, list(one.subject_ids), one.subject_count) for one in told] == [
        ("PERSON_IS_HERE", [], 0)
    ] * 2


async def test_who_searches_too_often_is_asked_to_wait_and_others_are_not(opened: OpenVault) -> None:
    hasty = worker_of()
    for _ in range(6):
        await found(opened, caller=hasty)
    with pytest.raises(Exhausted) as refused:
        await opened.find(WANTED, hasty)
    assert refused.value.stable_reason == "SEARCHED_TOO_OFTEN"
    assert 0 < refused.value.retry_delay_seconds <= 10
    assert await found(opened) == []
    async with opened.database.transaction(hasty) as tx:
        await tx.connection.execute("update search_tally set refilled_time = refilled_time - interval '11 s'")
    assert await found(opened, caller=hasty) == []


async def test_searches_at_once_are_counted_one_by_one(opened: OpenVault) -> None:
    await found(opened)
    hasty = worker_of()
    answers = await asyncio.gather(*(opened.find(WANTED, hasty) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(answer, Exhausted) for answer in answers) == 4


async def test_many_different_people_within_the_hour_are_told_once_without_their_ids(
    opened: OpenVault, fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await opened.register(invented_person(names=AMINA)) for _ in range(3)]
    curious = worker_of()
    for _ in range(2):
        assert set(await found(opened, caller=curious)) == set(people), (
            "the same people again are no more people"
        )
    assert alarms(fresh, curious) == []
    people.append(await opened.register(invented_person(names=AMINA)))
    for _ in range(2):
        await found(opened, caller=curious)
    [alarm] = alarms(fresh, curious)
    assert (alarm.many_people_searched.people_count, alarm.many_people_searched.window_seconds) == (4, 3600)
    assert alarm.actor.id == str(curious.principal_id)
    assert not any(str(person) in str(alarm) for person in people)
    counted: list[float] = []
    monkeypatch.setattr(type(searchers_alarmed), "set", lambda _, amount: counted.append(amount))
    async with opened.database.pool.acquire() as connection:
        await look_at_searches(connection)
        await connection.execute("update search_tally set alarmed_time = alarmed_time - interval '1 h'")
        await look_at_searches(connection)
    assert counted == [1, 0]


async def test_after_the_hour_it_is_forgotten_who_was_shown(opened: OpenVault, fresh: FreshDatabase) -> None:
    await opened.register(invented_person(names=AMINA))
    await found(opened)
    async with opened.database.transaction(worker_of()) as tx:
        assert await forget_searches(tx) == 0
        await tx.connection.execute("update shown_in_search set shown_time = shown_time - interval '2 h'")
        assert await forget_searches(tx) == 1
        await tx.connection.execute(
            "update search_tally set refilled_time = refilled_time - interval '2 h', alarmed_time = now()"
        )
        assert await forget_searches(tx) == 0, "what was alarming is remembered for its hour"
        await tx.connection.execute("update search_tally set alarmed_time = null")
        assert await forget_searches(tx) == 1
    for table in ("shown_in_search", "search_tally"):
        assert int(fresh.execute(f"select count(*) from intake.{table}")) == 0


async def test_what_is_not_known_of_a_person_does_not_hide_them(opened: OpenVault) -> None:
    unknown = {"birth": Birth(), "nationality": OptionalText.not_asked()}
    with pytest.raises(Invalid):
        await opened.register(invented_person(names=AMINA, **unknown))
    born = await opened.register(
        invented_person(names=AMINA, birth=Birth(date(1991, 1, 1)), nationality=OptionalText.not_asked())
    )
    assert await found(opened, NameQuery("Amina Ikhtira", 1990, "SYR")) == [born]


def alarms(fresh: FreshDatabase, caller: Caller) -> list[AccessEvent]:
    rows = fresh.execute(
        "select encode(payload, 'hex') from intake.outbox"
        f" where type = 'ManyPeopleSearched' and key = '{caller.principal_id}' order by id"
    ).split()
    return [AccessEvent.FromString(bytes.fromhex(row)) for row in rows]
