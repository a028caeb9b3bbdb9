"""A denial that begins or ends by time alone does what one does that somebody says or lifts."""

import asyncio
from datetime import UTC, datetime, timedelta

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.ids import BeneficiaryId
from services.intake.domain.cells import GrantEffect
from tests.support.consented_people import agreement_with, bits, grant, named
from tests.support.merges import Merges
from tests.support.recalls import Recalls
from tests.support.telephone import A

DAY = timedelta(days=1)


async def allows(recalls: Recalls) -> BeneficiaryId:
    """Somebody who lets A see everything for longer than anything is denied here."""
    return await recalls.person_who_allows(A, valid_until_time=datetime.now(UTC) + 200 * DAY)


async def denies(
    recalls: Recalls, person: BeneficiaryId, *categories: str, in_days: int = 0, days: int = 30
) -> None:
    now = datetime.now(UTC)
    await recalls.intake.consent(
        person,
        grant(A, bits(*categories), effect=GrantEffect.DENY),
        valid_from_time=now + in_days * DAY,
        valid_until_time=now + (in_days + days) * DAY,
    )


async def settled(recalls: Recalls) -> list[tuple[set[str], str]]:
    """What the hub has answered for a holder."""
    events = [
        DisclosureEvent.FromString(event["payload"]).recall_acknowledged
        for event in await recalls.intake.told("RecallAcknowledged")
    ]
    return [(named(one.kept_mask), one.kept_ground) for one in events]


async def test_what_a_denial_had_asked_back_is_settled_when_its_time_is_over(recalls: Recalls) -> None:
    person = await allows(recalls)
    await recalls.given(person, A)
    await denies(recalls, person, "NAME")
    assert len(await recalls.open()) == 1
    await recalls.time_passes(31 * DAY)
    assert [await recalls.tell(), await recalls.tell()] == [1, 0]
    assert await recalls.open() == []
    assert await settled(recalls) == [({"NAME"}, "PERMITTED_AGAIN")]
    await denies(recalls, person, "NAME")
    [again] = await recalls.open()
    assert named(again.recalled_mask) == {"NAME"}, "what was kept because it was permitted again"


async def test_what_another_denial_forbids_still_waits_for_its_answer(recalls: Recalls) -> None:
    person = await allows(recalls)
    await recalls.given(person, A)
    await denies(recalls, person, "NAME", "LANGUAGES", days=30)
    await denies(recalls, person, "NAME", days=90)
    before = [one.recall_id for one in await recalls.open()]
    await recalls.time_passes(31 * DAY)
    assert await recalls.tell() == 1
    assert [one.recall_id for one in await recalls.open()] == before
    assert await settled(recalls) == []


async def test_what_the_holder_has_answered_by_then_stays_as_it_is(recalls: Recalls) -> None:
    person = await allows(recalls)
    await recalls.given(person, A)
    await denies(recalls, person, "NAME")
    [recall] = await recalls.open()
    await recalls.answer(recall)
    await recalls.time_passes(31 * DAY)
    await recalls.tell()
    assert await settled(recalls) == [(set(), "")]


async def test_what_one_record_denies_for_a_time_holds_for_the_other_of_the_person(recalls: Recalls) -> None:
    merges = Merges(recalls.intake)
    kept = await recalls.intake.person()
    merged = await allows(recalls)
    await recalls.intake.agree(agreement_with(A))
    await denies(recalls, kept, "NAME", in_days=1)
    await recalls.given(merged, A)
    await merges.merge(kept, merged)
    await recalls.tell()
    assert await recalls.open() == []
    await recalls.time_passes(2 * DAY)
    told = len(await recalls.intake.told("ProfileChanged"))
    assert await recalls.tell() == 2
    assert len(await recalls.intake.told("ProfileChanged")) == told + 2
    [recall] = await recalls.open()
    assert (recall.beneficiary_id, named(recall.recalled_mask)) == (merged, {"NAME"})
    await recalls.time_passes(30 * DAY)
    assert await recalls.tell() == 2
    assert await recalls.open() == []
    assert await settled(recalls) == [({"NAME"}, "PERMITTED_AGAIN")]


async def test_a_reminder_waits_until_all_records_of_the_person_are_free(recalls: Recalls) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await recalls.intake.person(), await recalls.intake.person()
    await denies(recalls, kept, "NAME")
    await merges.merge(kept, merged)
    await recalls.time_passes(31 * DAY)
    async with asyncio.timeout(30), recalls.superuser.transaction():
        await recalls.superuser.execute(
            "select from intake.beneficiary where beneficiary_id = $1 for update", merged
        )
        assert await recalls.tell() == 0
    assert await recalls.tell() == 2
