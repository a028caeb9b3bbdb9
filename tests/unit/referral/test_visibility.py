"""Who may know of a service, and where it is."""

from dataclasses import replace
from typing import Any

import pytest

from kernel.codes import Listing, LocationVisibility, Role
from services.referral.domain.visibility import NOWHERE, Viewer
from tests.support.directory import agency_id, service

OWN_ADMIN = Viewer(agency_id(1), frozenset({Role.AGENCY_ADMIN}))
OWN_MEMBER = Viewer(agency_id(1), frozenset({Role.AGENCY_MEMBER}))
OTHER_ADMIN = Viewer(agency_id(2), frozenset({Role.AGENCY_ADMIN}))
CASEWORKER = Viewer(agency_id(3), frozenset({Role.CASEWORKER}))
FOCAL_POINT = Viewer(agency_id(3), frozenset({Role.GBV_FOCAL_POINT}))
PUBLIC_PAGE = Viewer(None, frozenset({Role.SERVICE}))


@pytest.mark.parametrize(
    ("viewer", "finds"),
    [
        (OWN_MEMBER, {"PUBLIC", "PARTNERS", "NAMED_STAFF"}),
        (OTHER_ADMIN, {"PUBLIC", "PARTNERS"}),
        (CASEWORKER, {"PUBLIC", "PARTNERS"}),
        (FOCAL_POINT, {"PUBLIC", "PARTNERS", "NAMED_STAFF"}),
        (PUBLIC_PAGE, {"PUBLIC"}),
    ],
)
def test_a_listing_is_found_by_those_for_whom_it_is(viewer: Viewer, finds: set[str]) -> None:
    assert {one for one in Listing if viewer.finds(one, agency_id(1))} == finds


def placed(visibility: LocationVisibility, **changes: Any) -> Any:
    one = service(1, duty_phone="210 000 0000", **changes)
    return replace(one, location=replace(one.location, visibility=visibility))


@pytest.mark.parametrize("viewer", [OWN_MEMBER, OTHER_ADMIN, CASEWORKER, FOCAL_POINT, PUBLIC_PAGE])
def test_a_hidden_place_is_shown_to_nobody_but_the_admins_who_keep_it(viewer: Viewer) -> None:
    hidden = placed(LocationVisibility.HIDDEN)
    assert viewer.shown(hidden).location == NOWHERE
    assert OWN_ADMIN.shown(hidden).location == hidden.location


def test_of_a_discreet_place_others_see_the_district_only() -> None:
    discreet = placed(LocationVisibility.DISTRICT_ONLY)
    seen = CASEWORKER.shown(discreet).location
    assert (seen.district, seen.address, seen.latitude, seen.longitude) == ("ATHENS_6", "", 0, 0)
    assert OWN_MEMBER.shown(discreet).location == discreet.location


def test_a_public_place_is_shown_to_everybody_and_the_duty_phone_to_partners() -> None:
    public = placed(LocationVisibility.PUBLIC)
    assert PUBLIC_PAGE.shown(public).location == public.location
    assert PUBLIC_PAGE.shown(public).duty_phone == ""
    assert CASEWORKER.shown(public).duty_phone == "210 000 0000"
