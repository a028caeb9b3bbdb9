"""Only who holds a referral is given anything of it, and only as long as it holds it."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from kernel import codes
from kernel.errors import NotYetKnown, RuleBroken
from kernel.ids import NeedId, ReferralId, random_id
from services.intake.domain.held_referral import Release
from services.intake.domain.need import RecordedNeed
from tests.support.consented_people import OpenIntake, agreement_with, member_of
from tests.support.disclosing import A, B, held_need, is_refused, refusals


async def test_who_does_not_hold_the_referral_cannot_tell_it_from_none_nor_when_it_is_taken(
    intake: OpenIntake,
) -> None:
    held, ended = await held_need(intake, A), await intake.need(await intake.person())
    unanswered = await intake.need(await intake.person())
    await intake.follow(Release(ended.referral_id, 2, datetime.now(UTC)))
    nothing = RecordedNeed(NeedId(random_id()), ReferralId(random_id()))
    told = set()
    for wanted in (held, ended, unanswered, nothing):
        with pytest.raises(NotYetKnown) as refusal:
            await intake.disclose(wanted, member_of(B))
        one = refusal.value
        told.add((one.message, one.stable_reason, one.retry_delay_seconds, *sorted(one.metadata.items())))
    assert len(told) == 1
    assert await refusals(intake) == ["NOT_HOLDER", "NOT_HOLDER", "ACCEPTANCE_NOT_KNOWN", "NOT_HOLDER"]
    rows = await intake.rows("select beneficiary_id, asked_mask from disclosure")
    assert all(row["beneficiary_id"] is None and row["asked_mask"] == 0 for row in rows)


async def test_the_sender_itself_is_no_holder(intake: OpenIntake) -> None:
    await is_refused(intake, await held_need(intake), intake.desk, NotYetKnown, "ACCEPTANCE_NOT_KNOWN")


async def test_a_referral_that_was_returned_or_has_ended_is_no_longer_held(intake: OpenIntake) -> None:
    need = await held_need(intake)
    await intake.follow(Release(need.referral_id, 2, datetime.now(UTC)))
    await is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    await intake.agree(agreement_with(B))
    await intake.accepted(need, B, version=3)
    await is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    await is_refused(intake, need, member_of(B), RuleBroken, "CONSENT_NOT_IN_FORCE")


async def test_what_comes_late_opens_nothing(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    await intake.follow(Release(need.referral_id, 5, datetime.now(UTC)))
    await intake.accepted(need, A, version=4)
    await is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")


async def test_sealed_records_open_to_another_agency_only_while_it_holds_a_referral(
    intake: OpenIntake,
) -> None:
    need = await held_need(intake, A)
    [row] = await intake.rows("select beneficiary_id from need")

    async def seen_by(agency_id: UUID) -> bool:
        async with intake.database.transaction(member_of(agency_id)) as tx:
            rows = await tx.connection.fetch(
                "select from records_of_people($1, $2)", [row["beneficiary_id"]], list(codes.CATEGORIES)
            )
            return bool(rows)

    assert await seen_by(A)
    assert not await seen_by(B)
    await intake.follow(Release(need.referral_id, 2, datetime.now(UTC)))
    assert not await seen_by(A)


async def test_an_agency_sees_its_own_disclosures_and_holdings_only(intake: OpenIntake) -> None:
    need = await held_need(intake, A)
    await intake.disclose(need, member_of(A))
    for agency_id, count in ((A, 1), (B, 0)):
        async with intake.database.transaction(member_of(agency_id)) as tx:
            for table in ("disclosure", "held_referral"):
                assert len(await tx.connection.fetch(f"select from {table}")) == count
    for statement in ("update disclosure set given_mask = 0", "delete from disclosure"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await intake.rows(statement)
