"""An agency of a test's own at a running hub, with one service, and people who are referred to it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.timestamp_pb2 import Timestamp

from kem.common.v1 import common_pb2
from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import disclosure_service_pb2 as disclosures
from kem.intake.v1 import consent_pb2, need_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kem.referral.v1 import referral_pb2
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel import codes
from kernel.vocabulary import Role
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.people import invented_person
from tools.hub import Hub, Person
from tools.notices.publishing import sample_notice

NORMAL, URGENT, EMERGENCY = (
    common_pb2.URGENCY_NORMAL,
    common_pb2.URGENCY_URGENT,
    common_pb2.URGENCY_EMERGENCY,
)
PATIENCE_SECONDS: Final = 30.0
NEEDS_AT_ONCE: Final = 200
UNLIMITED: Final = directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_UNLIMITED)


def at(instant: datetime) -> Timestamp:
    """The instant as a message."""
    message = Timestamp()
    message.FromDatetime(instant)
    return message


@dataclass
class PartnerAgency:
    """One agency; `member` speaks for its people past the console, `desk` for KEM's."""

    console: ConsoleHub
    agency_id: UUID
    code: str
    service: directory_pb2.Service
    member: Person
    desk: Person
    people: list[str] = field(default_factory=list)

    @property
    def hub(self) -> Hub:
        return self.console.hub

    def browser(self, *roles: Role, language: str = "en") -> Any:
        """Somebody of the agency who has signed in at the console: a member, unless roles are named."""
        return self.console.browser(*(roles or (Role.AGENCY_MEMBER,)), agency=self.code, language=language)

    async def person(self, **changes: Any) -> str:
        """Somebody of KEM's who permits this agency everything that its service needs."""
        person = await self.registered(**changes)
        await self.permit(person)
        return person

    async def registered(self, **changes: Any) -> str:
        """Somebody of KEM's who has permitted nothing yet."""
        registered = await self.hub.intake.RegisterBeneficiary(
            intake.RegisterBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary=beneficiary_message(invented_person(**changes)),
                origin=ORIGIN_KEM_DESK,
            ),
            metadata=self.desk.credentials(),
        )
        self.people.append(registered.beneficiary_id)
        return str(registered.beneficiary_id)

    async def permit(self, person: str, **said: Any) -> str:
        """The person's consent to that; `said` are fields of its record that are otherwise."""
        now = datetime.now(UTC)
        fields: dict[str, Any] = {
            "notice": sample_notice("ar"),
            "spoken_language": "ara",
            "method": consent_pb2.CONSENT_METHOD_WRITTEN,
            "given_by": consent_pb2.CONSENT_GIVER_SELF,
            "grants": [
                consent_pb2.Grant(
                    agency_id=str(self.agency_id),
                    purpose=codes.purpose_of(self.service.service_type).code,
                    categories=list(codes.CATEGORIES),
                    legal_basis=consent_pb2.LEGAL_BASIS_CONSENT,
                    effect=consent_pb2.GRANT_EFFECT_PERMIT,
                )
            ],
            "valid_from_time": at(now - timedelta(minutes=1)),
            "valid_until_time": at(now + timedelta(days=30)),
        }
        recorded = await self.hub.intake.RecordConsent(
            intake.RecordConsentRequest(
                request_id=str(uuid4()),
                beneficiary_id=person,
                consent=consent_pb2.ConsentRecord(**(fields | said)),
            ),
            metadata=self.desk.credentials(),
        )
        return str(recorded.consent_id)

    async def offered(self, count: int = 1, urgency: int = NORMAL, **changes: Any) -> list[str]:
        """So many needs of one person, each offered to this agency; their referrals, as they were told."""
        person = await self.person(**changes)
        told: list[str] = []
        for first in range(0, count, NEEDS_AT_ONCE):
            needs = [
                need_pb2.NewNeed(
                    beneficiary_id=person,
                    service_type=self.service.service_type,
                    urgency=urgency,  # type: ignore[arg-type]  # a number of the enumeration
                    routing=need_pb2.ROUTING_CONSENTED,
                    origin=ORIGIN_KEM_DESK,
                )
                for _ in range(min(NEEDS_AT_ONCE, count - first))
            ]
            recorded = await self.hub.intake.RecordNeeds(
                intake.RecordNeedsRequest(request_id=str(uuid4()), needs=needs),
                metadata=self.desk.credentials(),
            )
            new = [one.referral_id for one in recorded.needs]
            await self._until_asked(new)  # so many at once, and no more, can be matched
            told += new
        return told

    async def _until_asked(self, referral_ids: list[str]) -> None:
        """About these: what is offered a second time meanwhile does not count."""

        async def are_there() -> bool:
            listed = await self.call(
                "ListReferrals", view=rpc.REFERRAL_VIEW_OFFERED, referral_ids=referral_ids, page_size=200
            )
            return len(listed.referrals) == len(referral_ids)

        await until(are_there)

    async def held(self, count: int = 1, *, for_assessment: bool = False, **changes: Any) -> list[str]:
        """The same, taken up by the agency."""
        told = await self.offered(count, **changes)
        for referral_id in told:
            offer_id = (await self.seen(referral_id)).offers[-1].offer_id
            await self.call("AcceptOffer", offer_id=offer_id, for_assessment=for_assessment)
        return told

    async def call(self, method: str, **fields: Any) -> Any:
        """A method of referrals, by a member of the agency."""
        kind = getattr(rpc, f"{method}Request")
        if "request_id" in kind.DESCRIPTOR.fields_by_name:
            fields.setdefault("request_id", str(uuid4()))
        return await getattr(self.hub.referral, method)(kind(**fields), metadata=self.member.credentials())

    async def seen(self, referral_id: str) -> referral_pb2.Referral:
        """As a member of the agency sees it."""
        answer = await self.call("GetReferral", referral_id=referral_id)
        found: referral_pb2.Referral = answer.referral
        return found

    async def sent(self, referral_id: str) -> referral_pb2.Referral:
        """As KEM's desk, which has sent it, sees it."""
        answer = await self.hub.referral.GetReferral(
            rpc.GetReferralRequest(referral_id=referral_id), metadata=self.desk.credentials()
        )
        found: referral_pb2.Referral = answer.referral
        return found

    async def state(self, referral_id: str) -> str:
        """Where it stands for who has sent it."""
        number = (await self.sent(referral_id)).state
        return referral_pb2.ReferralState.Name(number).removeprefix("REFERRAL_STATE_")

    async def answer(self, offer_id: str, words: str) -> None:
        """The desk answers the agency's question."""
        request = rpc.ProvideInformationRequest(request_id=str(uuid4()), offer_id=offer_id, answer=words)
        await self.hub.referral.ProvideInformation(request, metadata=self.desk.credentials())

    async def let_pass_since_acceptance(self, referral_id: str, **span: float) -> None:
        """The agency took it up so much earlier than it did."""
        connection = await asyncpg.connect(self.console.stack.postgres.url("referral_worker"))
        try:
            await connection.execute(
                "update referral.offer set ended_time = ended_time - $2::interval,"
                " answered_time = answered_time - $2::interval, offered_time = offered_time - $2::interval"
                " where referral_id = $1",
                UUID(referral_id),
                timedelta(**span),
            )
        finally:
            await connection.close()

    async def count(self, view: int) -> int:
        """How many the agency is asked, or holds."""
        page = await self.call("ListReferrals", view=view, page_size=1, with_counts=True)
        return sum(one.count for one in page.counts)


