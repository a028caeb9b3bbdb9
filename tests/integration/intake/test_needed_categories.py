"""What an officer sets for a type holds at the next disclosure, also where the type is restricted."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from chassis.events import IncomingEvent
from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kernel import codes
from kernel.ids import AgencyId
from kernel.vocabulary import Routing
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints.projection import DisclosureFacts
from services.referral.adapters.event_codec import encode
from services.referral.domain.directory_events import AgencySaved, DirectoryFact, NeededCategoriesSet
from tests.support.consented_people import OpenIntake, agreement_with, bits, grant, member_of

A, OFFICE = uuid4(), AgencyId(uuid4())
OFFICER = Caller(uuid4(), OFFICE, frozenset({"dpo"}), "", "mfa", "test")
LITTLE = codes.ASSESSMENT_MASK
PURPOSES = {"GREEK_A1": "SERVICE_EDUCATION", "SUBSTANCE_USE": "SERVICE_HEALTH"}


def _told(fact: DirectoryFact) -> IncomingEvent:
    """The fact as referral tells it, and as the broker hands it over."""
    event = encode(fact, OFFICER, datetime.now(UTC))
    key = str(event.key).encode()
    return IncomingEvent(
        event.event_id, event.topic, 0, 0, 1, key, event.type, event.event_time, None, event.payload
    )


def _set(service_type: str, mask: int, version: int) -> IncomingEvent:
    return _told(NeededCategoriesSet(OFFICE, service_type, mask, version))


async def _hear(intake: OpenIntake, *events: IncomingEvent) -> None:
    parts = intake.parts
    reader = DisclosureFacts(parts.held_referrals, parts.needed_categories, parts.holding_news)
    async with intake.worker.transaction(Caller.of_service("intake")) as tx:
        await reader.apply(tx, list(events), None)


async def _held(intake: OpenIntake, service_type: str) -> RecordedNeed:
    """A referral that the agency holds, with consent to everything."""
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A, purpose=PURPOSES[service_type]))
    need = await intake.need(person, service_type=service_type, routing=Routing.ASK_FIRST)
    await intake.accepted(need, A)
    return need


async def _asked(intake: OpenIntake, need: RecordedNeed, request_id: UUID | None = None) -> int:
    given = await intake.disclose(need, member_of(A), request_id=request_id)
    assert given.given_mask == given.asked_mask & bits(*codes.CATEGORIES)
    return given.asked_mask


@pytest.mark.parametrize("service_type", PURPOSES)
async def test_what_is_set_counts_at_once_also_for_whoever_holds_the_referral_already(
    intake: OpenIntake, service_type: str
) -> None:
    need, own = await _held(intake, service_type), codes.service_type(service_type).needed_mask
    assert await _asked(intake, need) == own
    await _hear(intake, _set(service_type, LITTLE, 1))
    assert await _asked(intake, need) == LITTLE
    await _hear(intake, _set(service_type, own | bits("FAMILY"), 2))
    assert await _asked(intake, need) == own | bits("FAMILY")


async def test_what_one_type_needs_says_nothing_of_another(intake: OpenIntake) -> None:
    need = await _held(intake, "GREEK_A1")
    await _hear(intake, _set("SUBSTANCE_USE", LITTLE, 1), _told(AgencySaved(OFFICE, 1)))
    assert await _asked(intake, need) == codes.service_type("GREEK_A1").needed_mask


async def test_what_comes_late_or_twice_changes_nothing(intake: OpenIntake) -> None:
    need = await _held(intake, "SUBSTANCE_USE")
    first, second, third = (
        _set("SUBSTANCE_USE", LITTLE | bits("HEALTH"), 1),
        _set("SUBSTANCE_USE", LITTLE | bits("FAMILY"), 2),
        _set("SUBSTANCE_USE", LITTLE, 3),
    )
    await _hear(intake, third, first)
    assert await _asked(intake, need) == LITTLE
    for event in (first, second, second):
        await _hear(intake, event)
        assert await _asked(intake, need) == LITTLE
    rows = await intake.rows("select service_type, mask, version from needed_categories")
    assert [tuple(row) for row in rows] == [("SUBSTANCE_USE", LITTLE, 3)]


async def test_a_restricted_type_that_was_not_named_yet_changes_nothing(intake: OpenIntake) -> None:
    event = _set("SUBSTANCE_USE", LITTLE, 1)
    envelope = DirectoryEvent.FromString(event.payload)
    envelope.needed_categories_set.ClearField("service_type")
    unnamed = replace(event, payload=envelope.SerializeToString())
    await _hear(intake, unnamed)
    assert await intake.rows("select from needed_categories") == []


async def test_a_repeated_request_gets_no_more_than_the_first_and_less_after_a_narrowing(
    intake: OpenIntake,
) -> None:
    need, caller, request_id = await _held(intake, "SUBSTANCE_USE"), member_of(A), uuid4()
    own = codes.service_type("SUBSTANCE_USE").needed_mask
    assert (await intake.disclose(need, caller, request_id=request_id)).given_mask == own
    await _hear(intake, _set("SUBSTANCE_USE", LITTLE, 1))
    assert (await intake.disclose(need, caller, request_id=request_id)).given_mask == LITTLE
    await _hear(intake, _set("SUBSTANCE_USE", bits(*codes.CATEGORIES), 2))
    assert (await intake.disclose(need, caller, request_id=request_id)).given_mask == own


async def test_calls_may_read_what_is_needed_and_never_write_it(intake: OpenIntake) -> None:
    async with intake.database.transaction(member_of(A)) as tx:
        assert await tx.connection.fetch("select mask from needed_categories") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with intake.database.transaction(member_of(A)) as tx:
            await tx.connection.execute("insert into needed_categories values ('GREEK_A1', 0, 1)")
