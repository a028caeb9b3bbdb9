"""Public services for tests of the console's pages: believable unless changed by keyword."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.console.domain.public.directory import (
    Directory,
    PublicAgency,
    PublicPlace,
    PublicService,
    search_words,
)
from services.console.domain.public.hours import Stretch

OFFICE_HOURS = tuple(Stretch(weekday, 9 * 60, 15 * 60) for weekday in range(1, 6))


def agency(number: int = 1) -> PublicAgency:
    return PublicAgency(
        UUID(int=0xA0000 + number), f"AGENCY_{number}", f"Φορέας {number}", f"Agency {number}", True
    )


def service(number: int = 1, **changes: Any) -> PublicService:
    """Greek lessons in the sixth district."""
    names = {"name_el": "Μαθήματα ελληνικών", "name_en": "Greek lessons"} | {
        key: value for key, value in changes.items() if key.startswith("name_")
    }
    made = PublicService(
        service_id=UUID(int=0x50000 + number),
        agency=agency(),
        service_type="GREEK_A1",
        place=PublicPlace("ATHENS_6", "Νεραντζιάς 13", 38.0046, 23.7329),
        languages=("ell", "ara"),
        interpreter_languages=("urd",),
        is_step_free=True,
        opening=OFFICE_HOURS,
        is_suspended=False,
        words=search_words(*names.values()),
        **names,
    )
    return replace(made, **changes)


def directory(*services: PublicService) -> Directory:
    return Directory.of(services)


def every_kind() -> Directory:
    """Services whose place is known, known by its district, and hidden; one suspended, one without hours."""
    return directory(
        service(1),
        service(2, place=PublicPlace("ATHENS_1"), is_step_free=False, is_suspended=True),
        service(3, place=PublicPlace(), opening=(), languages=(), interpreter_languages=()),
        service(4, agency=agency(2), opening=(*OFFICE_HOURS, Stretch(6, 0, 1440))),
    )
