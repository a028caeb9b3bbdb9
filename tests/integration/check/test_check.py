"""Each invariant is broken by hand once, and the checker must see exactly that."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import derived_id
from tests.integration.check import broken_ledger
from tests.integration.check import healthy_hub as hub_of
from tests.integration.check.breaks import BREAKS, DROP_WALLS
from tests.integration.check.broken_referrals import ILLEGAL_FACTS
from tests.integration.check.healthy_hub import HealthyHub
from tests.integration.check.healthy_ledger import plant_ledger
from tests.integration.check.planted_hub import build
from tests.support.postgres import MakeDatabase
from tools.check.invariant import Finding
from tools.check.report import Report, as_json, check_database


@pytest.fixture
async def hub(fresh_database: MakeDatabase) -> AsyncIterator[HealthyHub]:
    files = fresh_database(schemas=("intake", "referral", "notifications", "access"))
    connection = await asyncpg.connect(files.superuser_url)
    try:
        yield await build(files, connection)
    finally:
        await connection.close()


@pytest.fixture
async def audited_hub(fresh_database: MakeDatabase) -> AsyncIterator[HealthyHub]:
    """The same with its ledger: apart, because the ledger notices whatever is done to a log."""
    files = fresh_database(schemas=("intake", "referral", "notifications", "access", "audit"))
    connection = await asyncpg.connect(files.superuser_url)
    try:
        hub = await build(files, connection)
        await plant_ledger(hub)
        yield hub
    finally:
        await connection.close()


def broken(report: Report) -> dict[str, Finding]:
    return {finding.id: finding for finding in report.findings if finding.violations}


async def test_a_healthy_hub_has_no_violation_and_everything_was_looked_at(hub: HealthyHub) -> None:
    report = await check_database(hub.files.check_url)
    assert broken(report) == {}
    untested = {finding.id for finding in report.findings if not finding.checked}
    assert untested <= {
        "I12-dead-letters-within-bounds",
        "I1-a-withdrawn-need-ends",
        "I13-no-offer-expires-early",
        "I6-an-assessment-sees-little",
        "I6-refused-for-its-reason",
    }


@pytest.mark.parametrize(("statements", "noticed"), BREAKS, ids=[sorted(noticed)[0] for _, noticed in BREAKS])
async def test_what_is_broken_by_hand_is_found(hub: HealthyHub, statements: str, noticed: set[str]) -> None:
    await hub.connection.execute(DROP_WALLS)
    await hub.connection.execute(statements)
    found = broken(await check_database(hub.files.check_url))
    assert set(found) == noticed
    assert all(finding.examples for finding in found.values())


@pytest.mark.parametrize(("statement", "noticed"), broken_ledger.BREAKS)
async def test_what_is_done_to_the_ledger_is_found(
    audited_hub: HealthyHub, statement: str, noticed: set[str]
) -> None:
    assert broken(await check_database(audited_hub.files.check_url)) == {}
    await audited_hub.connection.execute(statement)
    found = broken(await check_database(audited_hub.files.check_url))
    assert set(found) == noticed
    assert all(finding.examples for finding in found.values())


@pytest.mark.parametrize(("referral_id", "fact", "noticed"), ILLEGAL_FACTS)
async def test_a_fact_that_should_never_follow_is_found(
    hub: HealthyHub, referral_id: object, fact: facts.GapRecorded, noticed: set[str]
) -> None:
    assert isinstance(referral_id, type(hub_of.R1))
    await hub.log("referral", hub.fact(referral_id, derived_id("check", "new aggregate"), fact))
    found = broken(await check_database(hub.files.check_url))
    assert noticed <= set(found) <= noticed | {"I5-tables-agree-with-the-log"}


async def test_nothing_moves_a_referral_that_has_ended(hub: HealthyHub) -> None:
    for fact in (facts.ReferralCancelled(reason="X"), facts.ReferralRematched(cause="X")):
        await hub.log("referral", hub.fact(hub_of.R3, hub_of.R3, fact))
    assert "I5-finals-stay-final" in broken(await check_database(hub.files.check_url))


async def test_every_invariant_was_broken_once(audited_hub: HealthyHub) -> None:
    """An invariant that no test has seen broken may be one that cannot be."""
    tried = {one for _, noticed in (*BREAKS, *broken_ledger.BREAKS) for one in noticed} | {
        one for *_, noticed in ILLEGAL_FACTS for one in noticed
    }
    tried |= {"I5-finals-stay-final"}
    report = await check_database(audited_hub.files.check_url)
    assert {finding.id for finding in report.findings} == tried


async def test_an_end_of_waiting_is_the_agencys_to_hear_and_not_the_desks(hub: HealthyHub) -> None:
    agency = str(hub_of.ASKED_FIRST)
    fact = facts.WaitingEnded(offer_id=str(hub_of.DECLINED), agency_id=agency)
    await hub.tell(hub.fact(hub_of.R1, hub_of.DECLINED, fact))
    assert broken(await check_database(hub.files.check_url)) == {}
    await hub.connection.execute(DROP_WALLS)
    await hub.connection.execute(
        f"update notifications.recipient set inbox = 'OTHER'"
        f" where inbox = 'AGENCY' and agency_id = '{agency}'"
    )
    found = broken(await check_database(hub.files.check_url))
    assert [one.rpartition(" ")[0] for one in found["I1-every-offer-reaches-its-agency"].examples] == [
        "ReferralOffered",
        "WaitingEnded",
    ]


async def test_what_waits_in_the_outbox_counts_as_told(hub: HealthyHub) -> None:
    event = hub.fact(hub_of.R3, hub_of.R3, facts.ReferralCancelled(reason="WITHHELD"))
    await hub.plant("referral.outbox", **{name: getattr(event, name) for name in event.__slots__})
    await hub.connection.execute(
        f"update referral.referral set state = 'CANCELLED', closed_time = now()"
        f" where referral_id = '{hub_of.R3}'"
    )
    assert broken(await check_database(hub.files.check_url)) == {}


async def test_consent_may_have_ended_while_the_news_is_on_its_way(hub: HealthyHub) -> None:
    await hub.connection.execute(
        f"update intake.consent set valid_until_time = '{hub_of.JUST_AFTER}';"
        f"update intake.grant_cell set valid_until_time = '{hub_of.JUST_AFTER}'"
    )
    outlived, kept = "I7-no-offer-outlives-its-consent", "I19-what-ended-is-asked-back"
    assert set(broken(await check_database(hub.files.check_url))) == {outlived, kept}
    await hub.plant("intake.consent_moment", beneficiary_id=hub_of.PERSON, due_time=hub_of.JUST_AFTER)
    assert broken(await check_database(hub.files.check_url)) == {}
    await hub.connection.execute("delete from intake.consent_moment")
    event = await hub.intake_event("ProfileChanged", derived_id("check", "profile"))
    assert set(broken(await check_database(hub.files.check_url))) == {kept}
    await hub.plant("referral.inbox", consumer="referral", event_id=event.event_id)
    assert set(broken(await check_database(hub.files.check_url))) == {outlived, kept}


async def test_the_report_as_json_has_the_promised_shape(hub: HealthyHub) -> None:
    import json

    await hub.connection.execute("delete from referral.deadline")
    report = json.loads(as_json(await check_database(hub.files.check_url)))
    assert report["violations"] == 1
    (broken_one,) = [one for one in report["invariants"] if one["violations"]]
    assert broken_one == {
        "id": "I13-each-open-offer-has-its-clock",
        "checked": 1,
        "violations": 1,
        "examples": [str(hub_of.OPEN)],
    }


async def test_an_empty_hub_without_all_services_is_fine(fresh_database: MakeDatabase) -> None:
    report = await check_database(fresh_database(schemas=("notifications",)).check_url)
    assert report.violations == 0
    assert report.findings
