"""What a list of referrals is asked for, and its page tokens."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.errors import Invalid
from kernel.ids import ReferralId
from services.referral.adapters.postgres_referral_pages import PageEnd, ReferralsOrder, ReferralsView
from services.referral.domain.pressing import Pressing
from services.referral.domain.transitions import ReferralState

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VIEWS: Final = {
    rpc.REFERRAL_VIEW_SENT: ReferralsView.SENT,
    rpc.REFERRAL_VIEW_OFFERED: ReferralsView.OFFERED,
    rpc.REFERRAL_VIEW_HELD: ReferralsView.HELD,
}
_PLACE_BYTES: Final = 24


def asked_state(number: int) -> ReferralState | None:
    """The state that a list is asked for; None for all."""
    if not number:
        return None
    name = referral.ReferralState.Name(number)  # type: ignore[arg-type]  # checked by protovalidate
    return ReferralState(name.removeprefix("REFERRAL_STATE_"))


def asked_pressing(number: int) -> Pressing | None:
    """The group that is asked for; None for none of them."""
    if not number:
        return None
    return Pressing(rpc.Pressing.Name(number).removeprefix("PRESSING_"))  # type: ignore[arg-type]  # checked


def asked_view(number: int) -> ReferralsView:
    return _VIEWS[number]  # type: ignore[index]  # checked by protovalidate


def asked_order(number: int) -> ReferralsOrder:
    return ReferralsOrder.DUE if number == rpc.REFERRAL_ORDER_DUE else ReferralsOrder.NEWEST


def page_token(end: PageEnd | None) -> str:
    """Opaque to clients: the microseconds and the id at which a page ended, and the rank where it has one."""
    if end is None:
        return ""
    microseconds = (end.order_time - _EPOCH) // timedelta(microseconds=1)
    rank = bytes([end.rank]) if end.rank else b""
    place = microseconds.to_bytes(8, "big") + end.referral_id.bytes
    return base64.urlsafe_b64encode(place + rank).decode()


def page_end(token: str) -> PageEnd | None:
    """Raises Invalid (PAGE_TOKEN_INVALID)."""
    if not token:
        return None
    try:
        raw = base64.urlsafe_b64decode(token.encode())
        at = _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big"))
        [rank] = raw[_PLACE_BYTES:] or b"\0"
        return PageEnd(rank, at, ReferralId(UUID(bytes=raw[8:_PLACE_BYTES])))
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid("This page token is not one of ours.", reason="PAGE_TOKEN_INVALID") from None
