"""The directory's gRPC methods: each opens one transaction and calls one use case."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from chassis.access import Access
from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kem.directory.v1 import directory_service_pb2 as rpc
from kem.directory.v1 import directory_service_pb2_grpc
from kernel.codes import Role
from kernel.ids import ServiceId, UnitId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_activities import ActivityFilter
from services.referral.adapters.postgres_listing import ServiceFilter
from services.referral.adapters.postgres_services import ServiceVersion
from services.referral.domain.directory import once_each
from services.referral.entrypoints.translate_directory import (
    activity_of,
    after_id,
    after_instant,
    agency_message,
    agency_of,
    capacity_of,
    instant_token,
    listed_activity_message,
    listed_service_message,
    service_message,
    service_of,
)
from services.referral.use_cases.batch_get_service_versions import batch_get_service_versions
from services.referral.use_cases.declare_capacity import declare_capacities, declare_capacity
from services.referral.use_cases.get_service import get_service
from services.referral.use_cases.get_service_version import get_service_version
from services.referral.use_cases.list_activities import list_activities
from services.referral.use_cases.list_agencies import list_agencies
from services.referral.use_cases.list_services import list_services
from services.referral.use_cases.resume_service import resume_service
from services.referral.use_cases.save_activities import save_activities
from services.referral.use_cases.save_agencies import save_agencies
from services.referral.use_cases.save_services import save_services
from services.referral.use_cases.set_needed_categories import set_needed_categories
from services.referral.use_cases.suspend_service import suspend_service

_SERVICE: Final = "/kem.directory.v1.DirectoryService/"
_DEFAULT_PAGE: Final = 50
_WRITERS: Final = Access(
    roles=frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN, Role.OPERATOR, Role.DPO}), internal=False
)
_READERS: Final = Access(roles=frozenset(role for role in Role if role is not Role.SERVICE), internal=True)

DIRECTORY_ACCESS: Final[dict[str, Access]] = {
    _SERVICE + "SaveAgencies": Access(roles=frozenset({Role.AGENCY_ADMIN, Role.OPERATOR, Role.DPO})),
    _SERVICE + "SaveServices": _WRITERS,
    _SERVICE + "SaveActivities": _WRITERS,
    _SERVICE + "DeclareCapacity": _WRITERS,
    _SERVICE + "DeclareCapacities": _WRITERS,
    _SERVICE + "SuspendService": _WRITERS,
    _SERVICE + "ResumeService": _WRITERS,
    _SERVICE + "GetService": _READERS,
    _SERVICE + "GetServiceVersion": Access(roles=frozenset({Role.AUDITOR, Role.DPO})),
    _SERVICE + "BatchGetServiceVersions": Access(roles=frozenset({Role.AUDITOR, Role.DPO})),
    _SERVICE + "ListAgencies": _READERS,
    _SERVICE + "ListServices": _READERS,
    _SERVICE + "ListActivities": _READERS,
    _SERVICE + "SetNeededCategories": Access(roles=frozenset({Role.DPO})),
}

_A = TypeVar("_A", bound=Message)


class DirectoryServicer(directory_service_pb2_grpc.DirectoryServiceServicer):
    """Bound by row-level security: `database` is that of the `_app` login."""

    def __init__(self, database: Database, stores: DirectoryStores) -> None:
        self._database = database
        self._stores = stores

    async def SaveAgencies(self, request: rpc.SaveAgenciesRequest, context: Any) -> rpc.SaveAgenciesResponse:
        agencies = [agency_of(message) for message in request.agencies]
        read = {UUID(one.agency_id): one.version for one in request.agencies if one.HasField("version")}

        async def act(tx: Transaction) -> rpc.SaveAgenciesResponse:
            return rpc.SaveAgenciesResponse(saved=await save_agencies(agencies, tx, self._stores, read))

        return await self._once("SaveAgencies", request, rpc.SaveAgenciesResponse, act)

    async def SaveServices(self, request: rpc.SaveServicesRequest, context: Any) -> rpc.SaveServicesResponse:
        services = [service_of(message) for message in request.services]
        read = {UUID(one.service_id): version for one, version in _read(request.services)}

        async def act(tx: Transaction) -> rpc.SaveServicesResponse:
            return rpc.SaveServicesResponse(saved=await save_services(services, tx, self._stores, read))

        return await self._once("SaveServices", request, rpc.SaveServicesResponse, act)

    async def SaveActivities(
        self, request: rpc.SaveActivitiesRequest, context: Any
    ) -> rpc.SaveActivitiesResponse:
        activities = [activity_of(message) for message in request.activities]
        read = {UUID(one.activity_id): version for one, version in _read(request.activities)}

        async def act(tx: Transaction) -> rpc.SaveActivitiesResponse:
            return rpc.SaveActivitiesResponse(saved=await save_activities(activities, tx, self._stores, read))

        return await self._once("SaveActivities", request, rpc.SaveActivitiesResponse, act)

    async def DeclareCapacity(
        self, request: rpc.DeclareCapacityRequest, context: Any
    ) -> rpc.DeclareCapacityResponse:
        capacity = capacity_of(request.capacity)

        async def act(tx: Transaction) -> rpc.DeclareCapacityResponse:
            declared = await declare_capacity(UnitId(UUID(request.unit_id)), capacity, tx, self._stores)
            return rpc.DeclareCapacityResponse(
                free_places=declared.free_places, over_declared=declared.is_over_declared
            )

        return await self._once("DeclareCapacity", request, rpc.DeclareCapacityResponse, act)

    async def DeclareCapacities(
        self, request: rpc.DeclareCapacitiesRequest, context: Any
    ) -> rpc.DeclareCapacitiesResponse:
        once_each((unit.unit_id for unit in request.units), "unit")
        declared = {UnitId(UUID(unit.unit_id)): capacity_of(unit.capacity) for unit in request.units}

        async def act(tx: Transaction) -> rpc.DeclareCapacitiesResponse:
            answers = await declare_capacities(declared, tx, self._stores)
            return rpc.DeclareCapacitiesResponse(declared=len(answers))

        return await self._once("DeclareCapacities", request, rpc.DeclareCapacitiesResponse, act)

    async def SuspendService(
        self, request: rpc.SuspendServiceRequest, context: Any
    ) -> rpc.SuspendServiceResponse:
        async def act(tx: Transaction) -> rpc.SuspendServiceResponse:
            revoked = await suspend_service(ServiceId(UUID(request.service_id)), tx, self._stores)
            return rpc.SuspendServiceResponse(offers_revoked=revoked)

        return await self._once("SuspendService", request, rpc.SuspendServiceResponse, act)

    async def ResumeService(
        self, request: rpc.ResumeServiceRequest, context: Any
    ) -> rpc.ResumeServiceResponse:
        async def act(tx: Transaction) -> rpc.ResumeServiceResponse:
            await resume_service(ServiceId(UUID(request.service_id)), tx, self._stores)
            return rpc.ResumeServiceResponse()

        return await self._once("ResumeService", request, rpc.ResumeServiceResponse, act)

    async def SetNeededCategories(
        self, request: rpc.SetNeededCategoriesRequest, context: Any
    ) -> rpc.SetNeededCategoriesResponse:
        async def act(tx: Transaction) -> rpc.SetNeededCategoriesResponse:
            mask = await set_needed_categories(
                request.service_type, list(request.categories), tx, self._stores
            )
            return rpc.SetNeededCategoriesResponse(mask=mask)

        return await self._once("SetNeededCategories", request, rpc.SetNeededCategoriesResponse, act)

    async def GetService(self, request: rpc.GetServiceRequest, context: Any) -> rpc.GetServiceResponse:
        async with self._database.transaction(current_caller()) as tx:
            listed = await get_service(ServiceId(UUID(request.service_id)), tx, self._stores)
        return rpc.GetServiceResponse(service=listed_service_message(listed))

    async def GetServiceVersion(
        self, request: rpc.GetServiceVersionRequest, context: Any
    ) -> rpc.GetServiceVersionResponse:
        service_id = ServiceId(UUID(request.service_id))
        async with self._database.transaction(current_caller()) as tx:
            found = await get_service_version(service_id, request.version, tx, self._stores)
        return rpc.GetServiceVersionResponse(**_stood(found))

    async def BatchGetServiceVersions(
        self, request: rpc.BatchGetServiceVersionsRequest, context: Any
    ) -> rpc.BatchGetServiceVersionsResponse:
        cited = [(ServiceId(UUID(one.service_id)), one.version) for one in request.cited]
        once_each((f"{service_id} {version}" for service_id, version in cited), "version")
        async with self._database.transaction(current_caller()) as tx:
            found = await batch_get_service_versions(cited, tx, self._stores)
        return rpc.BatchGetServiceVersionsResponse(
            versions=[rpc.ServiceVersion(version=one.version, **_stood(one)) for one in found]
        )

    async def ListAgencies(self, request: rpc.ListAgenciesRequest, context: Any) -> rpc.ListAgenciesResponse:
        limit = request.page_size or _DEFAULT_PAGE
        async with self._database.transaction(current_caller()) as tx:
            page, total = await list_agencies(request.code, request.page_token, limit + 1, tx, self._stores)
        return rpc.ListAgenciesResponse(
            agencies=[agency_message(agency) for agency in page[:limit]],
            next_page_token=page[limit - 1].code if len(page) > limit else "",
            total_size=total,
        )

    async def ListServices(self, request: rpc.ListServicesRequest, context: Any) -> rpc.ListServicesResponse:
        limit = request.page_size or _DEFAULT_PAGE
        wanted = ServiceFilter(
            agency_id=UUID(request.agency_id) if request.HasField("agency_id") else None,
            service_type=request.service_type,
            district=request.district,
        )
        after = after_id(request.page_token)
        async with self._database.transaction(current_caller()) as tx:
            page, total = await list_services(wanted, after, limit + 1, tx, self._stores)
        return rpc.ListServicesResponse(
            services=[listed_service_message(listed) for listed in page[:limit]],
            next_page_token=str(page[limit - 1].service.service_id) if len(page) > limit else "",
            total_size=total,
        )

    async def ListActivities(
        self, request: rpc.ListActivitiesRequest, context: Any
    ) -> rpc.ListActivitiesResponse:
        limit = request.page_size or _DEFAULT_PAGE
        wanted = ActivityFilter(
            service_id=_optional_id(request, "service_id"),
            agency_id=_optional_id(request, "agency_id"),
            activity_id=_optional_id(request, "activity_id"),
            is_current=request.current_only,
        )
        after = after_instant(request.page_token)
        async with self._database.transaction(current_caller()) as tx:
            page, total = await list_activities(wanted, after, limit + 1, tx, self._stores)
        last = page[limit - 1].activity if len(page) > limit else None
        return rpc.ListActivitiesResponse(
            activities=[listed_activity_message(listed) for listed in page[:limit]],
            next_page_token=instant_token(last.start_time, last.activity_id) if last else "",
            total_size=total,
        )

    async def _once(
        self,
        method: str,
        request: Any,
        answer: type[_A],
        act: Callable[[Transaction], Awaitable[_A]],
    ) -> _A:
        """One transaction; a repeated request_id gets the first answer."""
        return await answer_once(self._database, _SERVICE + method, request, answer, act)


def _read(messages: Iterable[Any]) -> Iterator[tuple[Any, int]]:
    """Those that say which version their sender has read, with it."""
    return ((one, one.expected_version) for one in messages if one.HasField("expected_version"))


def _stood(found: ServiceVersion) -> dict[str, Any]:
    """A service as it stood, by the fields of its messages."""
    return {
        "service": service_message(found.service),
        "suspended": found.is_suspended,
        "saved_time": timestamp(found.saved_time),
        "saved_by_id": str(found.saved_by),
        "replaced_time": timestamp(found.replaced_time) if found.replaced_time else None,
    }


def _optional_id(request: Any, name: str) -> UUID | None:
    return UUID(getattr(request, name)) if request.HasField(name) else None
