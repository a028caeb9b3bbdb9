"""The export of somebody of whom much was given and whom many looked at: pieces that every client takes."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest

from chassis.caller import SECOND_FACTOR
from kem.disclosure.v1 import rights_service_pb2 as messages
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from kem.intake.v1 import intake_service_pb2
from kem.intake.v1.need_pb2 import ROUTING_HOLD
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

MANY = 10_000
OFFICER_ID = uuid4()
LARGEST_MESSAGE = 4 * 1024 * 1024
"""What a gRPC client takes unless it was made to take more."""

_GIVEN_AGAIN = """
    insert into intake.disclosure
    select copy.* from intake.disclosure as given, generate_series(2, $1) as n, lateral jsonb_populate_record(
        given, jsonb_build_object('disclosure_id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'n', n)
    ) as copy where given.kind = 'VERBAL'
"""
# of every second disclosure, as if somebody had looked; the rest of the log is about others
_LOOKED_AGAIN = """
    insert into intake.event_log (position, event_id, topic, partition, key, aggregate_id, aggregate_version,
        type, event_time, payload)
    select row_number() over (), gen_random_uuid(), topic, 0, key, aggregate_id, 1, type, event_time,
        case when copy % 2 = 0 then payload
        else decode(replace(encode(payload, 'hex'), encode($2, 'hex'), encode($4, 'hex')), 'hex') end
    from intake.outbox, generate_series(1, 2 * $1) as copy where outbox.event_id = $3
"""


class Office(AnyOffice):
    """Where the door to rights is spoken to."""

    stub = RightsServiceStub

    async def piece(self, request: messages.ExportPersonDataRequest) -> messages.ExportPersonDataResponse:
        given: messages.ExportPersonDataResponse = await self.ask(
            "ExportPersonData", request, "dpo", agency_id=None, acr=SECOND_FACTOR, principal_id=OFFICER_ID
        )
        return given


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def somebody_known(office: Office, many: int) -> messages.ExportPersonDataRequest:
    """Their name was given `many` times, and as many looked at them; they ask to see everything."""
    desk = office.desk
    await desk.agree()
    person = await desk.person()
    await desk.consent(person)
    need = await desk.need(person, routing=ROUTING_HOLD)
    async with office.intake.channel_of() as channel:
        told = handover_request(need.referral_id, str(desk.agency_id))
        await EmergencyServiceStub(channel).RecordHandover(told)
    await desk.intake.GetBeneficiary(intake_service_pb2.GetBeneficiaryRequest(beneficiary_id=person))
    connection = await asyncpg.connect(office.intake.database.superuser_url)
    try:
        await connection.execute(_GIVEN_AGAIN, many)
        [looked] = [
            row["event_id"]
            for row in await connection.fetch("select event_id, payload from intake.outbox order by id desc")
            if b"GetBeneficiary" in row["payload"]
        ]
        await connection.execute(_LOOKED_AGAIN, many, person.encode(), looked, str(uuid4()).encode())
    finally:
        await connection.close()
    registration = messages.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        right=messages.RIGHT_ACCESS,
        asked_by=messages.ASKED_BY_SELF,
        words="What have you written about me?",
        received_time=at(datetime.now(UTC)),
    )
    kept = await office.ask("RegisterRightsRequest", registration, "caseworker")
    return messages.ExportPersonDataRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        identity_proof=messages.IDENTITY_PROOF_DOCUMENT_SEEN,
    )


async def test_ten_thousand_disclosures_and_as_many_looks_come_in_pieces_that_are_one_document(
    office: Office,
) -> None:
    request = await somebody_known(office, MANY)
    pieces: list[messages.ExportPersonDataResponse] = []
    while not pieces or request.page_token:
        pieces.append(await office.piece(request))
        request.page_token = pieces[-1].next_page_token
    assert max(len(one.SerializeToString()) for one in pieces) < LARGEST_MESSAGE / 2
    assert len({one.disclosure_id for one in pieces}) == 1
    text = "".join(one.document for one in pieces)
    assert len(text) > LARGEST_MESSAGE
    found: dict[str, Any] = json.loads(text)
    assert len({one["disclosure_id"] for one in found["disclosures"]}) == len(found["disclosures"]) == MANY
    looks = [one for one in found["accesses"] if one["method"] == "GetBeneficiary"]
    assert len(looks) == MANY + 1
    assert [one["asked_right"] for one in found["rights_requests"]] == ["ACCESS"]
    assert found["complaints"] == []


async def test_a_later_piece_belongs_to_what_was_begun(office: Office) -> None:
    request = await somebody_known(office, 2_000)
    first = await office.piece(request)
    assert first.next_page_token
    request.page_token = first.next_page_token
    assert (await office.piece(request)).document == (await office.piece(request)).document
    for wrong, code, reason in (
        ({"request_id": str(uuid4())}, grpc.StatusCode.FAILED_PRECONDITION, "EXPORT_NOT_BEGUN"),
        ({"page_token": "no place"}, grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"),
        (
            {"identity_proof": messages.IDENTITY_PROOF_KNOWN_PERSONALLY},
            grpc.StatusCode.ALREADY_EXISTS,
            "REQUEST_ID_REUSED",
        ),
    ):
        other = messages.ExportPersonDataRequest(
            request_id=request.request_id,
            rights_request_id=request.rights_request_id,
            identity_proof=request.identity_proof,
            page_token=request.page_token,
        )
        for name, value in wrong.items():
            setattr(other, name, value)
        with refused() as refusal:
            await office.piece(other)
        assert (refusal.code, refusal.reason) == (code, reason)
    answer = messages.AnswerRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=request.rights_request_id,
        answer=messages.RIGHTS_ANSWER_FULFILLED,
        words="Here is everything.",
        person_told_time=at(datetime.now(UTC)),
    )
    await office.ask("AnswerRightsRequest", answer, "dpo", agency_id=None)
    with refused() as refusal:
        await office.piece(request)
    assert refusal.reason == "ALREADY_ANSWERED"
