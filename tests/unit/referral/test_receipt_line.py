"""What a paper may tell of a referral: every listing, place, kind of service and state."""

from itertools import product

import pytest

from kernel import codes
from kernel.codes import Listing, LocationVisibility
from kernel.ids import ReferralId, random_id
from services.referral.domain.receipt_line import OPEN_STATES, Provider, receipt_line
from services.referral.domain.transitions import HELD_STATES, ReferralState

REFERRAL = ReferralId(random_id())
KINDS = ("GREEK_A1", "GBV_SHELTER", "SEXUAL_HEALTH")


def provider(service_type: str, listing: Listing, visibility: LocationVisibility) -> Provider:
    return Provider(
        service_type, listing, visibility, "ATHENS_6", "Hidden street 7", "Ξενώνας", "The shelter"
    )


@pytest.mark.parametrize(
    ("kind", "listing", "visibility", "state"),
    list(product(KINDS, Listing, LocationVisibility, ReferralState)),
)
def test_a_paper_tells_what_everybody_may_know_and_no_more(
    kind: str, listing: Listing, visibility: LocationVisibility, state: ReferralState
) -> None:
    line = receipt_line(REFERRAL, kind, state, provider(kind, listing, visibility))
    is_held = state in HELD_STATES
    if codes.service_type(kind).restricted or state not in OPEN_STATES:
        assert line is None
        return
    if is_held and listing is Listing.NAMED_STAFF:
        assert line is None
        return
    assert line is not None
    assert (line.sector, line.state) == ("EDUCATION", state)
    is_named = is_held and listing is Listing.PUBLIC
    assert bool(line.name) is is_named
    assert bool(line.address) is (is_named and visibility is LocationVisibility.PUBLIC)
    assert bool(line.district) is (is_named and visibility is not LocationVisibility.HIDDEN)


def test_a_provider_that_nobody_finds_or_whose_service_is_restricted_leaves_no_line() -> None:
    restricted = provider("GBV_SHELTER", Listing.PUBLIC, LocationVisibility.PUBLIC)
    for state in HELD_STATES:
        assert receipt_line(REFERRAL, "GREEK_A1", state, None) is None
        assert receipt_line(REFERRAL, "GREEK_A1", state, restricted) is None
