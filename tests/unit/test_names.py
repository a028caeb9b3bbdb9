"""Wherever a name is taken, what would have it read as another one is refused, and every script passes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kernel.errors import Invalid
from kernel.ids import ActivityId, AgencyId, random_id
from kernel.names import check_name, unseen_in
from services.access.domain.account import new_display_name
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.beneficiary_rules import checked
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity, Agency
from tests.support.directory import service
from tests.support.people import invented_person

TURNS = ("\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)))
UNSEEN = (*TURNS, "\u061c", "\u200b", "\u00ad", "\ufeff", "\u2028", "\u2029", "\x00", "\x1b", "\x7f", "\x85")
TODAY = date(2026, 3, 5)


def agency(**names: str) -> None:
    Agency(
        AgencyId(random_id()),
        "SAMPLE",
        name_el=names.get("name_el", "Δ"),
        name_en=names.get("name_en", "S"),
        committees=(),
        sample=True,
    ).check()


def activity(**names: str) -> None:
    start = datetime(2026, 3, 5, tzinfo=UTC)
    Activity(
        ActivityId(random_id()),
        service().service_id,
        **({"name_el": "Δ", "name_en": "S"} | names),
        start_time=start,
        end_time=start + timedelta(hours=1),
        capacity=DeclaredCapacity(service().capacity.kind, 0),
    ).check()


TAKEN: dict[str, Callable[[str], object]] = {
    "an agency's, in Greek": lambda name: agency(name_el=name),
    "an agency's, in English": lambda name: agency(name_en=name),
    "a service's, in Greek": lambda name: service(name_el=name).check(),
    "a service's, in English": lambda name: service(name_en=name).check(),
    "a service's address": lambda name: service(location=replace(service().location, address=name)).check(),
    "an activity's, in Greek": lambda name: activity(name_el=name),
    "an activity's, in English": lambda name: activity(name_en=name),
    "of staff": new_display_name,
    "a guardian's": lambda name: checked(
        invented_person(birth=Birth(date(2017, 5, 4)), guardian=Guardian(name, "PARENT")), TODAY
    ),
}


@pytest.mark.parametrize("whose", TAKEN)
@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_nobody_sees_stands_in_no_name(whose: str, unseen: str) -> None:
    with pytest.raises(Invalid) as refused:
        TAKEN[whose](f"Sample {unseen}Name")
    assert f"U+{ord(unseen):04X}" in str(refused.value)
    assert "Sample" not in str(refused.value)


@pytest.mark.parametrize("whose", TAKEN)
@pytest.mark.parametrize(
    "name",
    [
        "Δείγμα – ΜΚΟ «Άλφα» (2)",
        "O’Sample & Co. ①",
        "مرکز می‌روم",
        "क्‍ष नमूना",
        "示例",
        "Samplé e\u0301",
        "👩\u200d⚕️ Sample",
    ],
)
def test_a_name_of_any_script_passes(whose: str, name: str) -> None:
    TAKEN[whose](name)


@pytest.mark.parametrize("unseen", TURNS, ids=ascii)
def test_a_persons_own_name_with_such_a_mark_is_refused_and_not_changed(unseen: str) -> None:
    person = invented_person()
    given = replace(person.names.original, given=f"{unseen}{person.names.original.given}")
    with pytest.raises(Invalid, match=r"names\.original\.given"):
        checked(replace(person, names=replace(person.names, original=given)), TODAY)


def test_a_name_of_staff_has_something_to_read() -> None:
    assert new_display_name("  Sample Person ") == "Sample Person"
    with pytest.raises(Invalid) as refused:
        new_display_name(" \u00a0 ")
    assert refused.value.stable_reason == "DISPLAY_NAME_MISSING"


def test_the_field_is_named_and_the_place_for_it_stays_free() -> None:
    check_name("name.el", "")
    with pytest.raises(Invalid) as refused:
        check_name("name.el", "a\u202eb")
    assert (refused.value.stable_reason, unseen_in("a\u202eb")) == ("NAME_NOT_PLAIN", "U+202E")
    assert "name.el" in str(refused.value)
