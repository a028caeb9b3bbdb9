"""What a person's receipt may tell of a referral: somebody else may find the paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel import codes
from kernel.codes import Listing, LocationVisibility
from kernel.ids import ReferralId
from services.referral.domain.transitions import HELD_STATES, ReferralState

OPEN_STATES = frozenset(
    {
        ReferralState.MATCHING,
        ReferralState.OFFERED,
        ReferralState.AWAITING_PERSON,
        ReferralState.WAITLISTED,
        ReferralState.UNMATCHED,
        *HELD_STATES,
    }
)


@dataclass(frozen=True, slots=True)
class Provider:
    """The service that has taken a referral up, and the names of its agency."""

    service_type: str
    listing: Listing
    visibility: LocationVisibility
    district: str
    address: str
    name_el: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """A referral without whatever may not be told. The directory has no telephone that is for the public.

    Args:
        sector: what sort of help, never its kind.
        name: of the agency, by page; empty where nobody has taken it up, or not everybody may know who.
        district: a code; empty where it may not be told.
    """

    referral_id: ReferralId
    sector: str
    state: ReferralState
    name: Mapping[str, str] = field(default_factory=dict)
    district: str = ""
    address: str = ""


def receipt_line(
    referral_id: ReferralId, service_type: str, state: ReferralState, provider: Provider | None
) -> ReferralLine | None:
    """The line; None where the paper must not tell that there is such a referral.

    Never told: an ended referral, one of a restricted type, and whatever a service for named staff has taken
    up. A service for partners is not named. Of a place is told what everybody may know.
    """
    is_restricted = codes.service_type(service_type).restricted
    if is_restricted or state not in OPEN_STATES:
        return None
    line = ReferralLine(referral_id, codes.service_type(service_type).sector, state)
    if state not in HELD_STATES:
        return line
    if provider is None or codes.service_type(provider.service_type).restricted:
        return None
    match provider.listing:
        case Listing.NAMED_STAFF:
            return None
        case Listing.PARTNERS:
            return line
        case Listing.PUBLIC:
            return _named(line, provider)


def _named(line: ReferralLine, provider: Provider) -> ReferralLine:
    is_public = provider.visibility is LocationVisibility.PUBLIC
    is_hidden = provider.visibility is LocationVisibility.HIDDEN
    return ReferralLine(
        line.referral_id,
        line.sector,
        line.state,
        {"el": provider.name_el, "en": provider.name_en},
        "" if is_hidden else provider.district,
        provider.address if is_public else "",
    )
