"""Referral through its real doors, beside the real intake and a real broker."""

import asyncio
from uuid import uuid4

import grpc

from kem.intake.v1 import intake_service_pb2 as intake_messages
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from tests.component.referral.city import City
from tests.support.quickest import quickest
from tests.support.refusals import refused


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
    now = asyncio.get_running_loop().time

    async def revoked_after() -> float:
        person = await city.consented_person()
        need = await city.desk.need(person)
        offer = await city.offered(need)
        began = now()
        await city.desk.intake.WithdrawConsent(
            intake_messages.WithdrawConsentRequest(
                request_id=str(uuid4()), beneficiary_id=person, agency_id=str(city.desk.agency_id)
            )
        )
        await city.taken_back(need)
        seconds = now() - began
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
        return seconds

    assert await quickest(2, revoked_after) < 2


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
