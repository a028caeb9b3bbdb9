"""For how long data are kept, at the real door; and what `./kem retention` says and does there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from rich.console import Console

from chassis.caller import SECOND_FACTOR
from kem.intake.v1 import retention_service_pb2 as messages
from kem.intake.v1.retention_service_pb2_grpc import RetentionServiceStub
from services.intake.domain.retention import categories_of
from tests.component.intake.desk import Desk
from tests.component.intake.office import AnyOffice
from tests.support.intake import RunningIntake
from tests.support.refusals import refused
from tests.support.retention import MONTH, YEAR, let_time_pass
from tools.office import Answer
from tools.retention.destroying import destroy
from tools.retention.looking import look
from tools.stack.failure import StackFailure

REASON = "The round of the test."


class Doors(AnyOffice):
    """Where the door to retention is spoken to."""

    stub = RetentionServiceStub


@dataclass(frozen=True, slots=True)
class Rooms:
    """As `Hub` has it: only the door that the command uses."""

    retention: RetentionServiceStub


@dataclass(frozen=True, slots=True)
class Terminal:
    """An officer at the command: what `tools.office.Office` is, over the test's own channel."""

    hub: Rooms

    async def __call__(self, method: Any, request: Any) -> Any:
        return await method(request)


@pytest.fixture
def doors(intake: RunningIntake, desk: Desk) -> Doors:
    return Doors(intake, desk)


