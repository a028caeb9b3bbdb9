"""The directory's gRPC door with its real guard, over a real database, and clients of every kind."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc

from chassis.caller import AssertionSigner, CallerVerifier
from chassis.grpc_server import GrpcServer
from chassis.peers import Peers
from chassis.postgres import Database
from chassis.tls import secure_channel
from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from kem.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from kernel.codes import Role
from kernel.ids import derived_id
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.event_codec import encode
from services.referral.entrypoints.directory_server import DIRECTORY_ACCESS, DirectoryServicer
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.support import refusals
from tests.support.directory import agency_id, service_id
from tests.support.hub_certificates import no_revoked_certificates, service_files
from tests.support.postgres import FreshDatabase


@dataclass(frozen=True, slots=True)
class DirectoryDoor:
    """Speaks to the door as whoever is named."""

    stub: Any  # grpc's own stub of an asynchronous channel has no types
    signer: AssertionSigner
    service_signer: AssertionSigner

    def by(self, *roles: Role, agency: UUID | None = None) -> tuple[tuple[str, str], ...]:
        """Metadata of a caller with these roles; the same are the same person."""
        is_service = Role.SERVICE in roles
        principal = (
            derived_id("service", "console") if is_service else derived_id("test", *roles, str(agency))
        )
        signer = self.service_signer if is_service else self.signer
        return (("authorization", f"Bearer {signer.token(principal, agency, list(roles))}"),)

    @property
    def operator(self) -> tuple[tuple[str, str], ...]:
        return self.by(Role.OPERATOR, agency=agency_id(0))

    def member(self, number: int) -> tuple[tuple[str, str], ...]:
        return self.by(Role.AGENCY_MEMBER, agency=agency_id(number))


@asynccontextmanager
async def open_door(fresh: FreshDatabase, folder: Path) -> AsyncIterator[DirectoryDoor]:
    database = await Database.open(fresh.app_url(), schema="referral", codec=encode)
    signer, service_signer = make_signer(folder, "kem-up"), make_signer(folder, "service:console")
    verifier = CallerVerifier(write_keys(folder, signer, service_signer))
    servicer = DirectoryServicer(database, DirectoryStores())
    server = GrpcServer(
        "127.0.0.1:0",
        service_files("referral"),
        Peers(no_revoked_certificates()),
        verifier,
        DIRECTORY_ACCESS,
        [lambda grpc_server: add_DirectoryServiceServicer_to_server(servicer, grpc_server)],
        service="referral",
    )
    await server.start()
    try:
        # the console speaks for people and for itself
        async with secure_channel(
            f"127.0.0.1:{server.port}", "referral", service_files("console")
        ) as channel:
            yield DirectoryDoor(DirectoryServiceStub(channel), signer, service_signer)
    finally:
        await server.drain(1)
        await database.close()


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode | None, str]:
    """The code and the reason with which the call was refused."""
    with refusals.refused() as refusal:
        await call
    return refusal.code, refusal.reason


def agency_message(number: int, **changes: Any) -> directory.Agency:
    fields: dict[str, Any] = {
        "agency_id": str(agency_id(number)),
        "code": f"AGENCY_{number}",
        "name": directory.BilingualText(el=f"Φορέας {number}", en=f"Agency {number}"),
        "committees": ["education_learning"],
        "sample": True,
    }
    return directory.Agency(**(fields | changes))


def service_message(number: int, agency_number: int = 1, **changes: Any) -> directory.Service:
    fields: dict[str, Any] = {
        "service_id": str(service_id(number)),
        "agency_id": str(agency_id(agency_number)),
        "service_type": "GREEK_A1",
        "name": directory.BilingualText(el=f"Ελληνικά {number}", en=f"Greek lessons {number}"),
        "channel": directory.CHANNEL_HUB,
        "listing": directory.LISTING_PUBLIC,
        "location": location_message(),
        "eligibility": directory.Eligibility(age_bands=["BAND_25_44"]),
        "languages": ["ell", "ara"],
        "interpreter_languages": ["fas"],
        "step_free": True,
        "opening": [directory.OpeningHours(weekday=1, from_minute=540, until_minute=900)],
        "duty_phone": "210 000 0000",
        "capacity": places(3),
    }
    return directory.Service(**(fields | changes))


def location_message(
    visibility: directory.LocationVisibility.ValueType = directory.LOCATION_VISIBILITY_PUBLIC,
    address: str = "Νεραντζιάς 13",
) -> directory.Location:
    return directory.Location(
        district="ATHENS_6", latitude=38.0046, longitude=23.7329, address=address, visibility=visibility
    )


def places(number: int) -> directory.Capacity:
    return directory.Capacity(kind=directory.Capacity.KIND_PLACES, places=number)


def request_id() -> str:
    return str(uuid4())


ADDRESS = "Μυστική 7"
SHELTER: dict[str, Any] = {
    "service_type": "GBV_SHELTER",
    "listing": directory.LISTING_NAMED_STAFF,
    "location": location_message(directory.LOCATION_VISIBILITY_HIDDEN, ADDRESS),
}


async def save(door: DirectoryDoor, *services: directory.Service, by: Any = None) -> int:
    request = rpc.SaveServicesRequest(request_id=request_id(), services=services)
    answer = await door.stub.SaveServices(request, metadata=by or door.operator)
    return int(answer.saved)


async def seen(door: DirectoryDoor, by: Any, **narrowed: Any) -> list[directory.ListedService]:
    page = await door.stub.ListServices(rpc.ListServicesRequest(**narrowed), metadata=by)
    assert page.total_size == len(page.services)
    return list(page.services)
