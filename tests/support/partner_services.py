"""Services of an agency, as tests arrange them and as the directory has them."""

from typing import Any
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from tests.support.partner_agency import PartnerAgency

LIST = "/partner/services"


def places(number: int) -> directory_pb2.Capacity:
    return directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=number)


async def known(agency: PartnerAgency, service_id: str = "") -> directory_pb2.ListedService:
    """A service as the directory has it; the agency's first unless another is named."""
    request = directory.GetServiceRequest(service_id=service_id or agency.service.service_id)
    answer = await agency.hub.directory.GetService(request, metadata=agency.member.credentials())
    found: directory_pb2.ListedService = answer.service
    return found


async def courses(agency: PartnerAgency) -> list[directory_pb2.ListedActivity]:
    request = directory.ListActivitiesRequest(agency_id=str(agency.agency_id))
    answer = await agency.hub.directory.ListActivities(request, metadata=agency.member.credentials())
    return list(answer.activities)


async def save_service(agency: PartnerAgency, **changes: Any) -> str:
    """Another service of the agency."""
    service = directory_pb2.Service()
    service.CopyFrom(agency.service)
    service.service_id = str(uuid4())
    service.MergeFrom(directory_pb2.Service(**changes))
    request = directory.SaveServicesRequest(request_id=str(uuid4()), services=[service])
    await agency.hub.directory.SaveServices(request, metadata=agency.member.credentials())
    return service.service_id


def path_of(agency: PartnerAgency) -> str:
    return f"{LIST}/{agency.service.service_id}"


def grouped(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    """A form's fields by name."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found
