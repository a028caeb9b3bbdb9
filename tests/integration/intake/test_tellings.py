"""Whether a person may be told what an authority was given of them: decided by an officer, not by default."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.measures import look_at_tellings, tellings_overdue
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.authority import NotToldReason
from services.intake.domain.rights_request import AskedBy
from services.intake.domain.telling import LONGEST, REVIEWED_AFTER, Telling
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.list_authorities import RequestsPage, list_compelled_requests
from tests.support.authorities import Authorities
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.recalls import Recalls
from tests.support.rights import Rights
from tests.support.vault import DPO, KEM, worker_of

MAY = Telling(may_be_told=True, not_told_reason=None, review_time=None)
HINTS = ("POLICE", "COMPELLED", "ΑΠ 12/2026", "Criminal Procedure", "AuthorityService")


@pytest.fixture
def authorities(intake: OpenIntake) -> Authorities:
    return Authorities(intake)


def not_yet(days: int = 30, reason: NotToldReason | None = NotToldReason.FORBIDDEN) -> Telling:
    return Telling(False, reason, datetime.now(UTC) + timedelta(days=days))


async def given(authorities: Authorities, **decision: Any) -> tuple[BeneficiaryId, UUID]:
    """The police was given somebody's name."""
    person = await authorities.intake.person()
    asked = await authorities.register(person, "NAME")
    await authorities.decide(asked, "NAME", **decision)
    await authorities.take(asked)
    return person, asked


async def exported(authorities: Authorities, person: BeneficiaryId, **changes: Any) -> dict[str, Any]:
    rights = Rights(authorities.intake)
    return await rights.document((await rights.register(person, **changes)).rights_request_id)


async def listed(authorities: Authorities, *, only_overdue: bool = False) -> RequestsPage:
    async with authorities.intake.database.transaction(DPO) as tx:
        return await list_compelled_requests(
            0,
            None,
            METHOD,
            tx,
            authorities.store,
            authorities.tellings,
            authorities.intake.parts.vault,
            only_overdue=only_overdue,
        )


async def run_out(recalls: Recalls) -> None:
    """The date of each decision is over."""
    await recalls.superuser.execute(
        "update intake.compelled_telling set decided_time = decided_time - interval '1 year',"
        " review_time = review_time - interval '1 year' where review_time is not null"
    )


async def test_the_person_is_not_told_until_an_officer_says_that_they_may_be(
    authorities: Authorities,
) -> None:
    person, asked = await given(authorities)
    found = await exported(authorities, person)
    assert found["compelled_disclosures"] == []
    assert [hint for hint in HINTS if hint in json.dumps(found, ensure_ascii=False)] == []
    await authorities.tell(asked, MAY)
    [one] = (await exported(authorities, person))["compelled_disclosures"]
    assert (one["authority"], one["protocol_number"]) == ("POLICE", "ΑΠ 12/2026")
    assert one["given_categories"] == ["NAME"]
    await authorities.tell(asked, not_yet(reason=NotToldReason.DANGER))
    assert (await exported(authorities, person))["compelled_disclosures"] == []


async def test_what_was_said_with_the_decision_counts_from_then_on(authorities: Authorities) -> None:
    person, asked = await given(authorities, telling=MAY, words="The court tells her itself.")
    assert len((await exported(authorities, person))["compelled_disclosures"]) == 1
    [event] = await authorities.intake.told("CompelledRequestDecided")
    fact = DisclosureEvent.FromString(event["payload"])
    assert fact.compelled_request_decided.person_may_be_told
    await authorities.tell(asked, not_yet())
    [event] = await authorities.intake.told("CompelledTellingDecided")
    assert (event["aggregate_version"], b"judge" in event["payload"]) == (3, False)
    [one] = (await listed(authorities)).requests
    assert one.telling is not None
    assert (one.telling.sequence, one.telling_words) == (2, "The judge has lifted it.")
    rows = await authorities.intake.rows("select sealed_words from compelled_telling order by sequence")
    assert [b"court" in row["sealed_words"] for row in rows] == [False, False]


