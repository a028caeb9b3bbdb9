"""The second wall around referrals: what a call's login reaches even where a use case forgot to ask."""

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from chassis.postgres import Database
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member
from tests.support.saved_directory import WORKER

pytestmark = pytest.mark.asyncio

STRANGER = member(9)
_COPY = """
    insert into {0} select (made).*
    from (select jsonb_populate_record(one, $1::jsonb) as made from {0} as one) as copies
"""


async def counted(life: Life, who: Caller, table: str) -> int:
    async with life.directory.app.transaction(who) as tx:
        count: int = await tx.connection.fetchval(f"select count(*) from {table}")
        return count


async def reached(life: Life, who: Caller) -> dict[str, int]:
    tables = ("referral", "offer", "need_profile", "proposal", "offer_note")
    return {table: await counted(life, who, table) for table in tables}


async def refused(database: Database, who: Caller, statement: str, *values: Any) -> None:
    """The database refuses the statement, or it reaches no row."""
    try:
        async with database.transaction(who) as tx:
            done = await tx.connection.execute(statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return
    assert done.endswith(" 0")


async def asked(life: Life) -> tuple[Need, Caller]:
    """Somebody who asked a question and was answered."""
    need = await life.one()
    who = member(life.offer_to(need))
    offer_id = life.offer(need)["offer_id"]
    await life.call(who, "RequestInformation", offer_id=offer_id, question="How many children?")
    await life.call(DESK, "ProvideInformation", offer_id=offer_id, answer="Two.")
    return need, who


async def test_whoever_is_asked_reaches_the_card_and_whoever_declined_only_the_own_answer(life: Life) -> None:
    need, who = await asked(life)
    assert await reached(life, who) == {
        "referral": 1,
        "offer": 1,
        "need_profile": 1,
        "proposal": 0,
        "offer_note": 2,
    }
    await life.call(who, "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE")
    left = await reached(life, who)
    assert {table for table, rows in left.items() if rows} == {"referral", "offer"}
    assert set((await reached(life, STRANGER)).values()) == {0}
    assert (await reached(life, DESK))["need_profile"] == 1


async def test_the_holder_reaches_no_words_once_it_has_ended(life: Life) -> None:
    need, who = await asked(life)
    await life.call(who, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    assert (await reached(life, who))["offer_note"] == 2
    await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    assert (await reached(life, who))["offer_note"] == 0
    assert (await reached(life, DESK))["offer_note"] == 2


async def test_no_call_learns_which_person_is_behind_a_referral(life: Life) -> None:
    need, who = await asked(life)
    for one in (who, DESK):
        await refused(
            life.directory.app,
            one,
            "select beneficiary_id from referral where referral_id = $1",
            need.referral_id,
        )


@pytest.mark.parametrize(
    "change",
    [
        "referral_id = gen_random_uuid()",
        "need_id = gen_random_uuid()",
        "beneficiary_id = gen_random_uuid()",
        "sender_agency_id = calling_agency()",
    ],
)
async def test_whose_referral_it_is_never_changes(life: Life, change: str) -> None:
    need, who = await asked(life)
    statement = f"update referral set {change} where referral_id = $1"
    for one in (who, STRANGER):
        await refused(life.directory.app, one, statement, need.referral_id)
    anybody = statement.replace("calling_agency()", "gen_random_uuid()")
    await refused(life.directory.worker, WORKER, anybody, need.referral_id)


@pytest.mark.parametrize("change", ["agency_id", "sender_agency_id", "referral_id", "offer_id", "service_id"])
async def test_to_whom_an_offer_went_never_changes(life: Life, change: str) -> None:
    need, who = await asked(life)
    statement = f"update offer set {change} = $1 where referral_id = $2"
    for one in (who, DESK, STRANGER):
        await refused(life.directory.app, one, statement, uuid4(), need.referral_id)


async def test_an_agency_that_is_asked_writes_neither_referrals_nor_offers_nor_what_matching_knows(
    life: Life,
) -> None:
    need, who = await asked(life)
    other = {"referral_id": str(uuid4()), "need_id": str(uuid4()), "offer_id": str(uuid4()), "number": 9}
    for statement, *values in (
        (_COPY.format("referral"), json.dumps(other)),
        (_COPY.format("offer"), json.dumps({**other, "referral_id": str(need.referral_id)})),
        ("delete from referral",),
        ("delete from offer_note",),
        ("update offer_note set sealed = ''",),
        ("update need_profile set profile_version = 99 where referral_id = $1", need.referral_id),
        ("update proposal set score = 0",),
        ("delete from proposal",),
    ):
        await refused(life.directory.app, who, statement, *values)


async def test_what_a_match_knew_of_the_person_goes_with_the_end_and_the_score_stays(life: Life) -> None:
    terms = "from proposal, jsonb_array_elements(terms) as term"
    stays = f"select term ->> 'term', term ->> 'value', term ->> 'weight' {terms}"
    facts = f"select term ->> 'term', term ->> 'facts' {terms}"
    for end in ("cancelled", "completed", "withdrawn"):
        life.superuser.execute("truncate proposal")
        need = await life.one(age_band="BAND_25_44")
        before = life.rows(stays)
        assert '"language": "ara"' in dict(life.rows(facts))["FIT"]
        holder = member(life.offer_to(need))
        if end == "completed":
            await life.call(holder, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
            await life.call(holder, "StartService", referral_id=need.referral_id)
            await life.call(
                holder,
                "CompleteReferral",
                referral_id=need.referral_id,
                outcome="NEED_MET",
                confirmed_by="NONE",
            )
        elif end == "cancelled":
            await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
        else:
            await life.hear(life.withdrawn(need))
        assert life.rows(stays) == before
        left = dict(life.rows(facts))
        assert left["FIT"] == left["DISTANCE"] == "{}"
        assert "free" in left["FREE_PLACES"]
        assert life.rows("select distinct warnings from proposal") == [["[]"]]


async def test_while_it_goes_on_the_facts_of_a_match_stay_readable(life: Life) -> None:
    need = await life.one()
    who = member(life.offer_to(need))
    await life.call(who, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    assert "ara" in str(life.rows("select terms from proposal"))
