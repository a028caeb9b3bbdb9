"""Tries to reach people through the real door: by the sender and by the holder, and what others are told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import grpc
import pytest

from kem.intake.v1 import beneficiary_pb2, need_pb2
from kem.intake.v1 import contact_attempt_service_pb2 as messages
from kem.intake.v1.contact_attempt_service_pb2_grpc import ContactAttemptServiceStub
from kem.intake.v1.intake_events_pb2 import ContactAttempted, IntakeEvent
from services.intake.domain.beneficiary import Contact, ContactKind
from tests.component.intake.desk import Desk, at
from tests.component.intake.erasing import erase
from tests.component.intake.office import AnyOffice
from tests.support.intake import RunningIntake
from tests.support.refusals import refused
from tests.support.vault import KEM

ATHENS = ZoneInfo("Europe/Athens")
SENDER, HOLDER = messages.CONTACT_ATTEMPT_BY_SENDER, messages.CONTACT_ATTEMPT_BY_HOLDER
PHONE, EMAIL = beneficiary_pb2.Contact.KIND_PHONE, beneficiary_pb2.Contact.KIND_EMAIL
REACHED, NOT_REACHED = messages.CONTACT_RESULT_REACHED, messages.CONTACT_RESULT_NOT_REACHED
IN_THE_MORNING = (Contact(ContactKind.PHONE, "+306944000777", 9, 14),)


def yesterday(hour: int) -> datetime:
    day = datetime.now(ATHENS) - timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


class Office(AnyOffice):
    """Where tries are recorded."""

    stub = ContactAttemptServiceStub

    async def tried(self, *, agency_id: UUID = KEM, **fields: Any) -> messages.RecordContactAttemptResponse:
        asked: dict[str, Any] = {"by": SENDER, "channel": PHONE, "result": NOT_REACHED} | fields
        request = messages.RecordContactAttemptRequest(request_id=str(uuid4()), **asked)
        answer: messages.RecordContactAttemptResponse = await self.ask(
            "RecordContactAttempt", request, self._role(agency_id), agency_id=agency_id
        )
        return answer

    async def listed(self, *, agency_id: UUID = KEM, **about: Any) -> list[messages.ContactAttempt]:
        request = messages.ListContactAttemptsRequest(**about)
        who = {"agency_id": agency_id}
        page = await self.ask("ListContactAttempts", request, self._role(agency_id), **who)
        return list(page.contact_attempts)

    async def held(self, person: str) -> str:
        """A referral of theirs that the partner holds."""
        need = await self.desk.need(person, routing=need_pb2.ROUTING_HOLD)
        self.intake.database.execute(
            "insert into intake.held_referral (referral_id, need_id, beneficiary_id, service_type,"
            " referral_version, agency_id, offer_id, opened_time)"
            f" values ('{need.referral_id}', '{need.need_id}', '{person}', 'GREEK_A1', 1,"
            f" '{self.desk.agency_id}', '{uuid4()}', now())"
        )
        return need.referral_id

    def told(self) -> list[ContactAttempted]:
        """What went to the topic, in order."""
        rows = self.intake.database.execute(
            "select encode(payload, 'hex') from intake.outbox"
            " where type = 'ContactAttempted' order by event_id"
        )
        return [IntakeEvent.FromString(bytes.fromhex(row)).contact_attempted for row in rows.split()]

    @staticmethod
    def _role(agency_id: UUID) -> str:
        return "caseworker" if agency_id == KEM else "agency_member"


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_whether_a_channel_was_safe_follows_from_what_the_person_said_of_channel_and_hours(
    office: Office,
) -> None:
    person = await office.desk.person(contacts=IN_THE_MORNING)
    for channel, hour, is_safe in (
        (PHONE, 9, True),
        (PHONE, 14, False),
        (PHONE, 8, False),
        (EMAIL, 10, False),
    ):
        kept = await office.tried(beneficiary_id=person, channel=channel, happened_time=at(yesterday(hour)))
        assert kept.by_safe_channel is is_safe, (channel, hour)
    listed = await office.listed(beneficiary_id=person)
    assert [one.happened_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS).hour for one in listed] == [
        14,
        10,
        9,
        8,
    ]


async def test_sender_and_holder_record_what_they_have_tried_and_both_see_all_of_it(office: Office) -> None:
    person = await office.desk.person(contacts=IN_THE_MORNING)
    referral, partner = await office.held(person), office.desk.agency_id
    at_ten = at(yesterday(10))
    by_holder = await office.tried(agency_id=partner, referral_id=referral, by=HOLDER, happened_time=at_ten)
    by_sender = await office.tried(referral_id=referral, result=REACHED, happened_time=at(yesterday(11)))
    for agency_id in (KEM, partner):
        newer, older = await office.listed(agency_id=agency_id, referral_id=referral)
        assert (newer.contact_attempt_id, newer.by, newer.result) == (
            by_sender.contact_attempt_id,
            SENDER,
            REACHED,
        )
        assert (older.contact_attempt_id, older.by, older.agency_id) == (
            by_holder.contact_attempt_id,
            HOLDER,
            str(partner),
        )
        assert older.by_safe_channel
    first, second = office.told()
    assert (first.referral_id, first.beneficiary_id, first.agency_id) == (referral, person, str(partner))
    assert (first.by_holder, first.reached, first.by_safe_channel) == (True, False, True)
    assert first.happened_time == at_ten
    assert (second.by_holder, second.reached) == (False, True)
    assert {field.name for field in first.DESCRIPTOR.fields} == {
        *("contact_attempt_id", "beneficiary_id", "referral_id", "agency_id", "by_holder", "reached"),
        *("by_safe_channel", "happened_time"),
    }, "by which channel is told to nobody"


async def test_nobody_tries_for_a_referral_that_they_neither_sent_nor_hold(office: Office) -> None:
    person = await office.desk.person()
    referral, partner, stranger = await office.held(person), office.desk.agency_id, uuid4()
    about = {"referral_id": referral}
    attempts: list[dict[str, Any]] = [
        {"agency_id": stranger, "by": SENDER, **about},
        {"agency_id": stranger, "by": HOLDER, **about},
        {"agency_id": partner, "by": SENDER, **about},
        {"agency_id": KEM, "by": HOLDER, **about},
        {"agency_id": stranger, "by": HOLDER, "referral_id": str(uuid4())},
    ]
    for one in attempts:
        with refused() as refusal:
            await office.tried(**one)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "REFERRAL_NOT_FOUND")
    for agency_id in (partner, stranger):
        with refused() as refusal:
            await office.tried(agency_id=agency_id, beneficiary_id=person)
        assert refusal.reason == "BENEFICIARY_NOT_FOUND"
        with refused() as refusal:
            await office.listed(agency_id=agency_id, beneficiary_id=person)
        assert refusal.reason == "BENEFICIARY_NOT_FOUND"
    with refused() as refusal:
        await office.tried(agency_id=partner, beneficiary_id=person, by=HOLDER)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NO_REFERRAL_HELD")
    office.intake.database.execute("update intake.held_referral set closed_time = now()")
    for act in (office.tried, office.listed):
        fields = {"by": HOLDER} if act == office.tried else {}
        with refused() as refusal:
            await act(agency_id=partner, **about, **fields)
        assert refusal.reason == "REFERRAL_NOT_FOUND", "it is not theirs any more"
    assert office.told() == []


async def test_of_somebody_erased_nobody_tries(office: Office) -> None:
    person = await office.desk.person()
    referral = await office.held(person)
    await erase(office.intake, person)
    attempts: list[dict[str, Any]] = [{"agency_id": office.desk.agency_id, "by": HOLDER}, {}]
    for fields in attempts:
        with refused() as refusal:
            await office.tried(referral_id=referral, **fields)
        assert refusal.reason == "BENEFICIARY_ERASED"
