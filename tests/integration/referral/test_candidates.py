"""What matching reads: all that may fit and nothing of the rest, in one statement."""

from datetime import timedelta

from kernel.codes import CapacityKind, Listing, LocationVisibility
from kernel.ids import UnitId
from services.referral.adapters.postgres_agreements import save_agreement
from services.referral.adapters.postgres_service_starts import PostgresServiceStarts
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import DeclaredCapacity, UnitPlaces
from services.referral.domain.directory import Location
from tests.support.directory import OFFICE_HOURS, agency_id, service, service_id
from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import WORKER, SavedDirectory, member_of


async def found(saved: SavedDirectory, service_type: str, district: str | None) -> set[int]:
    async with saved.worker.transaction(WORKER) as tx:
        answer = await saved.stores.directory.candidates(tx, [(service_type, district)])
    return {one.service_id.int - service_id(0).int for one in answer[service_type, district]}


async def test_a_candidate_is_read_as_it_was_saved(saved: SavedDirectory) -> None:
    await saved.save(service(1, areas=("ATHENS_6", "ATHENS_1"), duty_phone="210"))
    async with saved.worker.transaction(WORKER) as tx:
        one = (await saved.stores.directory.candidates_by_id(tx, [service_id(1)]))[service_id(1)]
        now = await tx.now()
    assert one.agreement_from_time is not None
    assert one.agreement_until_time is not None
    assert one.has_agreement(now)
    assert one == Candidate(
        service_id=service_id(1),
        agency_id=agency_id(1),
        version=1,
        service_type="GREEK_A1",
        name_el="Ελληνικά 1",
        name_en="Greek lessons 1",
        listing=Listing.PUBLIC,
        location_visibility=LocationVisibility.PUBLIC,
        district="ATHENS_6",
        areas=frozenset({"ATHENS_6", "ATHENS_1"}),
        languages=frozenset({"ell", "ara"}),
        interpreter_languages=frozenset({"fas"}),
        step_free=True,
        opening=OFFICE_HOURS,
        duty_phone="210",
        agreement_from_time=one.agreement_from_time,
        agreement_until_time=one.agreement_until_time,
        units=(UnitPlaces(UnitId(service_id(1)), None, 3, 3, one.units[0].declared_time),),
    )


async def test_candidates_serve_the_district_or_all_districts(saved: SavedDirectory) -> None:
    await saved.save(
        service(1),
        service(2, areas=("ATHENS_6",)),
        service(3, areas=("ATHENS_1", "ATHENS_2")),
        service(4, service_type="FOOD"),
    )
    assert await found(saved, "GREEK_A1", "ATHENS_6") == {1, 2}
    assert await found(saved, "GREEK_A1", "ATHENS_1") == {1, 3}
    assert await found(saved, "GREEK_A1", None) == {1, 2, 3}
    assert await found(saved, "CLOTHING_HYGIENE", "ATHENS_6") == set()
    await saved.save(service(2, areas=("ATHENS_1",)), service(3, service_type="FOOD"))
    assert await found(saved, "GREEK_A1", "ATHENS_6") == {1}
    assert await found(saved, "GREEK_A1", "ATHENS_1") == {1, 2}
    assert await found(saved, "FOOD", "ATHENS_1") == {3, 4}


async def test_one_statement_serves_a_whole_batch(saved: SavedDirectory) -> None:
    await saved.save(service(1), service(2, areas=("ATHENS_1",)), service(3, service_type="FOOD"))
    asked: list[str] = []
    wanted: list[tuple[str, str | None]] = [
        ("GREEK_A1", "ATHENS_1"),
        ("GREEK_A1", "ATHENS_6"),
        ("FOOD", None),
    ]
    async with saved.worker.transaction(WORKER) as tx:
        tx.connection.add_query_logger(lambda record: asked.append(record.query))
        answer = await saved.stores.directory.candidates(tx, wanted * 100)
    assert len([query for query in asked if "service" in query]) == 1, "the driver asks for types besides"
    assert [len(answer[one]) for one in wanted] == [2, 1, 1]


async def test_an_agency_that_moves_the_next_offer_on_finds_services_for_named_staff_too(
    saved: SavedDirectory,
) -> None:
    """A decline is the agency's call, yet the next on the person's list may be listed to named staff only."""
    await saved.save(service(1, listing=Listing.NAMED_STAFF))
    async with saved.app.transaction(member_of(2)) as tx:
        assert service_id(1) in await saved.stores.directory.candidates_by_id(tx, [service_id(1)])


async def test_an_older_agreement_does_not_replace_a_newer_one(saved: SavedDirectory) -> None:
    async with saved.worker.transaction(WORKER) as tx:
        now = await tx.now()
        day = timedelta(days=1)
        assert await save_agreement(tx, agency_id(1), now - day, now - day / 2, 3)
        assert not await save_agreement(tx, agency_id(1), now - day, now + day, 2)
        assert not await save_agreement(tx, agency_id(1), now - day, now + day, 3)
    await saved.save(service(1))
    async with saved.worker.transaction(WORKER) as tx:
        one = (await saved.stores.directory.candidates_by_id(tx, [service_id(1)]))[service_id(1)]
    assert not one.has_agreement(now)


async def test_times_to_start_are_summed_up_per_service_and_sector(saved: SavedDirectory) -> None:
    starts = PostgresServiceStarts()
    await saved.save(service(1), service(2), service(3))
    async with saved.worker.transaction(WORKER) as tx:
        for waited in (10.0, 20.0, 90.0):
            await starts.note(tx, service_id(1), "GREEK_A1", waited)
        await starts.note(tx, service_id(2), "GREEK_A1", 100.0)
        assert await starts.sum_up(tx) == 2
        assert await starts.sum_up(tx) == 0
        ids = [service_id(1), service_id(2), service_id(3)]
        answer = await saved.stores.directory.candidates_by_id(tx, ids)
    assert [
        (one.start_cases, one.start_median_seconds, one.sector_start_mean_seconds)
        for one in (answer[service_id(number)] for number in (1, 2, 3))
    ] == [(3, 20.0, 40.0), (1, 100.0, 40.0), (0, None, 40.0)]


async def test_what_a_type_needs_is_its_own_until_an_officer_sets_it(saved: SavedDirectory) -> None:
    from kernel import codes

    own = codes.service_type("FOOD").needed_mask
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.directory.needed_masks(tx, ["FOOD"]) == {"FOOD": own}
        await saved.stores.needed_categories.set(tx, "FOOD", 255, agency_id(1), await tx.now())
        assert await saved.stores.directory.needed_masks(tx, ["FOOD"]) == {"FOOD": 255}


async def test_an_unlimited_service_always_has_a_place(saved: SavedDirectory, fresh: FreshDatabase) -> None:
    unlimited = DeclaredCapacity(CapacityKind.UNLIMITED, 0)
    await saved.save(
        service(1, capacity=unlimited, location=Location("ATHENS_1", 0, 0, "", LocationVisibility.HIDDEN))
    )
    async with saved.worker.transaction(WORKER) as tx:
        one = (await saved.stores.directory.candidates_by_id(tx, [service_id(1)]))[service_id(1)]
    assert (one.units[0].free_places, one.units[0].has_place) == (None, True)
