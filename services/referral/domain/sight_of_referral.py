"""What a caller may see of a referral, decided anew at each read; who may see nothing is told NOT_FOUND."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from kernel import codes
from kernel.codes import WITHHELD, Role
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import OfferState, ReferralState

RESTRICTED_REASON_ROLES = frozenset(
    {Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT, Role.SAFEGUARDING_OFFICER}
)
"""Who reads reasons of the restricted part of a case."""

_LISTS = {OfferState.DECLINED: "DECLINE", OfferState.RETURNED: "RETURN"}
_CLOSING_LISTS = {ReferralState.NOT_COMPLETED: "NOT_COMPLETED", ReferralState.CANCELLED: "CANCEL"}


@dataclass(frozen=True, slots=True)
class ReferralSight:
    """One caller's sight of one referral.

    Args:
        is_sender: sees all offers, the need, and who holds it.
        offers: those that the caller may see.
    """

    is_sender: bool
    offers: tuple[Offer, ...]


def sight_of(referral: Referral, offers: Sequence[Offer], agency_id: UUID | None) -> ReferralSight | None:
    """The sender sees all, the agency that is asked its open offer, the holder its own, others nothing."""
    if agency_id is None:
        return None
    if referral.sender_agency_id == agency_id:
        return ReferralSight(True, tuple(offers))
    own = [offer for offer in offers if offer.agency_id == agency_id]
    if referral.holder_agency_id == agency_id:
        return ReferralSight(False, tuple(own))
    still_open = tuple(offer for offer in own if offer.is_open)
    return ReferralSight(False, still_open) if still_open else None


def shown_offer_reason(offer: Offer, agency_id: UUID | None, roles: Set[str]) -> str:
    """The reason of a decline, a return or an end, or WITHHELD where the caller may not know it."""
    if offer.reason is None or offer.agency_id == agency_id:
        return offer.reason or ""
    reasons = _LISTS.get(offer.state)
    return offer.reason if reasons is None else _shown(reasons, offer.reason, roles)


def shown_closing_reason(referral: Referral, roles: Set[str]) -> str:
    """The reason of an end without service, or WITHHELD."""
    reasons = _CLOSING_LISTS.get(referral.state)
    if referral.reason is None or reasons is None:
        return ""
    return _shown(reasons, referral.reason, roles)


def _shown(list_name: str, code: str, roles: Set[str]) -> str:
    reason = codes.reason(list_name, code)
    if reason.supervisor_only and Role.SUPERVISOR not in roles:
        return WITHHELD
    if reason.restricted and RESTRICTED_REASON_ROLES.isdisjoint(roles):
        return WITHHELD
    return code