async def test_nobody_but_the_person_is_told(authorities: Authorities) -> None:
    person, _ = await given(authorities, telling=MAY)
    rights = Rights(authorities.intake)
    asked = await rights.register(person, asked_by=AskedBy.PARENT)
    await rights.protect(asked.rights_request_id, with_history=True)
    found = await rights.document(asked.rights_request_id)
    assert found["compelled_disclosures"] == []
    assert "POLICE" not in json.dumps(found)


@pytest.mark.parametrize(
    ("telling", "reason"),
    [
        (Telling(True, NotToldReason.DANGER, None), "TOLD_OR_NOT"),
        (Telling(True, None, datetime.now(UTC) + timedelta(days=2)), "TOLD_OR_NOT"),
        (Telling(False, NotToldReason.DANGER, None), "TOLD_OR_NOT"),
        (not_yet(reason=None), "TOLD_OR_NOT"),
        (not_yet(reason=NotToldReason.NOT_REACHED), "TOLD_OR_NOT"),
        (not_yet(-1), "REVIEW_TIME_UNFIT"),
        (not_yet(LONGEST.days + 1), "REVIEW_TIME_UNFIT"),
    ],
)
async def test_not_yet_needs_a_reason_and_a_date_within_a_year(
    authorities: Authorities, telling: Telling, reason: str
) -> None:
    _, asked = await given(authorities)
    with pytest.raises(Invalid) as refusal:
        await authorities.tell(asked, telling)
    assert refusal.value.stable_reason == reason
    assert len(await authorities.intake.rows("select from compelled_telling")) == 1


async def test_a_change_says_why_and_is_of_what_was_given(authorities: Authorities) -> None:
    _, asked = await given(authorities)
    with pytest.raises(Invalid) as unsaid:
        await authorities.tell(asked, MAY, words="")
    assert unsaid.value.stable_reason == "WORDS_MISSING"
    refused = await authorities.register(await authorities.intake.person(), "NAME")
    with pytest.raises(Invalid) as nothing:
        await authorities.decide(refused, telling=MAY)
    assert nothing.value.stable_reason == "NOTHING_TO_TELL"
    await authorities.decide(refused)
    with pytest.raises(RuleBroken) as refusal:
        await authorities.tell(refused, MAY)
    assert refusal.value.stable_reason == "COMPELLED_REQUEST_REFUSED"
    for wanted, by in ((asked, worker_of(KEM, "dpo")), (uuid4(), DPO)):
        with pytest.raises(NotFound):
            await authorities.tell(wanted, MAY, by=by)


async def test_a_date_that_is_over_is_shown_and_counted_until_it_is_decided_anew(
    recalls: Recalls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    intake, counted = recalls.intake, list[int]()
    authorities = Authorities(intake)
    monkeypatch.setattr(type(tellings_overdue), "set", lambda _, amount: counted.append(amount))

    async def overdue() -> tuple[int, list[UUID]]:
        async with intake.worker.pool.acquire() as connection:
            await look_at_tellings(connection)
        page = await listed(authorities, only_overdue=True)
        assert all(one.telling and one.telling.is_overdue(page.now) for one in page.requests)
        return counted[-1], [one.request.compelled_request_id for one in page.requests]

    person, asked = await given(authorities)
    await given(authorities, telling=MAY)
    [row] = await intake.rows("select * from compelled_telling where not may_be_told")
    assert row["review_time"] - row["decided_time"] == REVIEWED_AFTER
    assert await overdue() == (0, [])
    await run_out(recalls)
    assert await overdue() == (1, [asked])
    await authorities.tell(asked, not_yet())
    assert await overdue() == (0, [])
    await run_out(recalls)
    async with intake.database.transaction(intake.desk) as tx:
        await erase_beneficiary(person, tx, intake.parts.people, Tombstones(tmp_path), intake.parts.recalls)
    assert await overdue() == (0, [])  # nobody is left who could be told
