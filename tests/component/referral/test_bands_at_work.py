"""What intake knows of a person moves waiting lists and warns the worker, told as a number and a month."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.intake.v1 import intake_service_pb2 as intake_messages
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from services.intake.domain.beneficiary import Absence, Document
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.component.referral.city import City, until
from tests.component.referral.directory_door import places, service_message
from tests.support.people import invented_person

WAITLISTED = referral.REFERRAL_STATE_WAITLISTED


async def open_service(city: City, number: int, **changes: Any) -> str:
    """A service of the city's agency, besides the lessons that every test uses."""
    service = service_message(number, agency_id=str(city.desk.agency_id), **changes)
    await city.directory.SaveServices(
        directory.SaveServicesRequest(request_id=str(uuid4()), services=[service])
    )
    return service.service_id


async def test_a_waiting_list_follows_what_intake_knows_without_telling_it(city: City) -> None:
    """From the record at the desk to the place on the list: who is pregnant passes who is not."""
    everybody = directory_pb2.Eligibility()
    await open_service(city, 2, service_type="GREEK_B1", eligibility=everybody, capacity=places(1))
    await city.offered(await city.desk.need(await city.consented_person(), service_type="GREEK_B1"))
    first = await city.consented_person()
    waits = await city.desk.need(first, service_type="GREEK_B1")
    assert (await city.state(waits, WAITLISTED)).waiting_place.position == 1
    second = await city.consented_person(specific_needs=("PREGNANT",))
    passes = await city.desk.need(second, service_type="GREEK_B1")
    place = (await city.state(passes, WAITLISTED)).waiting_place
    assert (place.position, place.priority_group) == (1, 1)
    assert "ομάδα 1/4" in place.text_el
    assert "group 1/4" in place.text_en
    place = (await city.state(waits, WAITLISTED)).waiting_place
    assert (place.position, place.priority_group, place.earlier_group) == (2, 4, 1)
    await city.desk.intake.UpdateBeneficiary(
        intake_messages.UpdateBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary_id=first,
            expected_version=1,
            beneficiary=beneficiary_message(invented_person(specific_needs=("SLEEPS_OUTSIDE",))),
        )
    )

    async def is_first_again() -> bool | None:
        seen = await city.state(waits, WAITLISTED)
        return seen.waiting_place.position == 1 or None

    await until(is_first_again)  # one group now, and they have waited longer


async def test_of_whom_a_language_or_the_household_is_not_known_finds_services_and_the_worker_is_warned(
    city: City,
) -> None:
    """Nobody is left out silently because they would rather not say."""
    picky = directory_pb2.Eligibility(household_bands=["3-4"])
    await open_service(city, 2, service_type="GREEK_B1", eligibility=picky, languages=["ell", "ara"])
    silent: dict[str, Any] = {
        "languages": (),
        "languages_absence": Absence.REFUSED,
        "household_absence": Absence.NOT_ASKED,
    }
    need = await city.desk.need(
        await city.desk.person(**silent), service_type="GREEK_B1", routing=need_pb2.ROUTING_ASK_FIRST
    )
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    request = rpc.ExplainMatchesRequest(referral_id=need.referral_id)
    [proposal] = (await city.sender.ExplainMatches(request)).proposals
    assert list(proposal.warnings) == ["HOUSEHOLD_NOT_KNOWN", "LANGUAGE_NOT_KNOWN"]
    alone = await city.desk.need(
        await city.desk.person(), service_type="GREEK_B1", routing=need_pb2.ROUTING_ASK_FIRST
    )
    await city.state(alone, referral.REFERRAL_STATE_UNMATCHED)  # it is made for a family
    everybody = await city.consented_person(languages=(), languages_absence=Absence.UNKNOWN)
    assert (await city.offered(await city.desk.need(everybody))).offer_id


async def test_a_document_that_ends_before_a_course_warns_the_worker(city: City) -> None:
    now = datetime.now(UTC)
    proven = directory_pb2.Eligibility(status_rule="WORK_ALLOWED", status_proof_needed=True)
    course = directory_pb2.Activity(
        activity_id=str(uuid4()),
        service_id=await open_service(city, 3, service_type="VOCATIONAL_TRAINING", eligibility=proven),
        name=directory_pb2.BilingualText(el="Μάθημα", en="Course"),
        capacity=places(5),
    )
    course.start_time.FromDatetime(now + timedelta(days=1))
    course.end_time.FromDatetime(now + timedelta(days=150))
    await city.directory.SaveActivities(
        directory.SaveActivitiesRequest(request_id=str(uuid4()), activities=[course])
    )
    ends_soon = Document("ASYLUM_CARD", "INV-SHORT", "VALID", (now + timedelta(days=60)).date())
    ends_late = Document("ASYLUM_CARD", "INV-LONG", "VALID", (now + timedelta(days=300)).date())
    for document, expected in ((ends_soon, ["DOCUMENT_ENDS_BEFORE_ACTIVITY"]), (ends_late, [])):
        need = await city.desk.need(
            await city.desk.person(documents=(document,)),
            service_type="VOCATIONAL_TRAINING",
            routing=need_pb2.ROUTING_ASK_FIRST,
        )
        await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
        request = rpc.ExplainMatchesRequest(referral_id=need.referral_id)
        [proposal] = (await city.sender.ExplainMatches(request)).proposals
        assert list(proposal.warnings) == expected
        assert [one.warning for one in proposal.warning_texts] == expected
        assert all(one.text_el and one.text_en for one in proposal.warning_texts)
