"""The hub settles what a denial had asked back just as its holder answers: one of them counts."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import pytest

from chassis.postgres import Transaction
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.domain.cells import GrantEffect
from services.intake.domain.recall import Acknowledgement, Recall
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.unmerge_beneficiaries import UnmergeBeneficiaries, unmerge_beneficiaries
from tests.integration.chassis.waiting import until
from tests.support.consented_people import METHOD, bits, grant, member_of
from tests.support.merges import PROTECTOR, WORDS, Merges
from tests.support.recalls import HOLDER, Recalls
from tests.support.telephone import A


async def asked_back(recalls: Recalls) -> tuple[BeneficiaryId, Recall]:
    """A record that was merged with one which denies the name, and what is asked back of A for that."""
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await recalls.intake.disclose(need, member_of(A))
    await recalls.intake.consent(kept, grant(A, bits("NAME"), effect=GrantEffect.DENY))
    await merges.merge(kept, merged)
    [recall] = await recalls.open()
    return merged, recall


async def answer(recalls: Recalls, recall: Recall, tx: Transaction) -> None:
    command = AcknowledgeRecall(uuid4(), recall.recall_id, Acknowledgement(bits("NAME"), 0, ""), "")
    await acknowledge_recall(command, tx, recalls.intake.parts.recalls, recalls.intake.parts.vault)


async def part(recalls: Recalls, merged: BeneficiaryId, tx: Transaction) -> None:
    command = UnmergeBeneficiaries(uuid4(), merged, WORDS)
    await unmerge_beneficiaries(command, METHOD, tx, Merges(recalls.intake).parts)


async def waits_for_it(recalls: Recalls, later: Awaitable[Any]) -> asyncio.Future[Any]:
    task = asyncio.ensure_future(later)

    async def waits() -> bool:
        return bool(await recalls.intake.rows("select from pg_locks where not granted"))

    await until(waits)
    return task


async def told(recalls: Recalls) -> list[tuple[int, str]]:
    events = await recalls.intake.told("RecallAcknowledged")
    facts = [DisclosureEvent.FromString(event["payload"]).recall_acknowledged for event in events]
    return [(fact.destroyed_mask, fact.kept_ground) for fact in facts]


async def test_where_the_holder_is_first_the_hub_leaves_its_answer(recalls: Recalls) -> None:
    merged, recall = await asked_back(recalls)

    async def parted() -> None:
        async with recalls.intake.database.transaction(PROTECTOR) as tx:
            await part(recalls, merged, tx)

    async with recalls.intake.database.transaction(HOLDER) as tx:
        await answer(recalls, recall, tx)
        later = await waits_for_it(recalls, parted())
    await later
    assert await told(recalls) == [(bits("NAME"), "")]


async def test_where_the_hub_is_first_the_holder_hears_that_it_is_permitted_again(recalls: Recalls) -> None:
    merged, recall = await asked_back(recalls)

    async def answered() -> None:
        async with recalls.intake.database.transaction(HOLDER) as tx:
            await answer(recalls, recall, tx)

    async with recalls.intake.database.transaction(PROTECTOR) as tx:
        await part(recalls, merged, tx)
        later = await waits_for_it(recalls, answered())
    with pytest.raises(RuleBroken, match="permits it again") as refusal:
        await later
    assert refusal.value.stable_reason == "ALREADY_ACKNOWLEDGED"
    assert await told(recalls) == [(0, "PERMITTED_AGAIN")]


async def test_many_races_end_with_one_answer_each(recalls: Recalls) -> None:
    for _ in range(20):
        merged, recall = await asked_back(recalls)
        before = len(await told(recalls))

        async def parted(merged: BeneficiaryId = merged) -> None:
            async with recalls.intake.database.transaction(PROTECTOR) as tx:
                await part(recalls, merged, tx)

        async def answered(recall: Recall = recall) -> None:
            async with recalls.intake.database.transaction(HOLDER) as tx:
                await answer(recalls, recall, tx)

        await asyncio.gather(parted(), answered(), return_exceptions=True)
        assert len(await told(recalls)) == before + 1
        assert await recalls.open() == []
