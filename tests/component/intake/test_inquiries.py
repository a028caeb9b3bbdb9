"""What auditors are answered of people and of consents, at the real door."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from chassis.caller import SECOND_FACTOR
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.disclosure.v1 import authority_service_pb2 as authorities
from kem.disclosure.v1 import inquiry_service_pb2 as messages
from kem.disclosure.v1.authority_service_pb2_grpc import AuthorityServiceStub
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.inquiry_service_pb2_grpc import InquiryServiceStub
from kem.intake.v1 import consent_pb2, need_pb2
from services.intake.domain.beneficiary import Birth, Guardian
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

GUARDIANS_PAPER, INTERPRETER = "Order 31/2026", "Interpreter 12"


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where auditors ask."""

    stub = InquiryServiceStub
    auditor_id: UUID = field(default_factory=uuid4)

    async def who_saw(self, person: str, category: str = "SAFE_CONTACT", **more: Any) -> Any:
        request = messages.ListDisclosuresRequest(beneficiary_id=person, category=category, **more)
        return await self._inquire("ListDisclosures", request)

    async def consents(self, view: messages.ConsentView.ValueType, **more: Any) -> Any:
        return await self._inquire("ListConsents", messages.ListConsentsRequest(view=view, **more))

    async def tell(self, person: str, **changes: Any) -> str:
        """Somebody at the desk tells the partner by telephone; answers the need's referral."""
        need = await self.desk.need(person, **changes.pop("need", {}))
        request = handover_request(need.referral_id, str(self.desk.agency_id), **changes)
        async with self.intake.channel_of("caseworker") as channel:
            await EmergencyServiceStub(channel).RecordHandover(request)
        return need.referral_id

    def subjects_on_record(self) -> list[str]:
        """Whom the auditor has read, as it was told."""
        payloads = self.intake.database.execute(
            "select encode(payload, 'hex') from intake.outbox"
            f" where type = 'AccessRecorded' and key = '{self.auditor_id}' order by id"
        ).split()
        events = [AccessEvent.FromString(bytes.fromhex(payload)) for payload in payloads]
        return [subject for event in events for subject in event.access_recorded.subject_ids]

    async def _inquire(self, method: str, request: Any) -> Any:
        who = {"agency_id": None, "principal_id": self.auditor_id, "acr": SECOND_FACTOR}
        return await self.ask(method, request, "auditor", **who)


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_who_was_given_a_telephone_number_is_told_with_the_text_and_the_read_is_on_record(
    office: Office,
) -> None:
    desk = office.desk
    await desk.agree()
    person, other = await desk.person(), await desk.person()
    consent = await desk.consent(person)
    await desk.consent(other)
    referral_id = await office.tell(person, told_categories=["NAME", "SAFE_CONTACT"])
    await office.tell(person, told_categories=["NAME"])
    await office.tell(other, told_categories=["SAFE_CONTACT"])

    [one] = (await office.who_saw(person)).disclosures
    assert one.kind == messages.DISCLOSURE_KIND_VERBAL
    assert (one.agency_id, one.referral_id) == (str(desk.agency_id), referral_id)
    assert (one.purpose, list(one.legal_bases)) == ("SERVICE_EDUCATION", ["CONSENT"])
    [text] = one.texts
    assert (text.consent_id, text.notice_language, text.spoken_language) == (consent, "ar", "ara")
    assert len(text.notice_sha256) == 64
    assert UUID(one.principal_id)
    assert office.subjects_on_record() == [person]
    assert len((await office.who_saw(person, "NAME")).disclosures) == 2
    assert not (await office.who_saw(person, "HEALTH")).disclosures


async def test_what_was_given_comes_page_by_page(office: Office) -> None:
    await office.desk.agree()
    person = await office.desk.person()
    await office.desk.consent(person)
    told = [await office.tell(person) for _ in range(3)]
    first = await office.who_saw(person, "NAME", page_size=2)
    second = await office.who_saw(person, "NAME", page_size=2, page_token=first.next_page_token)
    assert [one.referral_id for one in (*first.disclosures, *second.disclosures)] == told
    assert not second.next_page_token


async def test_of_a_restricted_service_the_purpose_is_not_told(office: Office) -> None:
    desk = office.desk
    await desk.agree()
    person = await desk.person()
    referral_id = await office.tell(
        person,
        need={"service_type": "GBV_SHELTER", "routing": need_pb2.ROUTING_ASK_FIRST},
        legal_basis="VITAL_INTEREST",
    )
    [one] = (await office.who_saw(person, "NAME")).disclosures
    assert (one.referral_id, one.purpose, list(one.texts)) == (referral_id, "", [])


