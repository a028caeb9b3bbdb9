"""A data protection officer narrows what a restricted service needs: the next disclosure gives less."""

from typing import Any
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel import codes
from tests.component.referral.city import City, until
from tests.component.referral.directory_door import service_message

TYPE, PURPOSE = "SUBSTANCE_USE", "SERVICE_HEALTH"
OWN = codes.categories_in(codes.service_type(TYPE).needed_mask)
LITTLE = codes.categories_in(codes.ASSESSMENT_MASK)


async def _held(city: City) -> need_pb2.RecordedNeed:
    """The agency has accepted somebody who chose its restricted service."""
    service = service_message(
        2,
        agency_id=str(city.desk.agency_id),
        service_type=TYPE,
        eligibility=directory_pb2.Eligibility(),
        areas=[],
        listing=directory_pb2.LISTING_PUBLIC,
    )
    await city.directory.SaveServices(
        directory.SaveServicesRequest(request_id=str(uuid4()), services=[service])
    )
    person = await city.desk.person()
    await city.desk.consent(person, purpose=PURPOSE)
    need = await city.desk.need(person, service_type=TYPE, routing=need_pb2.ROUTING_ASK_FIRST)
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    await city.sender.OfferTo(
        rpc.OfferToRequest(
            request_id=str(uuid4()), referral_id=need.referral_id, service_ids=[service.service_id]
        )
    )
    offer = await city.offered(need)
    await city.agency.AcceptOffer(rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer.offer_id))
    return need


async def _set(city: City, categories: list[str]) -> None:
    await city.officer.SetNeededCategories(
        directory.SetNeededCategoriesRequest(
            request_id=str(uuid4()), service_type=TYPE, categories=categories
        )
    )


async def test_a_holder_is_given_less_after_a_narrowing_and_more_after_a_widening(city: City) -> None:
    need = await _held(city)

    async def is_asked(categories: list[str]) -> None:
        async def look() -> Any:
            given = await city.desk.ask(need)
            assert given.given_categories == given.asked_categories
            return True if given.given_categories == categories else None

        await until(look)

    await is_asked(OWN)
    await _set(city, LITTLE)
    await is_asked(LITTLE)
    await _set(city, OWN)
    await is_asked(OWN)
