"""Visits through the real door: sealed, shown to the agency that registered the person."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest

from kem.intake.v1 import consent_pb2
from kem.intake.v1 import visit_service_pb2 as messages
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from kem.intake.v1.visit_service_pb2_grpc import VisitServiceStub
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.component.intake.test_merges import merge_of
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

INTERPRETER = consent_pb2.Interpreter(
    reference="Invented Interpreter",
    mode=consent_pb2.INTERPRETER_MODE_TELEPHONE,
    confidentiality_signed=True,
    of_full_age=True,
)


class Office(AnyOffice):
    """Where visits are recorded."""

    stub = VisitServiceStub

    async def record(self, person: str, *topics: str, **fields: Any) -> messages.RecordVisitResponse:
        request = messages.RecordVisitRequest(
            request_id=str(uuid4()), beneficiary_id=person, visit=visit(*topics), **fields
        )
        answer: messages.RecordVisitResponse = await self.ask("RecordVisit", request)
        return answer


def visit(*topics: str) -> messages.Visit:
    return messages.Visit(
        topics=topics or ["LEGAL_AID", "SCHOOL"],
        spoken_language="ara",
        interpreter=INTERPRETER,
        mode=messages.VISIT_MODE_AT_DESK,
    )


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_what_was_explained_is_kept_sealed_and_shown_again_the_newest_first(office: Office) -> None:
    person = await office.desk.person()
    earlier = datetime.now(UTC) - timedelta(days=2)
    newer = await office.record(person)
    older = await office.record(person, "RIGHTS", happened_time=at(earlier))
    first = await office.ask("ListVisits", messages.ListVisitsRequest(beneficiary_id=person, page_size=1))
    rest = await office.ask(
        "ListVisits",
        messages.ListVisitsRequest(beneficiary_id=person, page_token=first.next_page_token),
    )
    [one], [other] = first.visits, rest.visits
    assert (one.visit_id, other.visit_id, rest.next_page_token) == (newer.visit_id, older.visit_id, "")
    assert one.visit == visit()
    assert list(other.visit.topics) == ["RIGHTS"]
    assert abs(other.happened_time.ToDatetime(tzinfo=UTC) - earlier) < timedelta(seconds=1)
    assert other.recorded_time.ToDatetime() > one.happened_time.ToDatetime()
    for table in ("visit", "outbox", "event_log", "request"):
        rows = office.intake.database.execute(f"select t::text from intake.{table} as t")
        assert "LEGAL_AID" not in rows
        assert "Interpreter" not in rows, table


async def test_how_much_was_explained_does_not_show_from_outside(office: Office) -> None:
    person = await office.desk.person()
    await office.record(person, "RIGHTS")
    await office.record(person, "RIGHTS", "WORK", "BENEFITS")
    lengths = office.intake.database.execute("select octet_length(sealed_content) from intake.visit").split()
    assert len(lengths) == 2
    assert len(set(lengths)) == 1


async def test_the_same_visit_twice_is_one_and_what_no_list_knows_is_refused(office: Office) -> None:
    person = await office.desk.person()
    request = messages.RecordVisitRequest(request_id=str(uuid4()), beneficiary_id=person, visit=visit())
    assert await office.ask("RecordVisit", request, principal_id=None) is not None
    count = "select count(*) from intake.visit"
    assert office.intake.database.execute(count).strip() == "1"
    for wrong in ({"topics": ["TEAPOTS"]}, {"topics": ["RIGHTS"], "spoken_language": "zzz"}):
        fields: dict[str, Any] = {"spoken_language": "ara", "mode": messages.VISIT_MODE_AT_DESK} | wrong
        request = messages.RecordVisitRequest(
            request_id=str(uuid4()), beneficiary_id=person, visit=messages.Visit(**fields)
        )
        with refused() as refusal:
            await office.ask("RecordVisit", request)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CODE")
    with refused() as refusal:
        await office.record(person, happened_time=at(datetime.now(UTC) + timedelta(hours=1)))
    assert refusal.reason == "HAPPENED_IN_FUTURE"
    assert office.intake.database.execute(count).strip() == "1"


async def test_visits_stand_on_the_record_where_they_were_written_and_are_shown_with_the_other(
    office: Office,
) -> None:
    kept, merged = await office.desk.person(), await office.desk.person()
    before = await office.record(merged)
    async with office.intake.channel_of("gbv_focal_point") as officer:
        await MergeServiceStub(officer).MergeBeneficiaries(merge_of(kept, merged))
    page = await office.ask("ListVisits", messages.ListVisitsRequest(beneficiary_id=kept))
    assert [(one.visit_id, one.beneficiary_id) for one in page.visits] == [(before.visit_id, merged)]
