"""The public directory as plain JSON: what the pages show, in both languages that it is kept in."""

from typing import Any

from kernel.codes import DISTRICTS, SECTORS, SERVICE_TYPES
from services.console.domain.public.directory import PublicService
from services.console.domain.public.hours import clock


def as_json(service: PublicService) -> dict[str, Any]:
    """One service; what nobody may know of its place is not there."""
    kind, place = SERVICE_TYPES[service.service_type], service.place
    row: dict[str, Any] = {
        "id": str(service.service_id),
        "name": {"el": service.name_el, "en": service.name_en},
        "agency": {
            "id": str(service.agency.agency_id),
            "code": service.agency.code,
            "name": {"el": service.agency.name_el, "en": service.agency.name_en},
        },
        "type": {"code": kind.code, "el": kind.el, "en": kind.en},
        "sector": {
            "code": service.sector,
            "el": SECTORS[service.sector].el,
            "en": SECTORS[service.sector].en,
        },
        "languages": list(service.languages),
        "interpreter_languages": list(service.interpreter_languages),
        "step_free": service.is_step_free,
        "takes_people": not service.is_suspended,
        "opening": [
            {"weekday": one.weekday, "from": clock(one.from_minute), "until": clock(one.until_minute)}
            for one in service.opening
        ],
    }
    if place.district:
        entry = DISTRICTS[place.district]
        row["district"] = {"code": entry.code, "el": entry.el, "en": entry.en}
    if place.address:
        row["address"] = place.address
    if place.has_point:
        row |= {"latitude": place.latitude, "longitude": place.longitude}
    return row
