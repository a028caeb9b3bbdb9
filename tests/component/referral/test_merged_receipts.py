"""The receipt of somebody with two records tells of both while they are one, and of no stranger later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kem.disclosure.v1 import receipt_service_pb2 as messages
from kem.intake.v1 import consent_pb2, need_pb2
from kem.intake.v1 import merge_service_pb2 as merge_messages
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from kem.referral.v1 import referral_pb2 as referral
from tests.component.intake.test_merges import merge_of
from tests.component.referral.city import City
from tests.component.referral.receipt_door import check, doors, erase, issue, read
from tests.support.refusals import refused


@asynccontextmanager
async def merging(city: City) -> AsyncIterator[Any]:
    async with city.running.intake.channel_of("child_protection_officer") as officer:
        yield MergeServiceStub(officer)


def unmerge_of(merged: str) -> merge_messages.UnmergeBeneficiariesRequest:
    return merge_messages.UnmergeBeneficiariesRequest(
        request_id=str(uuid4()), merged_beneficiary_id=merged, words="They came together."
    )


async def two_records(city: City) -> tuple[str, str]:
    """Of one person: both agreed to something, both need something, one of it restricted."""
    kept, merged = await city.consented_person(), await city.desk.person()
    await city.desk.consent(merged, purpose="SERVICE_LEGAL", categories=["NAME"])
    await city.desk.consent(merged, purpose="SERVICE_PROTECTION", categories=["NAME", "PROTECTION"])
    await city.offered(await city.desk.need(kept))
    legal = await city.desk.need(merged, service_type="GENERAL_LEGAL", routing=need_pb2.ROUTING_ASK_FIRST)
    await city.state(legal, referral.REFERRAL_STATE_UNMATCHED)
    await city.desk.need(merged, service_type="GBV_SHELTER", routing=need_pb2.ROUTING_ASK_FIRST)
    return kept, merged


def said(issued: messages.IssueReceiptResponse) -> tuple[list[str], list[str]]:
    """What for the person agreed, and what was asked for them."""
    consents, referrals = issued.content.sections[:2]
    purposes = [text.text for item in consents.items for text in item.facts[0].values]
    return sorted(purposes), sorted(item.head.text.lower() for item in referrals.items)


async def is_valid(anybody: Any, *issued: messages.IssueReceiptResponse) -> list[bool]:
    return [(await anybody.CheckReceipt(check(one.code))).valid for one in issued]


async def test_the_receipt_of_either_record_tells_of_both_and_of_nothing_restricted(city: City) -> None:
    kept, merged = await two_records(city)
    async with doors(city) as (staff, anybody), merging(city) as door:
        of_kept, of_merged = await staff.IssueReceipt(issue(kept)), await staff.IssueReceipt(issue(merged))
        assert said(of_kept) == (["lessons and school"], ["lessons and school"])
        assert said(of_merged) == (["legal questions"], ["legal questions"])
        await door.MergeBeneficiaries(merge_of(kept, merged))
        assert await is_valid(anybody, of_kept, of_merged) == [True, True]
        both = ["legal questions", "lessons and school"]
        for record in (merged, kept):
            issued = await staff.IssueReceipt(issue(record))
            assert said(issued) == (both, both)
            assert messages.RECEIPT_WARNING_LEFT_OFF in issued.warnings
            assert "shelter" not in str(issued).lower()
            assert "PROTECTION" not in str(issued)
            assert (await anybody.ReadReceipt(read(issued))).content == issued.content
        assert await is_valid(anybody, of_kept, of_merged) == [False, False]


async def test_a_paper_that_is_lost_is_not_valid_by_whichever_record_it_was_issued(city: City) -> None:
    kept, merged = await city.consented_person(), await city.desk.person()
    async with doors(city) as (staff, anybody), merging(city) as door:
        issued = [await staff.IssueReceipt(issue(one)) for one in (kept, merged)]
        await door.MergeBeneficiaries(merge_of(kept, merged))
        ended = await staff.RevokeReceipt(
            messages.RevokeReceiptRequest(request_id=str(uuid4()), beneficiary_id=merged)
        )
        assert set(ended.receipt_ids) == {one.receipt_id for one in issued}
        assert await is_valid(anybody, *issued) == [False, False]


async def test_a_denial_on_one_record_leaves_the_others_consent_off_the_paper(city: City) -> None:
    kept, merged = await city.consented_person(), await city.desk.person()
    await city.desk.consent(merged, effect=consent_pb2.GRANT_EFFECT_DENY)
    async with doors(city) as (staff, _), merging(city) as door:
        await door.MergeBeneficiaries(merge_of(kept, merged))
        assert said(await staff.IssueReceipt(issue(kept)))[0] == []


async def test_what_tells_of_both_is_not_valid_once_they_are_two_and_what_told_of_one_is(city: City) -> None:
    kept, merged = await two_records(city)
    third = await city.desk.person()
    async with doors(city) as (staff, anybody), merging(city) as door:
        of_kept = await staff.IssueReceipt(issue(kept))
        await door.MergeBeneficiaries(merge_of(kept, merged))
        await door.UnmergeBeneficiaries(unmerge_of(merged))
        assert await is_valid(anybody, of_kept) == [True]
        await door.MergeBeneficiaries(merge_of(kept, third))
        of_two = await staff.IssueReceipt(issue(kept))
        await door.MergeBeneficiaries(merge_of(kept, merged))
        await door.UnmergeBeneficiaries(unmerge_of(merged))
        assert await is_valid(anybody, of_two) == [True]
        await door.MergeBeneficiaries(merge_of(kept, merged))
        of_all = await staff.IssueReceipt(issue(kept))
        await door.UnmergeBeneficiaries(unmerge_of(merged))
        assert await is_valid(anybody, of_two, of_all) == [False, False]
        with refused() as refusal:
            await anybody.ReadReceipt(read(of_all))
        assert refusal.reason == "RECEIPT_NOT_FOUND"
    assert await sealed(city, of_all.receipt_id) is None


@pytest.mark.parametrize("by_kept", [True, False])
async def test_after_an_erasure_no_code_of_either_record_is_valid(city: City, by_kept: bool) -> None:
    kept, merged = await city.desk.person(), await city.desk.person()
    async with doors(city) as (staff, anybody), merging(city) as door:
        issued = [await staff.IssueReceipt(issue(one)) for one in (kept, merged)]
        await door.MergeBeneficiaries(merge_of(kept, merged))
        assert await is_valid(anybody, *issued) == [True, True]
        await erase(city, *((kept, merged) if by_kept else (merged, kept)))
        assert await is_valid(anybody, *issued) == [False, False]
        with refused() as refusal:
            await staff.IssueReceipt(issue(kept))
        assert refusal.reason == "BENEFICIARY_ERASED"


async def sealed(city: City, receipt_id: str) -> bytes | None:
    connection = await asyncpg.connect(city.database.superuser_url)
    try:
        found: bytes | None = await connection.fetchval(
            "select sealed_content from intake.receipt where receipt_id = $1", UUID(receipt_id)
        )
        return found
    finally:
        await connection.close()
