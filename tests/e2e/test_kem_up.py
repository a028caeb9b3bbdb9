"""The story: `./kem up` runs, a day is played on it, then somebody kills it in the middle of another day.
The breakage: `kill -9` of the supervisor, and so of every process that it had started.
What must still hold: nobody's name is anywhere but in the vault; the next `./kem up` goes on where it was.
"""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer

from chassis.topics import DISCLOSURE, INTAKE, REFERRAL, TOPICS
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.intake.v1 import intake_service_pb2
from kernel.vocabulary import Role
from tests.e2e.kem_command import KemUp
from tests.e2e.marked_people import Marks
from tests.e2e.places import search_everywhere
from tests.e2e.playing import PATIENCE_SECONDS, Outcome, play
from tests.e2e.search import Finding, Search
from tests.integration.chassis.waiting import until
from tools.demo import agency
from tools.demo.agency import OTHER_REASON, QUESTION
from tools.demo.desk import ANSWER
from tools.demo.fresh import run_on_seconds
from tools.demo.ledger import Ledger
from tools.hub import Doors, Hub
from tools.stack.run_file import read_run

FREE_TEXTS = (QUESTION, ANSWER, OTHER_REASON)
"""Words about a person, too: other services keep them sealed."""


@pytest.fixture(scope="module")
async def hub_process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KemUp]:
    up = KemUp(tmp_path_factory.mktemp("hub") / "data")
    await up.start()
    await run_on_seconds(up.postgres)
    yield up
    assert await up.end() == 0


@pytest.fixture(scope="module")
def marks() -> Marks:
    return Marks.fresh()


@pytest.fixture(scope="module")
async def marked_day(hub_process: KemUp, marks: Marks) -> Outcome:
    """A day with marked people, come to rest."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        marks.put_on(monkeypatch)
        monkeypatch.setitem(agency._ANSWERS, "ask", 30)  # more free text than on other days
        monkeypatch.setitem(agency._DECLINES, "OTHER", 60)
        return await play(Doors.of(hub_process.layout), 80, seed=7)


async def test_a_quiet_day_loses_and_doubles_nothing_and_keeps_every_rule(marked_day: Outcome) -> None:
    assert marked_day.complaints == []
    assert marked_day.verdict.totals["disclosures"] > 0
    assert marked_day.verdict.totals["questions"] > 0


async def test_whoever_may_read_the_marked_people_finds_them_in_the_vault(
    hub_process: KemUp, marks: Marks, marked_day: Outcome
) -> None:
    hub = Hub(Doors.of(hub_process.layout))
    operator = hub.person(uuid4(), None, Role.OPERATOR)
    found = await hub.directory.ListAgencies(ListAgenciesRequest(code="KEM"), metadata=operator.credentials())
    worker = hub.person(uuid4(), UUID(found.agencies[0].agency_id), Role.CASEWORKER)
    for beneficiary_id in marked_day.ledger.people:
        request = intake_service_pb2.GetBeneficiaryRequest(beneficiary_id=beneficiary_id)
        person = (await hub.intake.GetBeneficiary(request, metadata=worker.credentials())).beneficiary
        assert marks.latin in person.names.latin.family
        assert marks.original in person.names.original.given
        assert marks.phone in person.contacts[0].value
    await hub.close()


async def test_nobody_is_named_in_any_topic_log_table_or_file_outside_the_vault(
    hub_process: KemUp, marks: Marks, marked_day: Outcome
) -> None:
    search = Search([*marks.all, *FREE_TEXTS])
    looked_at = await search_everywhere(hub_process, search)
    assert search.found == set()
    assert looked_at["files"] > 100
    assert looked_at["dumped bytes"] > 1_000_000
    assert min(looked_at[topic] for topic in (INTAKE, REFERRAL, DISCLOSURE)) > 0
    assert set(looked_at) >= set(TOPICS)


async def test_the_search_would_have_found_a_name_in_a_log_a_topic_or_a_table(
    hub_process: KemUp, marks: Marks, marked_day: Outcome
) -> None:
    run = read_run(hub_process.layout)
    assert run is not None
    with hub_process.layout.log("referral").open("a") as log:
        log.write(f'{{"event": "planted", "name": "{marks.latin}"}}\n')
    producer = AIOKafkaProducer(bootstrap_servers=run.addresses["broker"])
    await producer.start()
    await producer.send_and_wait(TOPICS[-1], marks.original.encode(), partition=0)
    await producer.stop()
    hub_process.postgres.execute(
        f"create schema planted; create table planted.planted as select '{marks.phone}'::bytea as planted"
    )
    search = Search(marks.all)
    await search_everywhere(hub_process, search)
    found = {Finding(one.place.partition("/")[0], one.mark) for one in search.found}
    assert Finding("database", marks.phone) in found
    assert Finding(f"topic {TOPICS[-1]}", marks.original) in found
    assert any(one.place.endswith("referral.log") and one.mark == marks.latin for one in search.found)
    hub_process.postgres.execute("drop schema planted cascade")


async def test_the_next_kem_up_goes_on_where_the_killed_one_was(hub_process: KemUp) -> None:
    async def killed_and_started_again(ledger: Ledger) -> None:
        await until(lambda: len(ledger.needs) >= 15, within=PATIENCE_SECONDS)
        await hub_process.kill()
        await hub_process.start()

    outcome = await play(Doors.of(hub_process.layout), 45, seed=8, rate=8, meanwhile=killed_and_started_again)
    assert outcome.complaints == []
