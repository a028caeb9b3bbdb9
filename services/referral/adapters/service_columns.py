"""How a service lies in its table, both ways."""

from typing import Any, Final

import asyncpg

from kernel import codes
from kernel.codes import CapacityKind, Channel, Listing, LocationVisibility
from kernel.ids import AgencyId, ServiceId
from services.referral.adapters.postgres_directory import opening_of
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Eligibility, Location, Service

SAVED_COLUMNS: Final = {
    "service_type": "text",
    "sector": "text",
    "name_el": "text",
    "name_en": "text",
    "channel": "text",
    "listing": "text",
    "location_visibility": "text",
    "district": "text",
    "latitude": "double precision",
    "longitude": "double precision",
    "address": "text",
    "age_bands": "text[]",
    "sexes": "text[]",
    "household_bands": "text[]",
    "status_rule": "text",
    "status_proof_needed": "boolean",
    "status_proof_until_end": "boolean",
    "areas": "text[]",
    "languages": "text[]",
    "interpreter_languages": "text[]",
    "step_free": "boolean",
    "opening": "jsonb",
    "duty_phone": "text",
    "capacity_kind": "text",
    "capacity_places": "integer",
}
"""What a save may change, and the types."""


def columns_of(service: Service) -> dict[str, Any]:
    """The service as one object of a JSON list."""
    place, rules = service.location, service.eligibility
    return {
        "service_id": str(service.service_id),
        "agency_id": str(service.agency_id),
        "service_type": service.service_type,
        "sector": codes.service_type(service.service_type).sector,
        "name_el": service.name_el,
        "name_en": service.name_en,
        "channel": service.channel.value,
        "listing": service.listing.value,
        "location_visibility": place.visibility.value,
        "district": place.district,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "address": place.address,
        "age_bands": rules.age_bands,
        "sexes": rules.sexes,
        "household_bands": rules.household_bands,
        "status_rule": rules.status_rule,
        "status_proof_needed": rules.status_proof_needed,
        "status_proof_until_end": rules.status_proof_until_end,
        "areas": service.areas,
        "languages": service.languages,
        "interpreter_languages": service.interpreter_languages,
        "step_free": service.step_free,
        "opening": [[hours.weekday, hours.from_minute, hours.until_minute] for hours in service.opening],
        "duty_phone": service.duty_phone,
        "capacity_kind": service.capacity.kind.value,
        "capacity_places": service.capacity.places,
    }


def service_of(row: asyncpg.Record) -> Service:
    """A row of `service` with `kind` and `places` as they stand in `capacity`."""
    return Service(
        service_id=ServiceId(row["service_id"]),
        agency_id=AgencyId(row["agency_id"]),
        service_type=row["service_type"],
        name_el=row["name_el"],
        name_en=row["name_en"],
        channel=Channel[row["channel"]],
        listing=Listing[row["listing"]],
        location=Location(
            district=row["district"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            address=row["address"],
            visibility=LocationVisibility[row["location_visibility"]],
        ),
        eligibility=Eligibility(
            age_bands=tuple(row["age_bands"]),
            sexes=tuple(row["sexes"]),
            household_bands=tuple(row["household_bands"]),
            status_rule=row["status_rule"],
            status_proof_needed=row["status_proof_needed"],
            status_proof_until_end=row["status_proof_until_end"],
        ),
        areas=tuple(row["areas"]),
        languages=tuple(row["languages"]),
        interpreter_languages=tuple(row["interpreter_languages"]),
        step_free=row["step_free"],
        opening=opening_of(row["opening"]),
        duty_phone=row["duty_phone"],
        capacity=DeclaredCapacity(CapacityKind[row["kind"]], row["places"]),
    )
