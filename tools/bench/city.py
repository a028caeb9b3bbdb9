"""The directory of a bench: agencies of its own with room for everybody, beside the sample city.

The sample city is there so that a search looks at as many services as in life; people consent to the
bench's agencies only, so that every need is offered to an agency whose stream is open.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from kem.directory.v1 import directory_pb2, directory_service_pb2
from kem.disclosure.v1 import disclosure_service_pb2
from kernel import codes
from kernel.ids import derived_id
from tools.bench.asking import Asking
from tools.demo.consent import NEVER_SHARED
from tools.hub import Hub, Person
from tools.notices.publishing import publish_sample

PLACES: Final = 100_000
"""The most that a service may declare: no bench fills it."""
SERVICE_TYPES: Final = ("GREEK_A1", "GENERAL_LEGAL", "JOB_COUNSELLING", "HOUSING_SEARCH")
_PURPOSES_BESIDE: Final = ("MESSAGES", "OUTCOME_FEEDBACK")
LANGUAGES: Final = (
    *("ell", "eng", "ara", "prs", "pes", "urd", "sqi", "ben", "fra", "ukr", "rus", "ckb", "kmr", "pan"),
    *("som", "tir", "amh", "tur"),
)
_VALID: Final = timedelta(days=300)
_SAVED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class BenchAgency:
    """An invented agency with one service of one type."""

    number: int
    service_type: str

    @property
    def agency_id(self) -> UUID:
        return derived_id("bench agency", str(self.number))

    @property
    def purpose(self) -> str:
        return codes.purpose_of(self.service_type).code


def bench_agencies(number: int) -> list[BenchAgency]:
    """So many agencies, the service types dealt out in turn."""
    return [BenchAgency(n, SERVICE_TYPES[n % len(SERVICE_TYPES)]) for n in range(number)]


async def save_agencies(hub: Hub, ask: Asking, agencies: list[BenchAgency]) -> None:
    """Enters agencies, agreements and services by the doors that everybody uses. Repeat-safe."""
    operator = hub.person(derived_id("staff", "bench operator"), None, "operator", "dpo")
    await publish_sample(partial(_asked, ask, operator), hub.policy)
    for first in range(0, len(agencies), _SAVED_AT_ONCE):
        some = agencies[first : first + _SAVED_AT_ONCE]
        await ask(
            hub.directory.SaveAgencies,
            directory_service_pb2.SaveAgenciesRequest(
                request_id=str(uuid4()), agencies=[_agency(agency) for agency in some]
            ),
            operator,
        )
        await ask(
            hub.disclosure.SaveAgreements,
            disclosure_service_pb2.SaveAgreementsRequest(
                request_id=str(uuid4()), agreements=[_agreement(agency) for agency in some]
            ),
            operator,
        )
        await ask(
            hub.directory.SaveServices,
            directory_service_pb2.SaveServicesRequest(
                request_id=str(uuid4()), services=[_service(agency) for agency in some]
            ),
            operator,
        )


async def _asked(ask: Asking, operator: Person, method: Any, request: Any) -> Any:
    return await ask(method, request, operator)


def _name(agency: BenchAgency) -> directory_pb2.BilingualText:
    return directory_pb2.BilingualText(
        el=f"Δοκιμαστικός φορέας {agency.number} (δείγμα)", en=f"Bench agency {agency.number} (sample)"
    )


def _agency(agency: BenchAgency) -> directory_pb2.Agency:
    return directory_pb2.Agency(
        agency_id=str(agency.agency_id), code=f"BENCH-{agency.number:04d}", name=_name(agency), sample=True
    )


def _agreement(agency: BenchAgency) -> disclosure_service_pb2.Agreement:
    now = datetime.now(UTC)
    agreement = disclosure_service_pb2.Agreement(
        agency_id=str(agency.agency_id),
        purposes=[agency.purpose, *_PURPOSES_BESIDE],
        categories=sorted(set(codes.CATEGORIES) - NEVER_SHARED),
        legal_regime="GDPR_CONTROLLER",
    )
    agreement.valid_from_time.FromDatetime(now - timedelta(minutes=1))
    agreement.valid_until_time.FromDatetime(now + _VALID)
    return agreement


def _service(agency: BenchAgency) -> directory_pb2.Service:
    district = sorted(codes.DISTRICTS)[agency.number % len(codes.DISTRICTS)]
    return directory_pb2.Service(
        service_id=str(derived_id("bench service", str(agency.number))),
        agency_id=str(agency.agency_id),
        service_type=agency.service_type,
        name=_name(agency),
        channel=directory_pb2.CHANNEL_HUB,
        listing=directory_pb2.LISTING_PUBLIC,
        location=directory_pb2.Location(
            district=district, visibility=directory_pb2.LOCATION_VISIBILITY_PUBLIC
        ),
        eligibility=directory_pb2.Eligibility(),
        languages=LANGUAGES,
        interpreter_languages=LANGUAGES,
        step_free=True,
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=PLACES),
    )
