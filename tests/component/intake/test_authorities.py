"""What authorities are told and ask for, at the real door."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from chassis.caller import SECOND_FACTOR
from kem.disclosure.v1 import authority_service_pb2 as messages
from kem.disclosure.v1.authority_service_pb2_grpc import AuthorityServiceStub
from services.intake.domain.beneficiary import Absence
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.support.intake import RunningIntake
from tests.support.refusals import refused


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where the door to authorities is spoken to."""

    stub = AuthorityServiceStub
    officer_id: UUID = field(default_factory=uuid4)

    async def ask_officer(self, method: str, request: Any) -> Any:
        """One call of the hub's data protection officer, known by a second factor."""
        who = {"agency_id": None, "principal_id": self.officer_id, "acr": SECOND_FACTOR}
        return await self.ask(method, request, "dpo", **who)


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def about(office: Office, **fields: Any) -> dict[str, Any]:
    """What both kinds of request begin with."""
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "beneficiary_id": await office.desk.person(),
        "authority": messages.AUTHORITY_POLICE,
        "legal_reference": "Law 3500/2006, art. 23",
        "protocol_number": "ΑΠ-77/2026",
        "words": "He threatened to kill her.",
    }
    return known | fields


async def test_a_notification_is_recorded_and_read_by_the_officer(office: Office) -> None:
    request = messages.RecordAuthorityNotificationRequest(
        **await about(office),
        told_categories=["NAME"],
        not_told_reason=messages.NOT_TOLD_REASON_DANGER,
        happened_time=at(datetime.now(UTC)),
    )
    async with office.intake.channel_of("caseworker") as channel:
        door = AuthorityServiceStub(channel)
        kept = await door.RecordAuthorityNotification(request)
        assert await door.RecordAuthorityNotification(request) == kept
    page = await office.ask_officer(
        "ListAuthorityNotifications", messages.ListAuthorityNotificationsRequest()
    )
    [one] = page.notifications
    assert one.authority_notification_id == kept.authority_notification_id
    assert (one.authority, one.protocol_number) == (messages.AUTHORITY_POLICE, "ΑΠ-77/2026")
    assert (one.not_told_reason, one.words) == (messages.NOT_TOLD_REASON_DANGER, request.words)
    assert list(one.told_categories) == ["NAME"]
    assert one.decided_by_id
    assert not one.HasField("person_told_time")


async def test_a_name_is_no_protocol_number(office: Office) -> None:
    request = messages.RegisterCompelledRequestRequest(
        **await about(office, protocol_number="Amna"),
        asked_categories=["NAME"],
        received_time=at(datetime.now(UTC)),
    )
    with refused() as refusal:
        await office.ask("RegisterCompelledRequest", request, "caseworker")
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "protocol_number" in refusal.message


async def test_the_police_get_nothing_before_the_officer_decides_and_then_only_that(office: Office) -> None:
    request = messages.RegisterCompelledRequestRequest(
        **await about(office), asked_categories=["NAME", "CASE_CODE"], received_time=at(datetime.now(UTC))
    )
    registered = await office.ask("RegisterCompelledRequest", request, "caseworker")
    take = messages.GetCompelledDisclosureRequest(
        request_id=str(uuid4()), compelled_request_id=registered.compelled_request_id
    )
    with refused() as refusal:
        await office.ask_officer("GetCompelledDisclosure", take)
    assert refusal.reason == "COMPELLED_REQUEST_REFUSED"
    decide = messages.DecideCompelledRequestRequest(
        request_id=str(uuid4()),
        compelled_request_id=registered.compelled_request_id,
        allowed_categories=["NAME"],
        grounds="A judge has ordered it.",
    )
    with refused() as refusal:
        await office.ask("DecideCompelledRequest", decide, "dpo", agency_id=None)
    assert refusal.reason == "SECOND_FACTOR_NEEDED"
    assert (await office.ask_officer("DecideCompelledRequest", decide)).HasField("decided_time")
    given = await office.ask_officer("GetCompelledDisclosure", take)
    assert list(given.given_categories) == ["NAME"]
    assert given.beneficiary.names.latin.given == "Amna"
    assert not given.beneficiary.case_code
    [listed] = (
        await office.ask_officer("ListCompelledRequests", messages.ListCompelledRequestsRequest())
    ).requests
    assert (list(listed.allowed_categories), listed.words) == (["NAME"], request.words)
    assert (listed.telling.may_be_told, listed.telling_overdue) == (False, False)
    assert listed.telling.HasField("review_time")
    tell = messages.DecideTellingRequest(
        request_id=str(uuid4()),
        compelled_request_id=registered.compelled_request_id,
        telling=messages.Telling(
            not_told_reason=messages.NOT_TOLD_REASON_FORBIDDEN,
            review_time=at(datetime.now(UTC) + timedelta(days=30)),
            words="The order says so, until the trial.",
        ),
    )
    decided = await office.ask_officer("DecideTelling", tell)
    assert await office.ask_officer("DecideTelling", tell) == decided
    [told] = (
        await office.ask_officer("ListCompelledRequests", messages.ListCompelledRequestsRequest())
    ).requests
    assert (told.telling, told.telling_decided_time) == (tell.telling, decided.decided_time)
    overdue = messages.ListCompelledRequestsRequest(view=messages.COMPELLED_REQUEST_VIEW_TELLING_OVERDUE)
    assert not (await office.ask_officer("ListCompelledRequests", overdue)).requests


@pytest.mark.parametrize("why", [None, Absence.UNKNOWN])
async def test_an_authority_reads_whether_somebody_lives_alone_or_nobody_knows(
    office: Office, why: Absence | None
) -> None:
    person = await office.desk.person(household_absence=why)
    request = messages.RegisterCompelledRequestRequest(
        **await about(office, beneficiary_id=person),
        asked_categories=["FAMILY"],
        received_time=at(datetime.now(UTC)),
    )
    registered = await office.ask("RegisterCompelledRequest", request, "caseworker")
    decide = messages.DecideCompelledRequestRequest(
        request_id=str(uuid4()),
        compelled_request_id=registered.compelled_request_id,
        allowed_categories=["FAMILY"],
        grounds="A judge has ordered it.",
    )
    await office.ask_officer("DecideCompelledRequest", decide)
    take = messages.GetCompelledDisclosureRequest(
        request_id=str(uuid4()), compelled_request_id=registered.compelled_request_id
    )
    given = await office.ask_officer("GetCompelledDisclosure", take)
    assert not given.beneficiary.household
    assert given.beneficiary.household_not_known == (why is not None)
