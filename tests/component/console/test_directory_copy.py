"""The console's copy of the directory, over referral's real door: as new as half a minute, for one call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kem.directory.v1 import directory_pb2 as messages
from kem.directory.v1 import directory_service_pb2 as rpc
from kernel.codes import Role
from kernel.errors import Unavailable
from services.console.adapters.agency_names import AGAIN_SECONDS, AgencyNames
from services.console.adapters.agency_names import KEPT_SECONDS as NAMES_KEPT_SECONDS
from services.console.adapters.directory_copy import KEPT_SECONDS, DirectoryCopy
from services.console.domain.public.directory import Question
from tests.component.referral.directory_door import (
    DirectoryDoor,
    agency_message,
    location_message,
    open_door,
    request_id,
    service_message,
)
from tests.support.directory import agency_id, service_id
from tests.support.postgres import MakeDatabase


@dataclass
class Counted:
    """The directory as the console's hub gives it, the calls that were made, and a clock that is turned."""

    door: DirectoryDoor
    calls: list[str] = field(default_factory=list)
    now: float = 1000.0
    is_away: bool = False
    asks_as: tuple[tuple[str, str], ...] = ()
    """In place of the console itself."""

    @property
    def directory(self) -> "Counted":
        return self

    def as_itself(self) -> tuple[tuple[str, str], ...]:
        return self.asks_as or self.door.by(Role.SERVICE)

    async def ListAgencies(self, request: Any, **given: Any) -> Any:
        return await self._call("ListAgencies", request, given)

    async def ListServices(self, request: Any, **given: Any) -> Any:
        return await self._call("ListServices", request, given)

    async def _call(self, method: str, request: Any, given: dict[str, Any]) -> Any:
        self.calls.append(method)
        if self.is_away:
            raise Unavailable("referral is away")
        return await getattr(self.door.stub, method)(request, **given)


@pytest.fixture
async def counted(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Counted]:
    async with open_door(fresh_database(schemas=("referral",)), tmp_path) as door:
        agencies = [agency_message(number) for number in (1, 2)]
        await door.stub.SaveAgencies(
            rpc.SaveAgenciesRequest(request_id=request_id(), agencies=agencies), metadata=door.operator
        )
        yield Counted(door)


async def save(counted: Counted, *services: messages.Service) -> None:
    request = rpc.SaveServicesRequest(request_id=request_id(), services=services)
    await counted.door.stub.SaveServices(request, metadata=counted.door.operator)


def copy_of(counted: Counted) -> DirectoryCopy:
    return DirectoryCopy(counted, lambda: counted.now)  # type: ignore[arg-type]  # the part of a hub it uses


async def test_many_pages_cost_one_call_of_each_list_and_are_half_a_minute_old_at_most(
    counted: Counted,
) -> None:
    await save(counted, service_message(1))
    copy = copy_of(counted)
    found = await asyncio.gather(*(copy.get() for _ in range(20)))
    assert {len(one.services) for one in found} == {1}
    assert sorted(counted.calls) == ["ListAgencies", "ListServices"]
    await save(counted, service_message(2))
    counted.now += KEPT_SECONDS - 0.1
    assert len((await copy.get()).services) == 1
    counted.now += 0.1
    assert len((await copy.get()).services) == 2
    assert len(counted.calls) == 4


def test_nothing_that_somebody_has_changed_is_shown_for_longer() -> None:
    assert KEPT_SECONDS <= 30.0


async def test_it_brings_every_page(counted: Counted) -> None:
    for start in (1, 151):
        await save(counted, *(service_message(number) for number in range(start, start + 150)))
    found = await copy_of(counted).get()
    assert len({one.service_id for one in found.services}) == 300
    assert counted.calls.count("ListServices") == 2


@pytest.mark.parametrize("is_told_more", [False, True])
async def test_it_holds_only_what_everybody_may_know(counted: Counted, is_told_more: bool) -> None:
    """Also where referral tells more, as it does those who keep their own hidden places."""
    if is_told_more:
        counted.asks_as = counted.door.by(Role.AGENCY_ADMIN, agency=agency_id(1))
    district_only, hidden = (
        location_message(visibility, "Μυστική 7")
        for visibility in (
            messages.LOCATION_VISIBILITY_DISTRICT_ONLY,
            messages.LOCATION_VISIBILITY_HIDDEN,
        )
    )
    await save(
        counted,
        service_message(1),
        service_message(2, listing=messages.LISTING_PARTNERS),
        service_message(3, listing=messages.LISTING_NAMED_STAFF, service_type="GBV_SHELTER", location=hidden),
        service_message(4, location=district_only),
        service_message(5, location=hidden),
    )
    found = await copy_of(counted).get()
    places = {one.service_id: one.place for one in found.services}
    assert set(places) == {service_id(1), service_id(4), service_id(5)}
    assert places[service_id(1)].address
    assert (places[service_id(4)].district, places[service_id(4)].address) == ("ATHENS_6", "")
    assert (places[service_id(5)].district, places[service_id(5)].has_point) == ("", False)
    assert "Μυστική" not in str([(one, one.words) for one in found.services])


async def test_who_asks_while_referral_is_away_is_told_so_and_the_next_one_asks_anew(
    counted: Counted,
) -> None:
    await save(counted, service_message(1))
    copy = copy_of(counted)
    counted.is_away = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            await copy.get()
    counted.is_away = False
    assert len((await copy.get()).services) == 1


async def test_a_language_is_found_by_its_name_in_any_of_the_publics_languages(counted: Counted) -> None:
    await save(
        counted,
        service_message(1, languages=["prs"], interpreter_languages=[]),
        service_message(2, languages=["ell"], interpreter_languages=["prs"]),
        service_message(3, languages=["ell"], interpreter_languages=[]),
    )
    found = await copy_of(counted).get()
    for typed in ("Νταρί", "Dari", "dari", "دری", "الدارية"):
        answer = found.find(Question(words=typed), datetime.now(UTC))
        assert {one.service_id for one in answer.services} == {service_id(1), service_id(2)}, typed


async def test_agencies_names_cost_a_call_now_and_then_and_are_left_out_while_nobody_tells_them(
    counted: Counted,
) -> None:
    names = AgencyNames(counted, lambda: counted.now)  # type: ignore[arg-type]  # the part of a hub it uses
    counted.is_away = True
    for _ in range(3):
        assert await names.of(str(agency_id(1))) == {}
    assert counted.calls == ["ListAgencies"], "nobody waits for it again at once"
    counted.is_away = False
    counted.now += AGAIN_SECONDS
    found = await asyncio.gather(*(names.of(str(agency_id(number))) for number in (1, 2, 1, 2)))
    assert all(one["el"] and one["en"] for one in found)
    assert len(counted.calls) == 2
    counted.now += NAMES_KEPT_SECONDS
    assert await names.of(str(agency_id(1))) == found[0]
    assert len(counted.calls) == 3
