"""A desk, an agency and a data protection officer who speak to intake through its doors."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from google.protobuf.timestamp_pb2 import Timestamp

from kem.common.v1 import common_pb2
from kem.disclosure.v1 import disclosure_service_pb2 as disclosures
from kem.disclosure.v1.disclosure_service_pb2_grpc import DisclosureServiceStub
from kem.intake.v1 import consent_pb2, need_pb2
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kem.intake.v1.consent_policy_service_pb2_grpc import ConsentPolicyServiceStub
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kernel import codes
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.support.intake import RunningIntake, running_intake
from tests.support.people import invented_person
from tests.support.postgres import MakeDatabase
from tests.support.referral_voice import ReferralVoice, referral_voice
from tools.notices.publishing import publish_sample, sample_notice
from tools.stack.broker import Broker

if TYPE_CHECKING:  # the generated code has these for types only
    from kem.disclosure.v1.disclosure_service_pb2_grpc import DisclosureServiceAsyncStub
    from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceAsyncStub

COURSES = "SERVICE_EDUCATION"


def at(instant: datetime) -> Timestamp:
    """The instant as a message."""
    message = Timestamp()
    message.FromDatetime(instant)
    return message


@dataclass(frozen=True, slots=True)
class Desk:
    """Short ways through the doors; `agency_id` is the partner that is asked."""

    agency_id: UUID
    intake: "IntakeServiceAsyncStub"
    partner: "DisclosureServiceAsyncStub"
    officer: "DisclosureServiceAsyncStub"

    async def person(self, **changes: Any) -> str:
        request = messages.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=beneficiary_message(invented_person(**changes)),
            origin=ORIGIN_KEM_DESK,
        )
        return (await self.intake.RegisterBeneficiary(request)).beneficiary_id

    async def consent(self, person: str, **changes: Any) -> str:
        return (await self.intake.RecordConsent(self.consent_request(person, **changes))).consent_id

    def consent_request(self, person: str, **changes: Any) -> messages.RecordConsentRequest:
        """A month's consent to everything for courses at the partner, but for what is changed."""
        now = datetime.now(UTC)
        begins = changes.pop("valid_from_time", now - timedelta(minutes=1))
        ends = changes.pop("valid_until_time", now + timedelta(days=30))
        grant: dict[str, Any] = {
            "agency_id": str(self.agency_id),
            "purpose": COURSES,
            "categories": list(codes.CATEGORIES),
            "legal_basis": consent_pb2.LEGAL_BASIS_CONSENT,
            "effect": consent_pb2.GRANT_EFFECT_PERMIT,
        }
        return messages.RecordConsentRequest(
            request_id=str(uuid4()),
            beneficiary_id=person,
            consent=consent_pb2.ConsentRecord(
                notice=sample_notice("ar"),
                spoken_language="ara",
                method=consent_pb2.CONSENT_METHOD_WRITTEN,
                given_by=consent_pb2.CONSENT_GIVER_SELF,
                grants=[consent_pb2.Grant(**(grant | changes))],
                valid_from_time=at(begins),
                valid_until_time=at(ends),
            ),
        )

    async def agree(self) -> int:
        request = disclosures.SaveAgreementsRequest(
            request_id=str(uuid4()),
            agreements=[
                disclosures.Agreement(
                    agency_id=str(self.agency_id),
                    purposes=list(codes.PURPOSES),
                    categories=list(codes.CATEGORIES),
                    legal_regime="GDPR_CONTROLLER",
                    valid_from_time=at(datetime(2020, 1, 1, tzinfo=UTC)),
                    valid_until_time=at(datetime(2100, 1, 1, tzinfo=UTC)),
                )
            ],
        )
        return (await self.officer.SaveAgreements(request)).saved

    async def need(self, person: str, **changes: Any) -> need_pb2.RecordedNeed:
        request = messages.RecordNeedRequest(request_id=str(uuid4()), need=self.new_need(person, **changes))
        return (await self.intake.RecordNeed(request)).need

    def new_need(self, person: str, **changes: Any) -> need_pb2.NewNeed:
        """A normal need for a Greek course, among agencies consented to."""
        fields: dict[str, Any] = {
            "service_type": "GREEK_A1",
            "urgency": common_pb2.URGENCY_NORMAL,
            "routing": need_pb2.ROUTING_CONSENTED,
            "origin": ORIGIN_KEM_DESK,
        }
        return need_pb2.NewNeed(beneficiary_id=person, **(fields | changes))

    async def ask(self, need: need_pb2.RecordedNeed) -> disclosures.GetDisclosureResponse:
        """The partner asks for what it may see."""
        return await self.partner.GetDisclosure(
            disclosures.GetDisclosureRequest(request_id=str(uuid4()), referral_id=need.referral_id)
        )


@asynccontextmanager
async def desk_at(intake: RunningIntake) -> AsyncIterator[Desk]:
    """Everybody's channels, open."""
    agency_id = uuid4()
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(intake.channel_of("caseworker"))
        partner = await stack.enter_async_context(intake.channel_of("agency_member", agency_id=agency_id))
        officer = await stack.enter_async_context(intake.channel_of("dpo", agency_id=None))
        await publish_sample(lambda method, request: method(request), ConsentPolicyServiceStub(officer))
        yield Desk(
            agency_id,
            IntakeServiceStub(desk),
            DisclosureServiceStub(partner),
            DisclosureServiceStub(officer),
        )


@asynccontextmanager
async def desk_that_hears(
    fresh_database: MakeDatabase, broker: Broker, folder: Path
) -> AsyncIterator[tuple[RunningIntake, ReferralVoice, Desk]]:
    """An intake of its own with a desk, and the voice of referral, from which it hears who holds what."""
    database = fresh_database(schemas=("intake", "referral"))
    async with (
        running_intake(database, folder, roles="grpc,stream", bootstrap=broker.bootstrap) as intake,
        referral_voice(database, broker.bootstrap) as referral,
        desk_at(intake) as desk,
    ):
        yield intake, referral, desk