async def until(look: Callable[[], Awaitable[Any]], patience_seconds: float = PATIENCE_SECONDS) -> Any:
    """The first thing found that is not nothing."""
    async with asyncio.timeout(patience_seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)


async def make_agency(console: ConsoleHub, **changes: Any) -> PartnerAgency:
    """A new one, with an agreement, and one service that takes everybody at any hour."""
    hub, agency_id = console.hub, uuid4()
    code = f"TEST-{agency_id.hex[:10].upper()}"
    keeper = hub.person(uuid4(), None, Role.OPERATOR, Role.DPO)
    metadata = keeper.credentials()
    fields: dict[str, Any] = {
        "service_id": str(uuid4()),
        "agency_id": str(agency_id),
        "service_type": "GREEK_A1",
        "name": directory_pb2.BilingualText(el="Ελληνικά για αρχάριους", en="Greek for beginners"),
        "channel": directory_pb2.CHANNEL_HUB,
        "listing": directory_pb2.LISTING_PUBLIC,
        "location": directory_pb2.Location(
            district="ATHENS_6",
            address="Νεραντζιάς 13",
            visibility=directory_pb2.LOCATION_VISIBILITY_PUBLIC,
        ),
        "eligibility": directory_pb2.Eligibility(),
        "languages": ["ell", "ara", "eng"],
        "step_free": True,
        "duty_phone": "210 0000000",
        "capacity": UNLIMITED,
    }
    service = directory_pb2.Service(**(fields | changes))
    name = directory_pb2.BilingualText(el="Φορέας δοκιμής", en="Agency of a test")
    await hub.directory.SaveAgencies(
        directory.SaveAgenciesRequest(
            request_id=str(uuid4()),
            agencies=[
                directory_pb2.Agency(
                    agency_id=str(agency_id),
                    code=code,
                    name=name,
                    committees=["education_learning"],
                    sample=True,
                )
            ],
        ),
        metadata=metadata,
    )
    await hub.directory.SaveServices(
        directory.SaveServicesRequest(request_id=str(uuid4()), services=[service]), metadata=metadata
    )
    await hub.disclosure.SaveAgreements(
        disclosures.SaveAgreementsRequest(
            request_id=str(uuid4()),
            agreements=[
                disclosures.Agreement(
                    agency_id=str(agency_id),
                    purposes=list(codes.PURPOSES),
                    categories=list(codes.CATEGORIES),
                    legal_regime="GDPR_CONTROLLER",
                    valid_from_time=at(datetime(2020, 1, 1, tzinfo=UTC)),
                    valid_until_time=at(datetime(2100, 1, 1, tzinfo=UTC)),
                )
            ],
        ),
        metadata=metadata,
    )
    kem = await console.agency_id("KEM")
    return PartnerAgency(
        console,
        agency_id,
        code,
        service,
        hub.person(uuid4(), agency_id, Role.AGENCY_MEMBER),
        hub.person(uuid4(), kem, Role.CASEWORKER, Role.SUPERVISOR),
    )


async def opened(browser: Browser, referral_id: str) -> Any:
    """The page of a referral."""
    return await browser.get(f"/partner/referrals/{referral_id}")
