"""What the sender is told: the 50 best, and for the others why not, page by page."""

from dataclasses import replace

import pytest

from chassis.caller import Caller
from kernel.codes import CapacityKind, Listing, Role
from kernel.errors import KemError
from kernel.ids import ServiceId
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.explanation import Explanation
from services.referral.domain.matching import MatchPolicy
from services.referral.entrypoints.translate_explanation import explanation_message
from services.referral.use_cases.explain_matches import ExcludedPage, explain_matches
from tests.support.directory import agency_id, profile, referral_id, service, service_id
from tests.support.saved_directory import SavedDirectory, caller

CASEWORKER = caller(Role.CASEWORKER, agency=agency_id(3))
FOCAL_POINT = caller(Role.GBV_FOCAL_POINT, agency=agency_id(3))


async def explain(
    saved: SavedDirectory, page: ExcludedPage | None = None, by: Caller = CASEWORKER, kind: str = "GREEK_A1"
) -> Explanation:
    async with saved.app.transaction(by) as tx:
        return await explain_matches(
            profile(service_type=kind),
            referral_id(),
            page or ExcludedPage(),
            permitted=None,
            declined=frozenset(),
            policy=MatchPolicy(),
            now=await tx.now(),
            tx=tx,
            directory=saved.stores.directory,
        )


async def test_the_fifty_best_are_proposed_and_everybody_else_is_counted(saved: SavedDirectory) -> None:
    await saved.save(*(service(number) for number in range(1, 61)))
    await saved.save(*(service(number, areas=("ATHENS_1",)) for number in range(61, 75)))
    await saved.save(*(service(number, languages=("tur",)) for number in range(75, 80)))
    told = await explain(saved)
    assert len(told.proposals) == 50
    assert told.exclusions == {"AREA": 14, "LANGUAGE": 5}


async def test_those_left_out_for_one_reason_are_listed_page_by_page(saved: SavedDirectory) -> None:
    await saved.save(*(service(number, areas=("ATHENS_1",)) for number in range(1, 12)))
    await saved.save(*(service(number, languages=("tur",)) for number in range(12, 20)))
    for reason, expected in (("AREA", range(1, 12)), ("LANGUAGE", range(12, 20))):
        seen: list[ServiceId] = []
        page = ExcludedPage(reason, limit=4)
        while True:
            told = await explain(saved, page)
            assert len(told.excluded) <= 4
            seen += [one.service_id for one in told.excluded]
            if told.next_after is None:
                break
            page = replace(page, after=told.next_after)
        assert seen == [service_id(number) for number in expected]


async def test_an_unknown_reason_is_refused(saved: SavedDirectory) -> None:
    with pytest.raises(KemError) as refused:
        await explain(saved, ExcludedPage("UGLY"))
    assert refused.value.stable_reason == "UNKNOWN_CODE"


async def test_services_for_named_staff_are_neither_proposed_nor_counted_for_others(
    saved: SavedDirectory,
) -> None:
    kind = "GBV_COUNSELLING"
    await saved.save(
        service(1, service_type=kind),
        service(2, service_type=kind, listing=Listing.NAMED_STAFF),
        service(3, service_type=kind, listing=Listing.NAMED_STAFF, languages=("tur",)),
        service(4, service_type=kind, listing=Listing.NAMED_STAFF, areas=("ATHENS_1",)),
    )
    others = await explain(saved, by=CASEWORKER, kind=kind)
    assert [one.service_id for one in others.proposals] == [service_id(1)]
    assert others.exclusions == {}
    assert not (await explain(saved, ExcludedPage("AREA"), CASEWORKER, kind)).excluded
    named = await explain(saved, ExcludedPage("AREA"), FOCAL_POINT, kind)
    assert {one.service_id for one in named.proposals} == {service_id(1), service_id(2)}
    assert named.exclusions == {"AREA": 1, "LANGUAGE": 1}
    assert [one.service_id for one in named.excluded] == [service_id(4)]


async def test_an_explanation_reads_in_greek_and_english(saved: SavedDirectory) -> None:
    await saved.save(service(1, capacity=DeclaredCapacity(CapacityKind.PLACES, 0)), service(2))
    message = explanation_message(await explain(saved))
    [proposal], [exclusion] = message.proposals, message.exclusions
    assert (proposal.rank, proposal.name_en, proposal.service_version) == (1, "Greek lessons 2", 1)
    assert [term.term for term in proposal.terms][:2] == ["FREE_PLACES", "FRESHNESS"]
    assert proposal.terms[0].text_el == "Υπάρχουν 3 ελεύθερες θέσεις."
    assert proposal.terms[1].text_en == "The agency said so today."
    assert (exclusion.reason, exclusion.count) == ("NO_PLACE", 1)
    assert exclusion.text_en == "It has declared no place at all."


async def test_an_explanation_cites_the_version_that_stands_now(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    await saved.save(service(1, name_en="Renamed"))
    assert (await explain(saved)).proposals[0].service_version == 2