@pytest.fixture
async def superuser(intake: RunningIntake) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(intake.database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def terminal(intake: RunningIntake, desk: Desk) -> AsyncIterator[Any]:
    async with intake.channel_of("dpo", agency_id=None, acr=SECOND_FACTOR) as channel:
        yield Terminal(Rooms(RetentionServiceStub(channel)))


def shown(answer: Answer) -> str:
    """What a person reads."""
    console = Console(highlight=False, soft_wrap=True, width=250)
    with console.capture() as captured:
        for one in answer.shown:
            console.print(one)
    return captured.get()


async def test_the_command_says_what_is_due_and_why_it_is_held_back_and_destroys_it(
    doors: Doors, terminal: Any, superuser: asyncpg.Connection
) -> None:
    assert "Nothing is due" in shown(await look(terminal))
    assert "Nothing can be destroyed" in shown(await destroy(terminal, REASON, asks=False))
    person, held = await doors.desk.person(), await doors.desk.person()
    hold = await doors.ask("PlaceRetentionHold", placing(held), "dpo", agency_id=None)
    await let_time_pass(superuser, YEAR + MONTH)
    said = shown(await look(terminal))
    assert "12 months after the last contact" in said
    assert "1 people, 1 values" in said
    assert "Held back (SAFE_CONTACT): 1 people, a hold for a claim or a legal duty." in said
    assert person not in said
    with pytest.raises(StackFailure, match="Say --yes"):
        await destroy(terminal, REASON, asks=True)
    done = await destroy(terminal, REASON, asks=False)
    assert done.object == {
        "rules_version": 1,
        "destroyed_people": 1,
        "erased_people": 0,
        "unreadable_people": 0,
        "destroyed": [{"categories": ["SAFE_CONTACT"], "people": 1}],
    }
    assert "until ./kem keys roll" in shown(done)
    assert "all that is due is held back" in shown(await look(terminal))
    lifting = messages.LiftRetentionHoldRequest(
        request_id=str(uuid4()), retention_hold_id=hold.retention_hold_id, words="It is over."
    )
    await doors.ask("LiftRetentionHold", lifting, "dpo", agency_id=None)
    assert (await look(terminal)).object["waiting_people"] == 1


async def test_a_destruction_that_is_broken_off_goes_on_where_it_was(
    doors: Doors, terminal: Any, superuser: asyncpg.Connection
) -> None:
    for _ in range(3):
        await doors.desk.person()
    await let_time_pass(superuser, YEAR + MONTH)
    request = messages.DestroyDueRequest(
        request_id=str(uuid4()), rules_version=1, words=REASON, most_people=1
    )
    first, again = await asyncio.gather(
        terminal.hub.retention.DestroyDue(request), terminal.hub.retention.DestroyDue(request)
    )
    assert first == again, "the same request is answered as it was"
    assert (first.destroyed_people, first.waiting_people) == (1, 2)
    assert (await destroy(terminal, REASON, asks=False)).object["destroyed_people"] == 2
    count = "select count(*) from intake.destroyed_key"
    assert await superuser.fetchval(count) == 3


async def test_the_officer_hears_how_many_records_could_not_be_read(
    doors: Doors, terminal: Any, superuser: asyncpg.Connection
) -> None:
    person, _ = await doors.desk.person(), await doors.desk.person()
    await let_time_pass(superuser, YEAR + MONTH)
    await superuser.execute(
        "delete from intake.data_key where beneficiary_id = $1 and key_class = 'core'", UUID(person)
    )
    done = await destroy(terminal, REASON, asks=False)
    assert (done.object["destroyed_people"], done.object["unreadable_people"]) == (2, 1)
    assert "The records of 1 of them cannot be read" in shown(done)
    assert person not in shown(done)


async def test_nothing_is_destroyed_without_a_second_factor_or_by_anybody_else(doors: Doors) -> None:
    request = messages.DestroyDueRequest(request_id=str(uuid4()), rules_version=1, words=REASON)
    for role, acr in (("dpo", "pwd"), ("operator", SECOND_FACTOR), ("auditor", SECOND_FACTOR)):
        with refused() as refusal:
            await doors.ask("DestroyDue", request, role, agency_id=None, acr=acr)
        assert refusal.reason in ("SECOND_FACTOR_NEEDED", "NOT_PERMITTED")


async def test_the_rules_are_whole_and_what_lies_under_one_key_has_one(doors: Doors) -> None:
    before = await doors.ask("ListRetentionRules", messages.ListRetentionRulesRequest(), "caseworker")
    assert before.rules_version == 1
    rules = list(before.rules)
    with refused() as refusal:
        await save(doors, *rules[:-1])
    assert refusal.reason == "RETENTION_RULES_INCOMPLETE"
    core = next(rule for rule in rules if "NAME" in rule.categories)
    core.categories.remove("NAME")
    with refused() as refusal:
        await save(doors, *rules)
    assert refusal.reason == "RETENTION_OF_ONE_KEY"
    core.categories[:] = categories_of("core")
    core.months = 120
    assert (await save(doors, *rules)).rules_version == 2
    after = await doors.ask("ListRetentionRules", messages.ListRetentionRulesRequest(), "caseworker")
    assert {"NAME": 120}.items() <= {rule.categories[0]: rule.months for rule in after.rules}.items()


async def test_holds_are_listed_with_their_words_for_the_hubs_officer_only(doors: Doors) -> None:
    people = [await doors.desk.person() for _ in range(2)]
    for person in people:
        await doors.ask("PlaceRetentionHold", placing(person), "dpo", agency_id=None)
    page = await list_holds(doors, messages.ListRetentionHoldsRequest(page_size=1))
    [first] = page.holds
    assert (first.beneficiary_id, first.words) == (people[0], "She sues.")
    rest = messages.ListRetentionHoldsRequest(page_size=1, page_token=page.next_page_token)
    page = await list_holds(doors, rest)
    assert [one.beneficiary_id for one in page.holds] == [people[1]]
    assert page.next_page_token == ""
    with refused() as refusal:
        await doors.ask("ListRetentionHolds", messages.ListRetentionHoldsRequest(), "dpo")
    assert refusal.reason == "HUB_OFFICER_ONLY"


def placing(person: str) -> messages.PlaceRetentionHoldRequest:
    return messages.PlaceRetentionHoldRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        ground=messages.RETENTION_HOLD_GROUND_LEGAL_CLAIM,
        words="She sues.",
    )


async def save(doors: Doors, *rules: messages.RetentionRule) -> messages.SaveRetentionRulesResponse:
    request = messages.SaveRetentionRulesRequest(request_id=str(uuid4()), rules=rules)
    saved: messages.SaveRetentionRulesResponse = await doors.ask(
        "SaveRetentionRules", request, "dpo", agency_id=None
    )
    return saved


async def list_holds(
    doors: Doors, request: messages.ListRetentionHoldsRequest
) -> messages.ListRetentionHoldsResponse:
    listed: messages.ListRetentionHoldsResponse = await doors.ask(
        "ListRetentionHolds", request, "dpo", agency_id=None
    )
    return listed
