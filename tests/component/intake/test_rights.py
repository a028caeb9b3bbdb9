"""What people ask by right, at the real door."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import grpc
import pytest

from chassis.caller import SECOND_FACTOR
from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import rights_service_pb2 as messages
from kem.disclosure.v1.erasure_service_pb2_grpc import ErasureServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.support.intake import RunningIntake
from tests.support.refusals import refused


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where the door to rights is spoken to."""

    stub = RightsServiceStub

    def registration(self, person: str, **changes: Any) -> messages.RegisterRightsRequestRequest:
        """The person asks to see everything."""
        fields: dict[str, Any] = {
            "request_id": str(uuid4()),
            "beneficiary_id": person,
            "right": messages.RIGHT_ACCESS,
            "asked_by": messages.ASKED_BY_SELF,
            "words": "What have you written about me?",
            "received_time": at(datetime.now(UTC)),
        }
        return messages.RegisterRightsRequestRequest(**(fields | changes))


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_a_request_is_registered_once_extended_and_answered(office: Office) -> None:
    request = office.registration(await office.desk.person())
    async with office.intake.channel_of("caseworker") as channel:
        door = RightsServiceStub(channel)
        kept = await door.RegisterRightsRequest(request)
        assert await door.RegisterRightsRequest(request) == kept
    extend = messages.ExtendRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        ground=messages.EXTENSION_GROUND_NUMBER_OF_REQUESTS,
        words="You have asked for four things.",
        person_told_time=at(datetime.now(UTC)),
    )
    extended = await office.ask("ExtendRightsRequest", extend, "supervisor")
    assert extended.due_time.ToDatetime() > kept.due_time.ToDatetime() + timedelta(days=55)
    answer = messages.AnswerRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        answer=messages.RIGHTS_ANSWER_REFUSED,
        refusal_ground=messages.REFUSAL_GROUND_IDENTITY_NOT_SHOWN,
        words="We could not tell who asks.",
        person_told_time=at(datetime.now(UTC)),
    )
    with refused() as refusal:
        await office.ask("AnswerRightsRequest", answer, "supervisor")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "OFFICER_REFUSES")
    assert (await office.ask("AnswerRightsRequest", answer, "dpo", agency_id=None)).HasField("answered_time")
    none_open = await office.ask("ListRightsRequests", messages.ListRightsRequestsRequest(), "supervisor")
    assert not none_open.requests
    everything = messages.ListRightsRequestsRequest(view=messages.RIGHTS_REQUEST_VIEW_ALL)
    [one] = (await office.ask("ListRightsRequests", everything, "dpo", agency_id=None)).requests
    assert (one.rights_request_id, one.words) == (kept.rights_request_id, request.words)
    assert (one.right, one.asked_by) == (messages.RIGHT_ACCESS, messages.ASKED_BY_SELF)
    assert (one.extension_words, one.answer_words) == (extend.words, answer.words)
    assert (one.answer, one.refusal_ground) == (answer.answer, answer.refusal_ground)
    assert one.extension_ground == extend.ground
    assert not one.overdue


async def test_what_is_overdue_can_be_listed_by_itself(office: Office) -> None:
    person = await office.desk.person()
    long_ago = at(datetime.now(UTC) - timedelta(days=40))
    for request in (office.registration(person), office.registration(person, received_time=long_ago)):
        await office.ask("RegisterRightsRequest", request, "intake_worker")
    view = messages.ListRightsRequestsRequest(view=messages.RIGHTS_REQUEST_VIEW_OVERDUE)
    [one] = (await office.ask("ListRightsRequests", view, "supervisor")).requests
    assert (one.overdue, one.received_time) == (True, long_ago)
    assert not one.HasField("answer_told_time")


async def test_an_export_asks_for_a_second_factor_and_is_one_json_document(office: Office) -> None:
    person = await office.desk.person()
    kept = await office.ask("RegisterRightsRequest", office.registration(person), "caseworker")
    request = messages.ExportPersonDataRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        identity_proof=messages.IDENTITY_PROOF_DOCUMENT_SEEN,
    )
    with refused() as refusal:
        await office.ask("ExportPersonData", request, "supervisor")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SECOND_FACTOR_NEEDED")
    given = await office.ask("ExportPersonData", request, "dpo", agency_id=None, acr=SECOND_FACTOR)
    found = json.loads(given.document)
    assert (found["disclosure_id"], found["person"]["beneficiary_id"]) == (given.disclosure_id, person)
    assert found["person"]["names"]["original"]["given"] == "آمنة"
    assert given.HasField("disclosed_time")


async def test_protection_data_is_opened_to_a_parent_by_an_officer_of_that_office(office: Office) -> None:
    person = await office.desk.person()
    registration = office.registration(person, asked_by=messages.ASKED_BY_PARENT)
    kept = await office.ask("RegisterRightsRequest", registration, "caseworker")
    decision = messages.DecideProtectionDataRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        allowed_categories=["SAFE_CONTACT"],
        words="They live together.",
    )
    with refused() as refusal:
        await office.ask("DecideProtectionData", decision, "supervisor", acr=SECOND_FACTOR)
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    await office.ask("DecideProtectionData", decision, "child_protection_officer", acr=SECOND_FACTOR)
    listed = messages.ListRightsRequestsRequest()
    [one] = (await office.ask("ListRightsRequests", listed, "gbv_focal_point")).requests
    assert (list(one.protection_categories), one.protection_history) == (["SAFE_CONTACT"], False)
    assert (one.protection_words, one.HasField("protection_decided_time")) == (decision.words, True)
    request = messages.ExportPersonDataRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        identity_proof=messages.IDENTITY_PROOF_KNOWN_PERSONALLY,
    )
    given = await office.ask("ExportPersonData", request, "supervisor", acr=SECOND_FACTOR)
    assert set(json.loads(given.document)["person"]) & {"contacts", "documents"} == {"contacts"}


async def test_a_person_is_erased_by_their_request_and_the_certificate_is_read_afterwards(
    office: Office,
) -> None:
    person = await office.desk.person()
    registration = office.registration(person, right=messages.RIGHT_ERASURE)
    kept = await office.ask("RegisterRightsRequest", registration, "caseworker")
    request = erasure.EraseBeneficiaryRequest(
        request_id=str(uuid4()),
        rights_request_id=kept.rights_request_id,
        identity_proof=messages.IDENTITY_PROOF_SAFE_CHANNEL,
    )
    async with (
        office.intake.channel_of("dpo", agency_id=None) as weak_channel,
        office.intake.channel_of("dpo", agency_id=None, acr=SECOND_FACTOR) as channel,
        office.intake.channel_of("supervisor") as desk_channel,
    ):
        with refused() as refusal:
            await ErasureServiceStub(weak_channel).EraseBeneficiary(request)
        assert refusal.reason == "SECOND_FACTOR_NEEDED"
        officer, desk = ErasureServiceStub(channel), ErasureServiceStub(desk_channel)
        done = await officer.EraseBeneficiary(request)
        assert await officer.EraseBeneficiary(request) == done
        wanted = erasure.GetErasureCertificateRequest(certificate_id=done.certificate_id)
        certificate = await desk.GetErasureCertificate(wanted)
    assert certificate.sha256 == done.sha256 == sha256(certificate.document.encode()).hexdigest()
    assert json.loads(certificate.document)["rights_request_id"] == kept.rights_request_id
    with refused() as refusal:
        await office.desk.consent(person)
    assert refusal.reason == "BENEFICIARY_ERASED"
