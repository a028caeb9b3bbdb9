"""A referral's history as a person reads it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.referral.domain.conditions import MatchWarning
from tests.integration.check import healthy_hub as hub_of
from tests.integration.check.healthy_hub import HealthyHub
from tests.integration.check.planted_hub import build
from tests.support.postgres import MakeDatabase
from tools.stack.failure import StackFailure
from tools.trace.history import read_history
from tools.trace.reading_aloud import WARNINGS, read_aloud
from tools.trace.sayings import SAYINGS
from tools.trace.show import as_json, print_history

SERVICE = UUID(int=7)
TERMS = [
    {"term": "FREE_PLACES", "value": 0.4, "weight": 0.25, "facts": {"free": 2}},
    {"term": "FRESHNESS", "value": 1.0, "weight": 0.15, "facts": {"freshness": "GREEN", "days": 0}},
    {"term": "TIME_TO_START", "value": 0.5, "weight": 0.25, "facts": {"basis": "NOT_KNOWN", "cases": 0}},
    {"term": "DISTANCE", "value": 1.0, "weight": 0.2, "facts": {"band": "30"}},
    {"term": "FIT", "value": 1.0, "weight": 0.15, "facts": {"how": "SPOKEN", "language": "prs"}},
]


@pytest.fixture
async def hub(fresh_database: MakeDatabase) -> AsyncIterator[HealthyHub]:
    files = fresh_database(schemas=("intake", "referral", "notifications", "access"))
    connection = await asyncpg.connect(files.superuser_url)
    try:
        hub = await build(files, connection)
        for agency_id, name in ((hub_of.HOLDER, "Second Language School"), (hub_of.SENDER, "The Desk")):
            await hub.plant("referral.agency", agency_id=agency_id, code=name, name_en=name)
        seen = {"listing": "PUBLIC", "location_visibility": "PUBLIC"}
        await hub.plant("referral.service", service_id=SERVICE, name_en="Greek for beginners", **seen)
        for referral_id in (hub_of.R1, hub_of.R3):
            await hub.plant(
                "referral.proposal",
                referral_id=referral_id,
                match_number=1,
                rank=1,
                service_id=SERVICE,
                agency_id=hub_of.HOLDER,
                score=0.71,
                terms=json.dumps(TERMS),
                warnings=["DOCUMENT_ENDS_BEFORE_ACTIVITY"],
                match_time=hub_of.EARLIER - timedelta(minutes=1),
                policy_version="score/1",
            )
        yield hub
    finally:
        await connection.close()


async def test_a_history_tells_everything_in_order(hub: HealthyHub) -> None:
    history = await read_history(hub.files.check_url, str(hub_of.R1))
    told = [entry.event for entry in history.entries]
    assert told == [
        "NeedRecorded",
        "Matched",
        "ReferralOffered",
        "OfferDeclined",
        "ReferralOffered",
        "ReferralAccepted",
        "HandoverRecorded",
        "DisclosureGiven",
        "RecallOpened",
        "RecallOverdue",
        "RecallAcknowledged",
        "EmergencyAccessRequested",
        "EmergencyAccessDecided",
        "DisclosureGiven",
        "EmergencyDisclosureGiven",
        "RecallOpened",
    ]
    assert [entry.time for entry in history.entries] == sorted(entry.time for entry in history.entries)


async def test_it_says_what_was_told_by_telephone_and_what_came_of_it(hub: HealthyHub) -> None:
    history = await read_history(hub.files.check_url, str(hub_of.R1))
    [handover] = [entry for entry in history.entries if entry.event == "HandoverRecorded"]
    assert handover.who.agency == "The Desk"
    assert handover.says == (
        "By telephone 1 kinds of data were told to Second Language School, which takes the person up; for a"
        " vital interest, which a review has found justified."
    )
    await hub.connection.execute(
        "update intake.emergency_review set finding = null, sealed_words = null,"
        " reviewed_by_principal_id = null, reviewed_time = null"
    )
    history = await read_history(hub.files.check_url, str(hub_of.R1))
    [handover] = [entry for entry in history.entries if entry.event == "HandoverRecorded"]
    assert "for a vital interest, a review is due by " in handover.says


async def test_it_says_what_was_authorised_until_when_and_what_was_given_by_it(hub: HealthyHub) -> None:
    entries = (await read_history(hub.files.check_url, str(hub_of.R1))).entries
    asked, decided, given = [entry for entry in entries if entry.event.startswith("Emergency")]
    assert asked.says == "Asked to see 2 kinds of data in an emergency."
    assert decided.says.startswith("1 kinds of data may be seen until ")
    assert "a review is due by " in decided.says
    assert given.says == "1 kinds of data were given by the emergency access."


async def test_it_says_what_was_asked_back_and_what_became_of_it(hub: HealthyHub) -> None:
    entries = (await read_history(hub.files.check_url, str(hub_of.R1))).entries
    told = [entry for entry in entries if entry.event.startswith("Recall")]
    [corrected] = [entry for entry in told if "holds an earlier value" in entry.says]
    assert corrected.says.startswith(
        "It was corrected, and the agency holds an earlier value: Second Language"
    )
    opened, overdue, acknowledged = [entry for entry in told if entry is not corrected]
    assert opened.says.startswith("The consent behind it has ended: Second Language School must say by ")
    assert opened.says.endswith(" what became of 1 kinds of data that it was given.")
    assert overdue.says == "Second Language School has not said it in time."
    assert acknowledged.who.agency == "Second Language School"
    assert acknowledged.says == "0 kinds of data were destroyed, 1 are kept: LEGAL_OBLIGATION."


async def test_it_says_why_that_provider_was_asked(hub: HealthyHub) -> None:
    history = await read_history(hub.files.check_url, str(hub_of.R1))
    offer = [entry for entry in history.entries if entry.event == "ReferralOffered"][-1]
    assert "Greek for beginners" not in offer.says  # the fact named another service id
    assert "Second Language School" in offer.says
    assert offer.why[0].startswith("Rank 1 with 0.71")
    assert [line.partition(":")[0] for line in offer.why[1:]] == [
        "Places",
        "Declaration",
        "Waiting",
        "Way",
        "Fit",
        "Warning",
    ]
    assert "is spoken there (1.00 × 0.15)" in offer.why[-2]
    assert offer.why[-1] == "Warning: the proof of legal status ends before the activity does"


def test_every_warning_has_a_sentence() -> None:
    assert set(WARNINGS) == set(MatchWarning)


async def test_it_says_where_a_referral_stands_on_a_waiting_list_and_why(
    hub: HealthyHub, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (urgency, group, hours) in enumerate(
        [("URGENT", 4, 1), ("NORMAL", 1, 1), ("NORMAL", 2, -1), ("NORMAL", 2, 1), ("NORMAL", 3, -9)]
    ):
        await hub.plant(
            "referral.waitlist_entry",
            unit_id=hub_of.UNIT,
            referral_id=UUID(int=900 + number),
            urgency=urgency,
            priority_group=group,
            since_time=hub_of.EARLIER + timedelta(hours=hours),
        )
    history = await read_history(hub.files.check_url, str(hub_of.R4))
    said = history.facts["waiting"]
    assert said.startswith(
        "number 4 of 6 on the waiting list: 1 more urgent, 1 of an earlier priority group and 1 waiting"
        " longer come before; normal, group 2/4 (Disability"
    )
    print_history(history)
    assert f"N{said[1:]}." in capsys.readouterr().out


async def test_of_a_restricted_referral_that_waits_no_group_is_told(hub: HealthyHub) -> None:
    await hub.connection.execute(
        "update referral.referral set service_type = 'GBV_COUNSELLING' where referral_id = $1", hub_of.R4
    )
    assert (await read_history(hub.files.check_url, str(hub_of.R4))).facts["waiting"] == ""


@pytest.mark.parametrize("some_id", [hub_of.R1, hub_of.NEEDS[0], hub_of.ACCEPTED])
async def test_the_id_of_need_or_offer_finds_the_referral(hub: HealthyHub, some_id: UUID) -> None:
    assert (await read_history(hub.files.check_url, str(some_id))).referral_id == hub_of.R1


async def test_of_a_restricted_referral_nothing_names_the_service_or_its_provider(hub: HealthyHub) -> None:
    history = await read_history(hub.files.check_url, str(hub_of.R3))
    text = as_json(history)
    assert history.is_restricted
    assert "ReferralAwaitingPerson" in text
    for hidden in ("GBV", "Greek for beginners", "Second Language School", str(SERVICE), "0.71"):
        assert hidden not in text
    assert "The Desk" in text


async def test_what_comes_next_is_told_too(hub: HealthyHub) -> None:
    await hub.plant("referral.deadline", due_time=hub_of.LATER, kind="PERSON_CLOCK", referral_id=hub_of.R2)
    history = await read_history(hub.files.check_url, str(hub_of.R2))
    assert [entry.event for entry in history.next_due] == ["PERSON_CLOCK"]


@pytest.mark.parametrize("some_id", ["no id", str(UUID(int=9))])
async def test_an_id_that_nothing_has_is_said_in_one_sentence(hub: HealthyHub, some_id: str) -> None:
    with pytest.raises(StackFailure) as failure:
        await read_history(hub.files.check_url, some_id)
    assert failure.value.sentence.endswith(".")


async def test_the_printed_history_shows_athens_time(
    hub: HealthyHub, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools.trace.story import athens

    print_history(await read_history(hub.files.check_url, str(hub_of.R1)))
    printed = capsys.readouterr().out
    assert athens(hub_of.EARLIER) in printed
    assert f"Referral {hub_of.R1}: ACCEPTED" in printed


def test_every_fact_has_a_sentence() -> None:
    from tests.support.referral_facts import fact_names

    assert set(SAYINGS) == set(fact_names())


def test_a_term_that_is_newer_than_this_version_is_named_and_does_not_stop_the_history() -> None:
    assert read_aloud({"term": "LUCK", "value": 0.5, "weight": 0.1}) == "LUCK: LUCK (0.50 × 0.10)"


@pytest.mark.parametrize("term", ["FIT", "DISTANCE"])
def test_a_term_whose_facts_went_with_the_referrals_end_claims_nothing(term: str) -> None:
    said = read_aloud({"term": term, "value": 0.7, "weight": 0.15, "facts": {}})
    assert said.partition(": ")[2] == "what it said of the person went when the referral ended (0.70 × 0.15)"
