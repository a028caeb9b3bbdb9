"""What a save leaves behind: versions that matches cite, areas, events, and nobody else's rows touched."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from kernel.codes import CapacityKind, Listing, Role
from kernel.errors import KemError
from kernel.ids import ActivityId, AgencyId, UnitId
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity
from services.referral.use_cases.declare_capacity import declare_capacity
from services.referral.use_cases.resume_service import resume_service
from services.referral.use_cases.save_agencies import save_agencies
from services.referral.use_cases.suspend_service import suspend_service
from tests.support.directory import NOW, agency, agency_id, service, service_id
from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import OPERATOR, WORKER, SavedDirectory, admin_of, caller, member_of


def activity(number: int, *, of: int = 1, places: int = 5, days: int = 7) -> Activity:
    return Activity(
        activity_id=ActivityId(service_id(900 + number)),
        service_id=service_id(of),
        name_el="Τμήμα",
        name_en="Class",
        start_time=NOW.replace(year=2999) + timedelta(days=days),
        end_time=NOW.replace(year=2999) + timedelta(days=days + 60),
        capacity=DeclaredCapacity(CapacityKind.PLACES, places),
    )


async def units_of(saved: SavedDirectory, number: int = 1) -> dict[UnitId, int | None]:
    async with saved.worker.transaction(WORKER) as tx:
        found = await saved.stores.directory.candidates_by_id(tx, [service_id(number)])
    return {unit.unit_id: unit.free_places for unit in found[service_id(number)].units}


async def test_each_change_makes_a_version_and_an_unchanged_service_none(
    saved: SavedDirectory, fresh: FreshDatabase
) -> None:
    assert await saved.save(service(1), service(2)) == 2
    assert await saved.save(service(1), service(2, areas=("ATHENS_1",))) == 1
    versions = fresh.execute(
        "select right(service_id::text, 1), version, content->>'areas'"
        " from referral.service_version order by 1, 2"
    )
    assert versions.split() == ["1|1|[]", "2|1|[]", '2|2|["ATHENS_1"]']


async def test_versions_are_append_only(fresh: FreshDatabase, saved: SavedDirectory) -> None:
    await saved.save(service(1))
    for login in (saved.app, saved.worker):
        for statement in ("update service_version set version = 9", "delete from service_version"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with login.transaction(WORKER) as tx:
                    await tx.connection.execute(statement)


async def test_saving_the_same_file_again_does_not_undo_a_declaration(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    async with saved.app.transaction(member_of(1)) as tx:
        await declare_capacity(
            UnitId(service_id(1)), DeclaredCapacity(CapacityKind.PLACES, 9), tx, saved.stores
        )
    await saved.save(service(1))
    await saved.save(service(1, name_en="Renamed"))
    assert list((await units_of(saved)).values()) == [9]
    await saved.save(service(1, capacity=DeclaredCapacity(CapacityKind.PLACES, 4)))
    assert list((await units_of(saved)).values()) == [4]


async def test_from_its_first_activity_on_a_service_has_no_places_of_its_own(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    assert await saved.save_activities([activity(1), activity(2)], by=member_of(1)) == 2
    assert await saved.save_activities([activity(1), activity(2)], by=member_of(1)) == 0
    assert await units_of(saved) == {UnitId(activity(number).activity_id): 5 for number in (1, 2)}
    with pytest.raises(KemError) as refused:
        async with saved.app.transaction(member_of(1)) as tx:
            await declare_capacity(
                UnitId(service_id(1)), DeclaredCapacity(CapacityKind.PLACES, 9), tx, saved.stores
            )
    assert refused.value.stable_reason == "UNIT_CLOSED"


async def test_an_activity_that_is_over_grants_no_place(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    over = replace(activity(1), start_time=NOW.replace(year=2001), end_time=NOW.replace(year=2002))
    await saved.save_activities([over])
    assert await units_of(saved) == {}
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [UnitId(over.activity_id)]) == {}


async def test_an_agency_saves_its_own_services_only(saved: SavedDirectory) -> None:
    await saved.save(service(1), by=member_of(1))
    for intruder, attempt in (
        (member_of(2), service(1)),
        (member_of(2), service(1, agency_number=2)),
        (OPERATOR, service(1, agency_number=2)),
        (caller(Role.AGENCY_MEMBER), service(3)),
    ):
        with pytest.raises(KemError) as refused:
            await saved.save(attempt, by=intruder)
        assert refused.value.stable_reason == "AGENCY_NOT_YOURS"


async def test_nobody_learns_whether_a_service_of_others_exists(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    told = set()
    for asked in (service_id(1), service_id(77)):
        with pytest.raises(KemError) as refused:
            async with saved.app.transaction(member_of(2)) as tx:
                await suspend_service(asked, tx, saved.stores)
        told.add((refused.value.message, refused.value.stable_reason))
        with pytest.raises(KemError) as refused:
            await saved.save_activities([replace(activity(1), service_id=asked)], by=member_of(2))
        told.add((refused.value.message, refused.value.stable_reason))
    assert len(told) == 1


async def test_the_admins_of_kem_keep_every_agency(saved: SavedDirectory) -> None:
    async with saved.app.transaction(OPERATOR) as tx:
        await save_agencies([agency(9, code="KEM")], tx, saved.stores)
    assert await saved.save(service(1), by=admin_of(9)) == 1
    with pytest.raises(KemError):
        await saved.save(service(2), by=admin_of(2))
    with pytest.raises(KemError):
        await saved.save(service(2), by=member_of(9))


async def test_an_agency_may_rename_itself_and_not_take_another_code(saved: SavedDirectory) -> None:
    async with saved.app.transaction(admin_of(1)) as tx:
        assert await save_agencies([agency(1, name_en="New name")], tx, saved.stores) == 1
    for attempt in (agency(1, code="OTHER"), agency(2, name_en="x"), agency(8)):
        with pytest.raises(KemError) as refused:
            async with saved.app.transaction(admin_of(1)) as tx:
                await save_agencies([attempt], tx, saved.stores)
        assert refused.value.stable_reason == "AGENCY_NOT_YOURS"
    with pytest.raises(KemError) as refused:
        async with saved.app.transaction(OPERATOR) as tx:
            await save_agencies([agency(8, code="AGENCY_1")], tx, saved.stores)
    assert refused.value.stable_reason == "AGENCY_CODE_TAKEN"


async def test_a_service_of_an_unknown_agency_is_refused(saved: SavedDirectory) -> None:
    with pytest.raises(KemError) as refused:
        await saved.save(replace(service(1), agency_id=AgencyId(uuid4())))
    assert refused.value.stable_reason == "AGENCY_NOT_FOUND"


async def test_a_suspended_service_grants_no_place_until_it_is_resumed(
    saved: SavedDirectory, fresh: FreshDatabase
) -> None:
    await saved.save(service(1))
    unit = UnitId(service_id(1))
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [unit]) == {unit: 1}
    for expected in (1, 0):
        async with saved.app.transaction(member_of(1)) as tx:
            assert await suspend_service(service_id(1), tx, saved.stores) == expected
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [unit]) == {}
        found = await saved.stores.directory.candidates_by_id(tx, [service_id(1)])
        assert found[service_id(1)].is_suspended
    async with saved.app.transaction(member_of(1)) as tx:
        await resume_service(service_id(1), tx, saved.stores)
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [unit]) == {unit: 1}
    kinds = fresh.execute(
        "select kind from referral.deadline where kind in ('SERVICE_CLOSED', 'PLACE_FREED')"
        " order by deadline_id"
    )
    assert kinds.split() == ["SERVICE_CLOSED", "PLACE_FREED"]


async def test_an_activity_saved_while_its_service_is_suspended_grants_no_place(
    saved: SavedDirectory,
) -> None:
    await saved.save(service(1))
    async with saved.app.transaction(member_of(1)) as tx:
        await suspend_service(service_id(1), tx, saved.stores)
    await saved.save_activities([activity(1)])
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [UnitId(activity(1).activity_id)]) == {}


async def test_events_tell_each_change_once_and_never_name_a_restricted_service(
    saved: SavedDirectory, fresh: FreshDatabase
) -> None:
    shelter = service(1, service_type="GBV_SHELTER", listing=Listing.NAMED_STAFF)
    await saved.save(shelter, service(2))
    await saved.save(shelter, service(2))
    async with saved.app.transaction(member_of(1)) as tx:
        await suspend_service(service_id(1), tx, saved.stores)
    rows = fresh.execute(
        "select type, encode(payload, 'hex') from referral.outbox where type like 'Service%' order by id"
    ).split()
    assert [row.split("|")[0] for row in rows] == ["ServiceSaved", "ServiceSaved", "ServiceSuspended"]
    written = bytes.fromhex("".join(row.split("|")[1] for row in rows))
    assert str(service_id(2)).encode() in written
    assert str(service_id(1)).encode() not in written
    assert b"GBV_SHELTER" not in written


async def test_two_hundred_services_take_a_handful_of_statements(saved: SavedDirectory) -> None:
    async with saved.app.transaction(OPERATOR) as tx:
        from services.referral.use_cases.save_services import save_services

        asked: list[str] = []
        tx.connection.add_query_logger(lambda record: asked.append(record.query))
        await save_services([service(number) for number in range(1, 201)], tx, saved.stores)
        assert len(asked) < 12


async def test_the_count_of_each_type_follows_what_is_saved(
    saved: SavedDirectory, fresh: FreshDatabase
) -> None:
    await saved.save(service(1), service(2), service(3, listing=Listing.NAMED_STAFF))
    await saved.save(service(2, service_type="FOOD"), service(3, listing=Listing.PUBLIC))
    counts = fresh.execute(
        "select json_object_agg(service_type || is_for_named_staff, services)"
        " from referral.service_type_count"
    )
    assert json.loads(counts) == {"GREEK_A1false": 2, "GREEK_A1true": 0, "FOODfalse": 1}


async def test_an_agency_cannot_write_for_another_even_past_the_use_case(saved: SavedDirectory) -> None:
    await saved.save(service(1))
    async with saved.app.transaction(member_of(2)) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.connection.execute(
                "update service set name_en = 'taken' where agency_id = $1", agency_id(1)
            )
        await tx.connection.execute("rollback")
