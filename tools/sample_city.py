"""Loads the sample city into a running hub, by the same doors that everybody uses."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

import grpc

from chassis.tls import TlsFiles, secure_channel
from kem.directory.v1 import directory_pb2, directory_service_pb2_grpc
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.disclosure.v1 import disclosure_service_pb2_grpc
from kem.intake.v1 import consent_policy_service_pb2_grpc
from tools.notices.publishing import publish_sample
from tools.sample_city_files import ATHENS, City, read_city

ROLES: Final = ("operator", "dpo")
"""What the caller must be: operators keep the directory, the officer agreements and notices."""
_BATCH: Final = 200
_TIMEOUT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each were new to the hub; all 0 where the city was there already."""

    agencies: int
    agreements: int
    services: int
    activities: int


async def load(
    referral: str, intake: str, token: str, files: TlsFiles, *, today: date | None = None
) -> Loaded:
    """Adds what the hub does not have yet; what is there is left as it is, so that nobody's edits are undone.

    Repeat-safe, also after a load that broke off. Dates count from `today` (default: today in Athens).

    Args:
        referral: address of the door that keeps the directory, host:port.
        intake: address of the door that keeps the agreements, host:port.
        token: an assertion for somebody who has all of `ROLES`.
        files: the certificate over which is called.
    """
    city = read_city(today or datetime.now(ATHENS).date())
    async with (
        secure_channel(referral, "referral", files) as to_referral,
        secure_channel(intake, "intake", files) as to_intake,
    ):
        return await _Loader(city, to_referral, to_intake, token).run()


class _Loader:
    def __init__(self, city: City, referral: grpc.aio.Channel, intake: grpc.aio.Channel, token: str) -> None:
        self._city = city
        self._directory = directory_service_pb2_grpc.DirectoryServiceStub(referral)
        self._disclosure = disclosure_service_pb2_grpc.DisclosureServiceStub(intake)
        self._policy = consent_policy_service_pb2_grpc.ConsentPolicyServiceStub(intake)
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def run(self) -> Loaded:
        agencies = await self._missing_agencies()
        await self._save(self._directory.SaveAgencies, directory.SaveAgenciesRequest, agencies=agencies)
        await publish_sample(self._call, self._policy)
        agreements = await self._missing_agreements()
        await self._save(
            self._disclosure.SaveAgreements, disclosure.SaveAgreementsRequest, agreements=agreements
        )
        activities = await self._missing_activities()
        services = await self._missing_services(is_first_load=self._city.activities[-1] in activities)
        await self._save(self._directory.SaveServices, directory.SaveServicesRequest, services=services)
        await self._save(
            self._directory.SaveActivities, directory.SaveActivitiesRequest, activities=activities
        )
        return Loaded(len(agencies), len(agreements), len(services), len(activities))

    async def _missing_agencies(self) -> list[directory_pb2.Agency]:
        pages = self._pages(self._directory.ListAgencies, directory.ListAgenciesRequest)
        known = {agency.agency_id async for page in pages for agency in page.agencies}
        return [agency for agency in self._city.agencies if agency.agency_id not in known]

    async def _missing_agreements(self) -> list[disclosure.Agreement]:
        pages = self._pages(self._disclosure.ListAgreements, disclosure.ListAgreementsRequest)
        known = {agreement.agency_id async for page in pages for agreement in page.agreements}
        return [agreement for agreement in self._city.agreements if agreement.agency_id not in known]

    async def _missing_services(self, is_first_load: bool) -> list[directory_pb2.Service]:
        """Not listed to us are services for named staff: only a first load saves those."""
        pages = self._pages(self._directory.ListServices, directory.ListServicesRequest)
        known = {listed.service.service_id async for page in pages for listed in page.services}
        return [
            service
            for service in self._city.services
            if service.service_id not in known
            and (is_first_load or service.listing != directory_pb2.LISTING_NAMED_STAFF)
        ]

    async def _missing_activities(self) -> list[directory_pb2.Activity]:
        pages = self._pages(self._directory.ListActivities, directory.ListActivitiesRequest)
        known = {listed.activity.activity_id async for page in pages for listed in page.activities}
        return [activity for activity in self._city.activities if activity.activity_id not in known]

    async def _pages(self, method: Any, request: Any) -> AsyncIterator[Any]:
        token = ""
        while True:
            page = await self._call(method, request(page_size=_BATCH, page_token=token))
            yield page
            token = page.next_page_token
            if not token:
                return

    async def _save(self, method: Any, request: Any, **rows: Sequence[Any]) -> None:
        ((field, messages),) = rows.items()
        for start in range(0, len(messages), _BATCH):
            some = messages[start : start + _BATCH]
            await self._call(method, request(request_id=str(uuid4()), **{field: some}))

    async def _call(self, method: Any, request: Any) -> Any:
        return await method(request, metadata=self._metadata, timeout=_TIMEOUT_SECONDS, wait_for_ready=True)