async def test_an_auditor_of_an_agency_finds_nobody(office: Office) -> None:
    person = await office.desk.person()
    for wanted, agency_id in ((person, office.desk.agency_id), (str(uuid4()), None)):
        request = messages.ListDisclosuresRequest(beneficiary_id=wanted, category="NAME")
        with refused() as refusal:
            await office.ask("ListDisclosures", request, "auditor", agency_id=agency_id, acr=SECOND_FACTOR)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")


async def child(office: Office) -> tuple[str, str]:
    """A child whose guardian permits, and the consent."""
    person = await office.desk.person(
        birth=Birth(date(datetime.now(UTC).year - 10, 1, 1), estimated=True),
        guardian=Guardian("Mariam", "GUARDIAN", GUARDIANS_PAPER, date(datetime.now(UTC).year + 1, 6, 30)),
    )
    request = office.desk.consent_request(person)
    request.consent.given_by = consent_pb2.CONSENT_GIVER_GUARDIAN
    request.consent.authority_reference = GUARDIANS_PAPER
    request.consent.evidence_sha256 = "ab" * 32
    request.consent.child_assents = True
    return person, (await office.desk.intake.RecordConsent(request)).consent_id


async def test_of_each_child_it_is_told_who_authorised_by_which_paper_and_when_an_authority_was_told(
    office: Office,
) -> None:
    await office.desk.consent(await office.desk.person())
    person, consent = await child(office)
    happened = datetime.now(UTC) - timedelta(hours=1)
    async with office.intake.channel_of("caseworker") as channel:
        await AuthorityServiceStub(channel).RecordAuthorityNotification(
            authorities.RecordAuthorityNotificationRequest(
                request_id=str(uuid4()),
                beneficiary_id=person,
                authority=authorities.AUTHORITY_PUBLIC_PROSECUTOR,
                legal_reference="Law 4960/2022, art. 7",
                protocol_number="12/2026",
                told_categories=["NAME"],
                words="Alone in the city.",
                not_told_reason=authorities.NOT_TOLD_REASON_NOT_REACHED,
                happened_time=at(happened),
            )
        )
    [one] = (await office.consents(messages.CONSENT_VIEW_CHILDREN)).consents
    assert (one.consent_id, one.beneficiary_id) == (consent, person)
    assert one.child.given_by == consent_pb2.CONSENT_GIVER_GUARDIAN
    assert (one.child.authority_reference, one.child.evidence_sha256) == (GUARDIANS_PAPER, "ab" * 32)
    assert (one.child.age_band, one.child.assents, one.child.lacks_authority) == ("BAND_6_11", True, False)
    [told] = one.child.notifications
    assert (told.authority, told.protocol_number) == (authorities.AUTHORITY_PUBLIC_PROSECUTOR, "12/2026")
    assert (told.happened_time.ToDatetime(tzinfo=UTC), told.words) == (happened, "")
    assert not one.HasField("interpreter")
    assert office.subjects_on_record() == [person]


async def test_of_a_child_who_was_erased_the_paper_is_gone_and_the_rest_stays(office: Office) -> None:
    person, consent = await child(office)
    office.intake.database.execute(f"delete from intake.data_key where beneficiary_id = '{person}'")
    [one] = (await office.consents(messages.CONSENT_VIEW_CHILDREN)).consents
    assert (one.consent_id, one.sealed_is_gone, one.child.authority_reference) == (consent, True, "")


async def test_it_is_told_what_an_interpreter_heard_and_whether_they_had_signed(office: Office) -> None:
    await child(office)
    person = await office.desk.person()
    request = office.desk.consent_request(person, categories=["NAME", "HEALTH"])
    request.consent.with_interpreter = True
    request.consent.interpreter.CopyFrom(
        consent_pb2.Interpreter(
            reference=INTERPRETER,
            mode=consent_pb2.INTERPRETER_MODE_TELEPHONE,
            confidentiality_signed=True,
            of_full_age=True,
        )
    )
    consent = (await office.desk.intake.RecordConsent(request)).consent_id
    [one] = (await office.consents(messages.CONSENT_VIEW_INTERPRETED)).consents
    assert (one.consent_id, list(one.categories)) == (consent, ["NAME", "HEALTH"])
    assert one.interpreter == messages.HeardByInterpreter(
        reference=INTERPRETER, mode=consent_pb2.INTERPRETER_MODE_TELEPHONE, confidentiality_signed=True
    )
    assert not one.HasField("child")
    office.intake.database.execute(
        f"update intake.consent set interpreter_has_signed = null where consent_id = '{consent}'"
    )
    [older] = (await office.consents(messages.CONSENT_VIEW_INTERPRETED)).consents
    assert not older.interpreter.HasField("confidentiality_signed"), "what was not kept is not made up"
    nobody_yet = at(datetime.now(UTC) + timedelta(days=1))
    assert not (await office.consents(messages.CONSENT_VIEW_INTERPRETED, from_time=nobody_yet)).consents
