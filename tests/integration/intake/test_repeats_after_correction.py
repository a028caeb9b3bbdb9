"""Whoever repeats a request after a correction reads nothing under the disclosure of then: they ask anew."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.domain.beneficiary import Birth
from tests.integration.intake.test_corrections import RIGHT_NAME, correct
from tests.support.authorities import Authorities
from tests.support.emergency_access import Emergency
from tests.support.recalls import HOLDER, Recalls
from tests.support.rights import Rights
from tests.support.telephone import A

Again = Callable[[UUID], Awaitable[Any]]
"""The same call by a request_id."""


async def is_told_to_ask_anew(
    recalls: Recalls, again: Again, person: BeneficiaryId, version: int = 1
) -> None:
    """By the old id nothing more is told; by a new one what is right, on a row of its own."""
    old, new = uuid4(), uuid4()
    first = await again(old)
    assert (await again(old)).disclosure_id == first.disclosure_id
    await correct(recalls, person, version=version, names=RIGHT_NAME)
    for _ in range(2):
        with pytest.raises(RuleBroken) as refusal:
            await again(old)
        assert refusal.value.stable_reason == "CORRECTED_SINCE"
    anew = await again(new)
    assert anew.disclosure_id != first.disclosure_id
    assert (await again(new)).disclosure_id == anew.disclosure_id
    rows = await recalls.intake.rows("select disclosed_time from disclosure where request_id = $1", new)
    [corrected] = await recalls.intake.rows("select corrected_time from correction")
    assert rows[0]["disclosed_time"] > corrected["corrected_time"]


async def test_the_holder_of_a_referral(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)

    async def again(request_id: UUID) -> Any:
        return await recalls.intake.disclose(need, HOLDER, request_id=request_id)

    await is_told_to_ask_anew(recalls, again, person)
    [row] = await recalls.intake.rows("select * from disclosure where outcome = 'REFUSED'")
    assert (row["refusal_reason"], row["given_mask"]) == ("CORRECTED_SINCE", 0)
    [event] = await recalls.intake.told("DisclosureRefused")
    assert DisclosureEvent.FromString(event["payload"]).disclosure_refused.reason == "CORRECTED_SINCE"


async def test_a_correction_of_something_else_leaves_a_repeat_as_it_was(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need, request_id = await recalls.given(person, A), uuid4()
    first = await recalls.intake.disclose(need, HOLDER, request_id=request_id)
    await correct(recalls, person, birth=Birth(datetime(1990, 1, 2, tzinfo=UTC).date()))
    again = await recalls.intake.disclose(need, HOLDER, request_id=request_id)
    assert (again.disclosure_id, again.fields) == (first.disclosure_id, first.fields)


async def test_whoever_was_allowed_to_see_in_an_emergency(recalls: Recalls) -> None:
    emergency = Emergency(recalls.intake)
    need = await emergency.held("NAME")
    [row] = await recalls.intake.rows("select beneficiary_id from need")
    access_id = await emergency.ask(need.referral_id, "NAME")
    await emergency.decide(access_id)

    async def again(request_id: UUID) -> Any:
        return await emergency.see(access_id, request_id=request_id)

    await is_told_to_ask_anew(recalls, again, BeneficiaryId(row["beneficiary_id"]))


async def test_whoever_hands_over_to_an_authority(recalls: Recalls) -> None:
    person, authorities = await recalls.intake.person(), Authorities(recalls.intake)
    asked = await authorities.register(person, "NAME")
    await authorities.decide(asked, "NAME")

    async def again(request_id: UUID) -> Any:
        return await authorities.take(asked, request_id=request_id)

    await is_told_to_ask_anew(recalls, again, person)


async def test_whoever_takes_an_export(recalls: Recalls) -> None:
    person, rights = await recalls.intake.person(), Rights(recalls.intake)
    asked = (await rights.register(person)).rights_request_id

    async def again(request_id: UUID) -> Any:
        return await rights.export(asked, request_id=request_id)

    await is_told_to_ask_anew(recalls, again, person)
