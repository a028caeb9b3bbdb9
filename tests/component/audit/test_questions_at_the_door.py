"""The auditor's questions at the ledger's door."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kem.audit.v1 import audit_service_pb2 as messages
from kernel import codes
from kernel.ids import random_id
from tests.component.audit.audit_service import AuditHub, page_time
from tests.integration.audit.ledgers import events, shapes
from tests.support.refusals import refused


async def test_a_question_is_answered_from_the_entries_with_their_places_and_is_on_record(
    hub: AuditHub,
) -> None:
    await hub.enter(events(3 * len(shapes())))
    listed = await hub.stub.ListQuestions(messages.ListQuestionsRequest(), metadata=hub.caller())
    names = [one.name for one in listed.questions]
    assert names[:2] == ["why", "directory"]
    for one in listed.questions:
        if one.of_a_referral:
            continue
        request = messages.AnswerQuestionRequest(name=one.name)
        found = await hub.stub.AnswerQuestion(request, metadata=hub.caller())
        assert found.columns == one.columns
        assert found.asks == one.asks
        assert all(len(line.cells) == len(found.columns) for line in found.lines)
    principal = random_id()
    request = messages.AnswerQuestionRequest(name="policy")
    found = await hub.stub.AnswerQuestion(request, metadata=hub.caller(principal_id=principal))
    named = {index for line in found.lines for index in line.entries}
    entries = {one["index"]: one["type"] for one in await hub.listed()}
    assert named
    assert {entries[index] for index in named} <= {
        *("ReferralOffered", "ReferralAwaitingPerson", "ReferralUnmatched", "ReferralWaitlisted")
    }
    assert found.entries_read >= len(named)
    told = hub.files.execute(
        f"select type, encode(payload, 'escape') from audit.outbox where key = '{principal}'"
    )
    assert told.count("AccessRecorded") == 1
    assert "/kem.audit.v1.AuditService/AnswerQuestion" in told


async def test_a_question_is_answered_as_it_stood_and_no_further_than_asked(hub: AuditHub) -> None:
    await hub.enter(events(len(shapes())))
    before = await hub.listed()
    request = messages.AnswerQuestionRequest(name="states", at_time=page_time(before[0]))
    none = await hub.stub.AnswerQuestion(request, metadata=hub.caller())
    assert [[*cell.values] for line in none.lines for cell in line.cells] == [["ALL"], ["0"]]
    request = messages.AnswerQuestionRequest(name="system", most_lines=1)
    some = await hub.stub.AnswerQuestion(request, metadata=hub.caller())
    assert (len(some.lines), some.lines_left_out > 0) == (1, True)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"name": "the weather"}, "QUESTION_NOT_FOUND"),
        ({"name": "states", "from_time": Timestamp(seconds=1)}, "QUESTION_NOT_OF_A_PERIOD"),
        ({"name": "why", "referral_id": str(random_id())}, "QUESTION_NEEDS_MORE"),
        ({"name": "directory"}, "QUESTION_NEEDS_MORE"),
        ({"name": "directory", "referral_id": str(random_id())}, "HISTORY_NOT_FOUND"),
        (
            {
                "name": "why",
                "referral_id": str(random_id()),
                "agency_id": str(random_id()),
                "category": "NAME",
            },
            "HISTORY_NOT_FOUND",
        ),
    ],
)
async def test_what_cannot_be_answered_is_said(hub: AuditHub, asked: dict[str, Any], reason: str) -> None:
    with refused() as refusal:
        await hub.stub.AnswerQuestion(messages.AnswerQuestionRequest(**asked), metadata=hub.caller())
    assert refusal.reason == reason


async def test_the_rows_of_the_directory_are_cited_from_the_referral_s_history_alone(hub: AuditHub) -> None:
    await hub.enter(events(len(shapes())))
    offered = next(one for one in await hub.listed(kind="ReferralOffered") if one["fact"].get("service_id"))
    request = messages.AnswerQuestionRequest(name="directory", referral_id=offered["envelope"]["referral_id"])
    found = await hub.stub.AnswerQuestion(request, metadata=hub.caller())
    entries = {one["index"]: one for one in await hub.listed(kind="ReferralOffered")}
    asked = [line for line in found.lines if line.cells[1].values[0] == "ASKED"]
    assert asked
    for line in asked:
        entry = entries[line.entries[0]]
        assert entry["envelope"]["referral_id"] == request.referral_id
        assert entry["fact"]["service_id"] == line.cells[2].values[0]


async def test_why_is_answered_from_the_referral_s_history_and_what_held_for_all(hub: AuditHub) -> None:
    await hub.enter(events(len(shapes())))
    [given] = (await hub.listed(kind="DisclosureGiven"))[:1]
    request = messages.AnswerQuestionRequest(
        name="why",
        referral_id=given["fact"]["referral_id"],
        agency_id=given["fact"]["agency_id"],
        category=codes.categories_in(given["fact"].get("given_mask", 1))[0],
    )
    found = await hub.stub.AnswerQuestion(request, metadata=hub.caller())
    assert [*found.lines[0].entries] == [given["index"]]
    assert found.lines[0].cells[1].values[0].startswith("GIVEN")
