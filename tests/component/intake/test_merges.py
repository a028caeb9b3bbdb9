"""Merging through the doors: who may, what a double click does, and what the worker is told."""

import contextlib
from typing import Any
from uuid import uuid4

import grpc

from kem.intake.v1 import intake_service_pb2 as intake_messages
from kem.intake.v1 import merge_service_pb2 as messages
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from tests.component.intake.desk import Desk
from tests.integration.chassis.waiting import until
from tests.support.intake import RunningIntake
from tests.support.refusals import refused


def merge_of(kept: str, merged: str) -> messages.MergeBeneficiariesRequest:
    return messages.MergeBeneficiariesRequest(
        request_id=str(uuid4()),
        kept_beneficiary_id=kept,
        merged_beneficiary_id=merged,
        words="The same card.",
    )


async def test_a_double_click_makes_one_merge_and_a_caseworker_makes_none(
    intake: RunningIntake, desk: Desk
) -> None:
    kept, merged = await desk.person(), await desk.person()
    request = merge_of(kept, merged)
    async with intake.channel_of("supervisor") as supervisor, intake.channel_of("caseworker") as worker:
        with refused() as refusal:
            await MergeServiceStub(worker).MergeBeneficiaries(request)
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
        door = MergeServiceStub(supervisor)
        first, again = await door.MergeBeneficiaries(request), await door.MergeBeneficiaries(request)
        assert first == again
        assert first.merge_id
        with refused() as refusal:
            await door.MergeBeneficiaries(merge_of(kept, merged))
        assert refusal.reason == "ALREADY_MERGED"


async def test_a_worker_at_the_merged_record_is_led_to_the_kept_one_until_it_is_unmerged(
    intake: RunningIntake, desk: Desk
) -> None:
    kept, merged = await desk.person(), await desk.person()
    need = await desk.need(merged)
    async with intake.channel_of("supervisor") as supervisor:
        door, people = MergeServiceStub(supervisor), IntakeServiceStub(supervisor)
        await door.MergeBeneficiaries(merge_of(kept, merged))
        shown = await people.GetBeneficiary(intake_messages.GetBeneficiaryRequest(beneficiary_id=merged))
        assert (shown.kept_beneficiary_id, list(shown.other_beneficiary_ids)) == (kept, [kept])
        shown = await people.GetBeneficiary(intake_messages.GetBeneficiaryRequest(beneficiary_id=kept))
        assert (shown.kept_beneficiary_id, list(shown.other_beneficiary_ids)) == ("", [merged])
        with refused() as refusal:
            await desk.need(merged)
        assert (refusal.reason, refusal.metadata["kept_beneficiary_id"]) == ("BENEFICIARY_MERGED", kept)
        with refused() as refusal:
            await desk.intake.RecordNeeds(
                intake_messages.RecordNeedsRequest(
                    request_id=str(uuid4()), needs=[desk.new_need(kept), desk.new_need(merged)]
                )
            )
        assert refusal.reason == "BENEFICIARY_MERGED"
        newer = await desk.need(kept)
        page = await people.ListNeeds(intake_messages.ListNeedsRequest(beneficiary_id=kept))
        assert [(one.need_id, one.beneficiary_id) for one in page.needs] == [
            (newer.need_id, kept),
            (need.need_id, merged),
        ]
        undone = await door.UnmergeBeneficiaries(
            messages.UnmergeBeneficiariesRequest(
                request_id=str(uuid4()), merged_beneficiary_id=merged, words="They are sisters."
            )
        )
        assert undone.kept_beneficiary_id == kept
        [happened] = undone.happened
        assert (happened.beneficiary_id, happened.id) == (kept, newer.need_id)
        assert happened.kind == messages.HappenedMeanwhile.KIND_NEED
        assert undone.happened_count == 1
    await desk.need(merged)


async def test_likely_duplicates_are_listed_page_by_page(intake: RunningIntake, desk: Desk) -> None:
    people = [await desk.person() for _ in range(3)]
    async with intake.channel_of("supervisor") as supervisor:
        door = MergeServiceStub(supervisor)

        async def page(token: str = "") -> Any:
            request = messages.ListLikelyDuplicatesRequest(page_size=2, page_token=token)
            with contextlib.suppress(grpc.aio.AioRpcError):  # the names are still being opened
                return await door.ListLikelyDuplicates(request)

        first = await until(page)
        second = await page(first.next_page_token)
    assert [len(one.pairs) for one in (first, second)] == [3, 0]
    assert second.next_page_token == ""
    assert {one.later.beneficiary_id for one in first.pairs} == set(people[1:])
    assert first.pairs[0].earlier.masked_name == "A••• A•••"
    assert first.pairs[0].likeness_percent == 100
