"""What a service's form says in words: its choices, and what stands where somebody else has saved since."""

from collections.abc import Iterable, Iterator, Mapping

from kernel import codes
from kernel.codes import Named
from kernel.vocabulary import LocationVisibility
from services.console.entrypoints.codes import name_of
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.partner.service_fields import ServiceFields
from services.console.entrypoints.words import HOUSEHOLDS, SEXES, WEEKDAYS, age, words_of

NOTHING = "–"


def listings(visit: Visit) -> list[tuple[str, str]]:
    """Who may know of a service."""
    return [
        ("PUBLIC", visit.say("Everybody")),
        ("PARTNERS", visit.say("Partner agencies and KEM")),
        ("NAMED_STAFF", visit.say("Named staff only")),
    ]


def visibilities(visit: Visit) -> list[tuple[str, str]]:
    """Who may know where it is."""
    return [
        (LocationVisibility.PUBLIC.value, visit.say("Everybody")),
        (LocationVisibility.DISTRICT_ONLY.value, visit.say("Only the district is shown")),
        (LocationVisibility.HIDDEN.value, visit.say("Nobody but your admins")),
    ]


def differences(stands: ServiceFields, typed: ServiceFields, visit: Visit) -> list[tuple[str, str]]:
    """What stands in the directory, as labels of the form and words, wherever something else was typed."""
    return different(_words(stands, visit), _words(typed, visit))


def different(stands: Iterable[tuple[str, str]], typed: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of two lists of the same labels what the first says where the second says something else."""
    pairs = zip(stands, typed, strict=True)
    return [(label, words or NOTHING) for (label, words), (_, other) in pairs if words != other]


def _words(one: ServiceFields, visit: Visit) -> Iterator[tuple[str, str]]:
    """Each field by its label; what is chosen in the order of its list, however it was sent."""
    say, language = visit.say, visit.language

    def named(chosen: Iterable[str], known: Mapping[str, Named]) -> str:
        return ", ".join(name_of(known[code], language) for code in sorted(set(chosen) & known.keys()))

    def yes(is_so: bool) -> str:
        return say("Yes") if is_so else say("No")

    yield say("Name in Greek"), one.name_el
    yield say("Name in English"), one.name_en
    yield say("Languages that are spoken there"), named(one.languages, codes.LANGUAGES)
    yield say("By interpreter"), named(one.interpreter_languages, codes.LANGUAGES)
    yield say("Number of places"), say("As many as come") if one.is_unlimited else one.places
    yield say("Only these ages"), ", ".join(age(band, language) for band in sorted(set(one.age_bands)))
    yield (
        say("Only these households"),
        ", ".join(words_of(HOUSEHOLDS, band, language) for band in sorted(set(one.household_bands))),
    )
    yield say("Only these"), ", ".join(words_of(SEXES, sex, language) for sex in sorted(set(one.sexes)))
    yield say("Only people who live in"), named(one.areas, codes.DISTRICTS)
    yield say("Must they have a legal status?"), named([one.status_rule], codes.STATUS_FAMILIES)
    yield say("They must have shown proof of it"), yes(one.proof_needed)
    yield say("It must last until the course ends"), yes(one.proof_until_end)
    yield say("District"), named([one.district], codes.DISTRICTS)
    yield say("Street and number"), one.address
    yield say("It can be reached without steps"), yes(one.step_free)
    yield say("Opening hours"), _hours(one, visit)
    yield say("Telephone for emergencies"), one.duty_phone
    yield say("Who may know of this service?"), dict(listings(visit)).get(one.listing, "")
    yield say("Who may know where it is?"), dict(visibilities(visit)).get(one.visibility, "")


def _hours(one: ServiceFields, visit: Visit) -> str:
    return ", ".join(
        f"{visit.say(WEEKDAYS[weekday])} {begin}–{end}"
        for (weekday, _), (begin, end) in sorted(one.opening.items())
    )
