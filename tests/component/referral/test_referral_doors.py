"""Referral through its real doors, beside the real intake and a real broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kem.intake.v1 import intake_service_pb2 as intake_messages
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceStub
from tests.component.intake.desk import Desk, desk_at
from tests.component.referral.directory_door import agency_message, service_message
from tests.support.intake import running_intake
from tests.support.postgres import MakeDatabase
from tests.support.referral import RunningReferral, running_referral
from tests.support.refusals import refused
from tools.stack.broker import Broker

SENT, OFFERED = rpc.REFERRAL_VIEW_SENT, rpc.REFERRAL_VIEW_OFFERED


@dataclass(frozen=True, slots=True)
class City:
    """A desk of KEM and one agency with Greek lessons, both at real doors. Stubs have no types."""

    desk: Desk
    sender: Any
    agency: Any
    stranger: Any
    directory: Any
    service_id: str

    async def consented_person(self) -> str:
        person = await self.desk.person()
        await self.desk.consent(person)
        return person

    async def offered(self, need: need_pb2.RecordedNeed) -> Any:
        """The offer as the agency sees it, as soon as it is there."""

        async def look() -> referral.Offer | None:
            page = await self.agency.ListReferrals(rpc.ListReferralsRequest(view=OFFERED))
            return next(
                (one.offers[0] for one in page.referrals if one.referral_id == need.referral_id), None
            )

        return await until(look)

    async def state(self, need: need_pb2.RecordedNeed, wanted: int) -> Any:
        """The referral as the sender sees it, as soon as it is in this state."""

        async def look() -> referral.Referral | None:
            try:
                seen = await self.sender.GetReferral(rpc.GetReferralRequest(referral_id=need.referral_id))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return None
                raise
            return seen.referral if seen.referral.state == wanted else None

        return await until(look)


async def until(look: Callable[[], Awaitable[Any]], patience_seconds: float = 20) -> Any:
    """What is looked for, as soon as it is there."""
    async with asyncio.timeout(patience_seconds):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.02)


@asynccontextmanager
async def at_the_doors(running: RunningReferral, desk: Desk) -> AsyncIterator[City]:
    lessons = service_message(
        1, agency_id=str(desk.agency_id), eligibility=directory_pb2.Eligibility(), areas=[]
    )
    async with AsyncExitStack() as stack:

        async def stub(kind: Any, *roles: str, **who: Any) -> Any:
            return kind(await stack.enter_async_context(running.channel_of(*roles, **who)))

        keeper = await stub(DirectoryServiceStub, "operator")
        city = City(
            desk=desk,
            sender=await stub(ReferralServiceStub, "caseworker"),
            agency=await stub(ReferralServiceStub, "agency_member", agency_id=desk.agency_id),
            stranger=await stub(ReferralServiceStub, "agency_member", agency_id=uuid4()),
            directory=keeper,
            service_id=lessons.service_id,
        )
        agency = agency_message(1, agency_id=str(desk.agency_id))
        await keeper.SaveAgencies(directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[agency]))
        await keeper.SaveServices(directory.SaveServicesRequest(request_id=str(uuid4()), services=[lessons]))
        await desk.agree()
        yield city


@pytest.fixture
async def city(fresh_database: MakeDatabase, broker: Broker, tmp_path: Path) -> AsyncIterator[City]:
    database = fresh_database(schemas=("intake", "referral"))
    async with (
        running_intake(database, tmp_path, roles="grpc,relay,stream", bootstrap=broker.bootstrap) as intake,
        running_referral(database, tmp_path, intake, broker.bootstrap) as running,
        desk_at(intake) as desk,
        at_the_doors(running, desk) as opened,
    ):
        yield opened


async def test_a_need_of_intake_is_offered_asked_about_accepted_and_disclosed(city: City) -> None:
    need = await city.desk.need(await city.consented_person())
    offer = await city.offered(need)
    card = (await city.agency.GetReferral(rpc.GetReferralRequest(referral_id=need.referral_id))).referral
    assert card.card.service_type == "GREEK_A1"
    assert not card.sender_agency_id
    asked = rpc.RequestInformationRequest(
        request_id=str(uuid4()), offer_id=offer.offer_id, question="Can they read Latin letters?"
    )
    await city.agency.RequestInformation(asked)
    seen = await city.state(need, referral.REFERRAL_STATE_OFFERED)
    assert [note.text for note in seen.offers[0].notes] == ["Can they read Latin letters?"]
    await city.sender.ProvideInformation(
        rpc.ProvideInformationRequest(request_id=str(uuid4()), offer_id=offer.offer_id, answer="Yes.")
    )
    await city.agency.AcceptOffer(rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer.offer_id))
    given = await city.desk.ask(need)
    assert "NAME" in given.given_categories
    held = await city.state(need, referral.REFERRAL_STATE_ACCEPTED)
    assert held.holder_agency_id == str(city.desk.agency_id)


async def test_withdrawn_consent_revokes_an_open_offer_within_two_seconds(city: City) -> None:
    person = await city.consented_person()
    need = await city.desk.need(person)
    offer = await city.offered(need)
    began = asyncio.get_running_loop().time()
    await city.desk.intake.WithdrawConsent(
        intake_messages.WithdrawConsentRequest(
            request_id=str(uuid4()), beneficiary_id=person, agency_id=str(city.desk.agency_id)
        )
    )

    async def is_gone() -> bool | None:
        page = await city.agency.ListReferrals(rpc.ListReferralsRequest(view=OFFERED))
        return None if page.referrals else True

    await until(is_gone)
    assert asyncio.get_running_loop().time() - began < 2
    with refused() as refusal:
        await city.agency.AcceptOffer(
            rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer.offer_id)
        )
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "OFFER_ALREADY_ANSWERED",
    )
    assert refusal.metadata["offer_state"] == "REVOKED"
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)


async def test_a_withdrawn_need_is_withdrawn_here(city: City) -> None:
    need = await city.desk.need(await city.consented_person())
    await city.offered(need)
    await city.desk.intake.WithdrawNeed(
        intake_messages.WithdrawNeedRequest(
            request_id=str(uuid4()), need_id=need.need_id, reason="FOUND_ELSEWHERE"
        )
    )
    await city.state(need, referral.REFERRAL_STATE_WITHDRAWN)


async def test_the_person_is_asked_first_and_their_choice_is_checked_against_consent(city: City) -> None:
    person = await city.desk.person()
    need = await city.desk.need(person, routing=need_pb2.ROUTING_ASK_FIRST)
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    choice = rpc.OfferToRequest(
        request_id=str(uuid4()), referral_id=need.referral_id, service_ids=[city.service_id]
    )
    with refused() as refusal:
        await city.sender.OfferTo(choice)
    assert refusal.reason == "CONSENT_NOT_IN_FORCE"
    await city.desk.consent(person)
    answered = await city.sender.OfferTo(choice)
    assert answered.state == referral.REFERRAL_STATE_OFFERED
    assert await city.sender.OfferTo(choice) == answered  # the same request twice


async def test_another_agency_and_nobody_are_told_alike(city: City) -> None:
    need = await city.desk.need(await city.consented_person())
    offer = await city.offered(need)
    refusals = []
    for referral_id, offer_id in ((need.referral_id, offer.offer_id), (str(uuid4()), str(uuid4()))):
        with refused() as refusal:
            await city.stranger.GetReferral(rpc.GetReferralRequest(referral_id=referral_id))
        refusals.append((refusal.code, refusal.reason, refusal.message))
        with refused() as refusal:
            await city.stranger.AcceptOffer(
                rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer_id)
            )
        refusals.append((refusal.code, refusal.reason, refusal.message))
    assert refusals[:2] == refusals[2:]
    assert {code for code, _, _ in refusals} == {grpc.StatusCode.NOT_FOUND}
