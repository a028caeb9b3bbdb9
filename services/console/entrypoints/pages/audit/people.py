"""Whom the rows of an answer name: staff, agencies and services, in the reader's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from kem.access.v1 import access_service_pb2 as access
from kem.directory.v1.directory_pb2 import Agency, ListedService
from services.console.adapters.names import Names
from services.console.entrypoints.codes import text_of
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Visit
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.words import word

NAMES_CALLS: Final = ("StaffService/NameStaff", "DirectoryService/ListAgencies")
MOST_NAMES: Final = 200
"""In one call."""
_SHORT: Final = 8


@dataclass(frozen=True, slots=True)
class People:
    """Who and which agency, in the reader's words.

    Args:
        services: those that the reader may know of; empty where no answer names any.
    """

    visit: Visit
    staff: Mapping[str, access.NamedStaff]
    agencies: Mapping[str, Agency]
    services: Mapping[str, ListedService]

    def name(self, principal_id: str) -> str:
        """Of somebody; who has no account here is who their agency says."""
        found = self.staff.get(principal_id)
        if found is None:
            return self.visit.say("no account here (%(id)s)") % {"id": principal_id[:_SHORT]}
        return found.display_name or self.visit.say("a closed account, its name forgotten")

    def agency(self, agency_id: str) -> str:
        """Empty where there is none."""
        found = self.agencies.get(agency_id)
        return text_of(found.name, self.visit.language) if found is not None else agency_id[:_SHORT]

    def service(self, service_id: str) -> str:
        """The beginning of its id where the reader may not know it."""
        found = self.services.get(service_id)
        return text_of(found.service.name, self.visit.language) if found is not None else service_id[:_SHORT]

    def time(self, stamp: Timestamp) -> str:
        """As people read it."""
        return Written(self.visit.language).datetime(stamp.ToDatetime(tzinfo=UTC))

    def word(self, words: Mapping[str, str], enumeration: Any, number: int, prefix: str) -> str:
        """A code of a contract in words."""
        code = word(enumeration, number, prefix)
        return self.visit.say(words[code]) if code in words else code


async def people(
    visit: Visit, names: Names, principal_ids: Iterable[str], *, with_services: bool = False
) -> People:
    """Those whom the rows name, by as few calls as there can be."""
    wanted = sorted({one for one in principal_ids if as_uuid(one)})
    staff: dict[str, access.NamedStaff] = {}
    for first in range(0, len(wanted), MOST_NAMES):
        request = access.NameStaffRequest(principal_ids=wanted[first : first + MOST_NAMES])
        found = await visit.ask(visit.hub.staff.NameStaff, request)
        staff |= {one.principal_id: one for one in found.staff}
    metadata, services = visit.staff.metadata, {}
    if with_services:
        services = dict(await names.services((visit.staff.agency_id, visit.staff.roles), metadata))
    return People(visit, staff, await names.agencies(metadata), services)
