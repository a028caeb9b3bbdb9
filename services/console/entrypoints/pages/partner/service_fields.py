"""A service as the form of its page holds it: read from the directory, or as it was typed, and back."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kem.directory.v1 import directory_pb2
from kernel import codes
from kernel.vocabulary import AgeBand, HouseholdBand, Listing, LocationVisibility, Sex
from services.console.entrypoints.forms import Form, as_choice
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.partner.units import capacity_of
from services.console.entrypoints.words import WEEKDAYS, word

STRETCHES: Final = 2
"""Of a day for which the form has room at first: a morning and an afternoon."""
_BEGINNING: Final = re.compile(r"from_([1-7])_([0-9]{1,2})")
MOST_PLACES: Final = 100_000
MOST_LETTERS: Final = 300
_RULED_SEXES: Final = (Sex.F, Sex.M, Sex.X)


@dataclass(slots=True)
class ServiceFields:
    """The fields, as text and as sets of codes.

    Args:
        opening: by weekday and number of the stretch, when it begins and ends: texts like 09:00.
        places: empty: as many as come.
    """

    service_type: str = ""
    name_el: str = ""
    name_en: str = ""
    listing: str = "PUBLIC"
    district: str = ""
    address: str = ""
    visibility: str = "PUBLIC"
    areas: Sequence[str] = ()
    languages: Sequence[str] = ()
    interpreter_languages: Sequence[str] = ()
    step_free: bool = False
    opening: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    duty_phone: str = ""
    age_bands: Sequence[str] = ()
    household_bands: Sequence[str] = ()
    sexes: Sequence[str] = ()
    status_rule: str = ""
    proof_needed: bool = False
    proof_until_end: bool = False
    is_unlimited: bool = False
    places: str = ""

    @staticmethod
    def of(service: directory_pb2.Service) -> "ServiceFields":
        """As the directory has it."""
        place, rules, capacity = service.location, service.eligibility, service.capacity
        opening: dict[tuple[int, int], tuple[str, str]] = {}
        for hours in sorted(service.opening, key=lambda one: (one.weekday, one.from_minute)):
            number = sum(weekday == hours.weekday for weekday, _ in opening)
            opening[hours.weekday, number] = (_clock(hours.from_minute), _clock(hours.until_minute))
        return ServiceFields(
            service_type=service.service_type,
            name_el=service.name.el,
            name_en=service.name.en,
            listing=word(directory_pb2.Listing, service.listing, "LISTING_"),
            district=place.district,
            address=place.address,
            visibility=word(directory_pb2.LocationVisibility, place.visibility, "LOCATION_VISIBILITY_"),
            areas=list(service.areas),
            languages=list(service.languages),
            interpreter_languages=list(service.interpreter_languages),
            step_free=service.step_free,
            opening=opening,
            duty_phone=service.duty_phone,
            age_bands=list(rules.age_bands),
            household_bands=list(rules.household_bands),
            sexes=list(rules.sexes),
            status_rule=rules.status_rule,
            proof_needed=rules.status_proof_needed,
            proof_until_end=rules.status_proof_until_end,
            is_unlimited=capacity.kind == directory_pb2.Capacity.KIND_UNLIMITED,
            places=str(capacity.places) if capacity.kind == directory_pb2.Capacity.KIND_PLACES else "",
        )

    @staticmethod
    def typed(form: Form) -> "ServiceFields":
        """As it was typed."""
        stretches = {
            (int(found[1]), int(found[2])): (form.text(name), form.text(f"until_{found[1]}_{found[2]}"))
            for name in form.names
            if (found := _BEGINNING.fullmatch(name))
        }
        return ServiceFields(
            service_type=form.text("service_type"),
            name_el=form.text("name_el"),
            name_en=form.text("name_en"),
            listing=form.text("listing"),
            district=form.text("district"),
            address=form.text("address"),
            visibility=form.text("visibility"),
            areas=form.all("areas"),
            languages=form.all("languages"),
            interpreter_languages=form.all("interpreter_languages"),
            step_free=form.has("step_free"),
            opening={place: hours for place, hours in stretches.items() if any(hours)},
            duty_phone=form.text("duty_phone"),
            age_bands=form.all("age_bands"),
            household_bands=form.all("household_bands"),
            sexes=form.all("sexes"),
            status_rule=form.text("status_rule"),
            proof_needed=form.has("proof_needed"),
            proof_until_end=form.has("proof_until_end"),
            is_unlimited=form.text("capacity") == "UNLIMITED",
            places=form.text("places"),
        )

    def room_on(self, weekday: int) -> int:
        """How many stretches of a day the form has room for: those there are, and one more."""
        taken = [number + 1 for day, number in self.opening if day == weekday]
        return max(STRETCHES, max(taken, default=0) + 1)

    @property
    def kind(self) -> codes.ServiceType | None:
        """What it is; None where that is not chosen."""
        return codes.SERVICE_TYPES.get(self.service_type)

    @property
    def capacity_token(self) -> str:
        """The places in one word, by which a form says what its reader saw."""
        return "UNLIMITED" if self.is_unlimited else self.places

    def take_capacity(self, other: "ServiceFields") -> None:
        """The places as another has them."""
        self.is_unlimited, self.places = other.is_unlimited, other.places

    def check(self, visit: Visit) -> None:
        """Says at each field what is to be mended."""
        say, errors = visit.say, visit.errors
        if self.kind is None:
            errors.add("service_type", say("Choose what the service is."))
        for name, value in (("name_el", self.name_el), ("name_en", self.name_en)):
            if not value:
                errors.add(name, say("Write the name in both languages."))
            elif len(value) > MOST_LETTERS:
                errors.add(name, say("That is too long: at most 300 characters."))
        if self.listing not in Listing.__members__:
            errors.add("listing", say("Choose who may know of it."))
        if self.visibility not in LocationVisibility.__members__:
            errors.add("visibility", say("Choose who may know where it is."))
        if self.district not in codes.DISTRICTS:
            errors.add("district", say("Choose the district."))
        if len(self.address) > 200:
            errors.add("address", say("That is too long: at most 200 characters."))
        if len(self.duty_phone) > 40:
            errors.add("duty_phone", say("That is too long: at most 40 characters."))
        if not self.is_unlimited and not (self.places.isdecimal() and int(self.places[:7]) <= MOST_PLACES):
            errors.add("places", say("Write how many places there are, or choose “as many as come”."))
        for (weekday, number), (begin, end) in self.opening.items():
            first, last = _minute(begin), _minute(end) or (1440 if end == "00:00" else 0)
            if first is None or first >= last:
                day = say(WEEKDAYS[weekday])
                words = say("%(day)s: hours begin before they end, like 09:00 to 14:00.") % {"day": day}
                errors.add(f"from_{weekday}_{number}", words)
        if self.proof_needed and not self.status_rule:
            errors.add("status_rule", say("Choose of which status you need proof."))

    def write(self, service: directory_pb2.Service) -> None:
        """Puts what was checked into a message that may have more than the form shows."""
        kind = self.kind
        service.service_type = self.service_type
        service.name.el, service.name.en = self.name_el, self.name_en
        service.listing = as_choice(directory_pb2.Listing, f"LISTING_{self.listing}")
        place = service.location
        if (place.district, place.address) != (self.district, self.address):
            place.latitude = place.longitude = 0  # of another place
        place.district, place.address = self.district, self.address
        place.visibility = as_choice(
            directory_pb2.LocationVisibility, f"LOCATION_VISIBILITY_{self.visibility}"
        )
        service.step_free, service.duty_phone = self.step_free, self.duty_phone
        rules = service.eligibility
        rules.status_rule = self.status_rule if kind and kind.may_need_status else ""
        rules.status_proof_needed = bool(rules.status_rule) and self.proof_needed
        rules.status_proof_until_end = rules.status_proof_needed and self.proof_until_end
        for target, chosen, known in (
            (service.areas, self.areas, codes.DISTRICTS),
            (service.languages, self.languages, codes.LANGUAGES),
            (service.interpreter_languages, self.interpreter_languages, codes.LANGUAGES),
            (rules.age_bands, self.age_bands, list(AgeBand)),
            (rules.household_bands, self.household_bands, list(HouseholdBand)),
            (rules.sexes, self.sexes if kind and kind.sex_restricted else (), list(_RULED_SEXES)),
        ):
            before, wanted = list(target), [one for one in dict.fromkeys(chosen) if one in known]
            del target[:]
            # as it was, as far as it stays: a form sends boxes in its own order
            target.extend([one for one in before if one in wanted])
            target.extend([one for one in wanted if one not in before])
        del service.opening[:]
        service.opening.extend(self._hours())
        service.capacity.CopyFrom(capacity_of(None if self.is_unlimited else int(self.places)))

    def _hours(self) -> Iterator[directory_pb2.OpeningHours]:
        for (weekday, _), (begin, end) in sorted(self.opening.items()):
            yield directory_pb2.OpeningHours(
                weekday=weekday, from_minute=_minute(begin) or 0, until_minute=_minute(end) or 1440
            )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _minute(text: str) -> int | None:
    """Of a day, of a text like 9:00, 09:00 or 9.00; None where it is none."""
    hours, _, minutes = text.replace(".", ":").partition(":")
    if not (hours.isdecimal() and (minutes or "0").isdecimal() and len(hours) <= 2 and len(minutes) <= 2):
        return None
    hour, minute = int(hours), int(minutes or 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None
