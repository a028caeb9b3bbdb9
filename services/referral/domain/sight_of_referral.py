"""What a caller may see of a referral, decided anew at each read; who may see nothing is told NOT_FOUND."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from kernel import codes
from kernel.codes import Role
from kernel.ids import ServiceId
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import OfferState, ReferralState
from services.referral.domain.visibility import Viewer

RESTRICTED_REASON_ROLES = frozenset(
    {Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT, Role.SAFEGUARDING_OFFICER}
)
"""Who reads reasons of the restricted part of a case."""

OTHER = "OTHER"
"""What those who may not know a reason are told instead, without words."""
COVER_REASONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "DECLINE": frozenset({"CANNOT_MEET_NEED"}),
        "RETURN": frozenset({"NOT_ELIGIBLE_ON_ASSESSMENT"}),
        "NOT_COMPLETED": frozenset({"SAFETY"}),
    }
)
"""Reasons that are told as OTHER together with the hidden one of their list: to say OTHER takes words, so
OTHER without words would else say which it is."""

_LISTS = {
    OfferState.DECLINED: "DECLINE",
    OfferState.RETURNED: "RETURN",
    OfferState.EXPIRED: "OFFER_ENDED",
    OfferState.REVOKED: "OFFER_ENDED",
}
_CLOSING_LISTS = {ReferralState.NOT_COMPLETED: "NOT_COMPLETED", ReferralState.CANCELLED: "CANCEL"}
_SAID_BY_AGENCY = frozenset({"DECLINE", "RETURN", "NOT_COMPLETED"})


@dataclass(frozen=True, slots=True)
class ReferralSight:
    """One caller's sight of one referral.

    Args:
        is_sender: sees all offers, the need, and who holds it.
        reads_content: whether card and words are shown besides ids, states and times.
        offers: those that the caller may see.
        unnamed: those of them whose agency and service the caller may not know.
    """

    viewer: Viewer
    is_sender: bool
    reads_content: bool
    offers: tuple[Offer, ...]
    unnamed: tuple[Offer, ...] = ()

    def names_holder(self, referral: Referral) -> bool:
        """Whether the caller may know who holds it."""
        return all(offer.agency_id != referral.holder_agency_id for offer in self.unnamed)


def sight_of(
    referral: Referral, offers: Sequence[Offer], viewer: Viewer, unlisted: Set[ServiceId] = frozenset()
) -> ReferralSight | None:
    """The sender sees all, the agency that is asked its open offer, the holder its own, others nothing.

    Whoever held it when it ended is left with ids, states and times.

    Args:
        unlisted: services of which the viewer may not know by their listing.
    """
    if viewer.agency_id is None:
        return None
    if viewer.is_of(referral.sender_agency_id):
        unnamed = tuple(offer for offer in offers if not _names(referral, offer, viewer, unlisted))
        return ReferralSight(viewer, True, True, tuple(offers), unnamed)
    own = tuple(offer for offer in offers if viewer.is_of(offer.agency_id))
    if referral.holder_agency_id is not None and viewer.is_of(referral.holder_agency_id):
        return ReferralSight(viewer, False, not referral.is_final, own)
    still_open = tuple(offer for offer in own if offer.is_open)
    return ReferralSight(viewer, False, True, still_open) if still_open else None


def _names(referral: Referral, offer: Offer, viewer: Viewer, unlisted: Set[ServiceId]) -> bool:
    """A restricted service is linked to a person only for named staff, and for its own agency."""
    if viewer.is_named_staff or viewer.is_of(offer.agency_id):
        return True
    return not referral.is_restricted and offer.service_id not in unlisted


def shown_offer_reason(offer: Offer, viewer: Viewer) -> str:
    """Why an offer ended, as far as the viewer may know."""
    return _shown(_LISTS.get(offer.state), offer.reason, viewer, offer.sender_agency_id)


def shown_closing_reason(referral: Referral, viewer: Viewer) -> str:
    """Why it ended without service, as far as the viewer may know."""
    return _shown(_CLOSING_LISTS.get(referral.state), referral.reason, viewer, referral.sender_agency_id)


def is_hidden(list_name: str, code: str, roles: Set[str]) -> bool:
    """Whether this reason, with its words, is kept from the sender's staff with these roles."""
    reason = codes.reason(list_name, code)
    if reason.supervisor_only and Role.SUPERVISOR not in roles:
        return True
    return reason.restricted and RESTRICTED_REASON_ROLES.isdisjoint(roles)


def _shown(list_name: str | None, code: str | None, viewer: Viewer, sender_agency_id: object) -> str:
    """An agency knows what it said itself; an agency that refers to itself is the sender first."""
    if list_name is None or code is None:
        return ""
    if viewer.agency_id != sender_agency_id:
        return code if list_name in _SAID_BY_AGENCY else codes.travelling(list_name, code)
    if is_hidden(list_name, code, viewer.roles):
        return OTHER
    if code in COVER_REASONS.get(list_name, ()):
        hides_one = any(is_hidden(list_name, one, viewer.roles) for one in codes.REASONS[list_name])
        return OTHER if hides_one else code
    return code
