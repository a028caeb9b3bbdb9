"""Nobody is given up as not to be reached, or as one who did not come, before they were tried in earnest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kernel import codes
from kernel.errors import RuleBroken
from services.referral.domain.calendar import ATHENS

ATTEMPTS: Final = 3
DAYS: Final = 2
PLACE_HELD_FOR: Final = timedelta(hours=72)
"""From the first attempt that counts: so long the person keeps their place, whatever is tried then."""


class ContactAttemptsMissing(RuleBroken):
    """Too few attempts, on too few days, or none of the sender behind them."""

    reason = "CONTACT_ATTEMPTS_MISSING"


class PlaceHeld(RuleBroken):
    """The person was tried often enough, and keeps their place for a while yet."""

    reason = "PLACE_HELD"


@dataclass(frozen=True, slots=True)
class ContactAttempt:
    """One try to reach the person: by the sender or by who holds the referral."""

    happened_time: datetime
    by_sender: bool
    by_safe_channel: bool
    is_reached: bool


def says_given_up(reason: codes.Reason) -> bool:
    """Whether the reason says that the person could not be reached, or did not come."""
    return reason.only_after == "CONTACT_ATTEMPTS"


def check_tried(attempts: Iterable[ContactAttempt], held_since: datetime, now: datetime) -> None:
    """Lets the place be given to somebody else: three attempts by the safe channel on two days in Athens, the
    last of them through the sender, and 72 hours since the first of them.

    Whoever was reached has been reached: what was tried before that counts no more. Nor does what was tried
    before this agency held the referral: the place is another one.

    Raises:
        ContactAttemptsMissing: with what is missing.
        PlaceHeld: with the time until which the place is held.
    """
    counted = _counted(attempts, held_since)
    days = {one.happened_time.astimezone(ATHENS).date() for one in counted}
    missing_attempts, missing_days = max(0, ATTEMPTS - len(counted)), max(0, DAYS - len(days))
    is_last_by_sender = bool(counted) and counted[-1].by_sender
    missing = [
        *_more(missing_attempts, "attempt"),
        *_more(missing_days, "day"),
        *(() if is_last_by_sender else ("a last attempt through the sender",)),
    ]
    if missing:
        raise ContactAttemptsMissing(
            f"This reason may be given once {ATTEMPTS} attempts by the person's safe channel on {DAYS} days"
            f" are on record, the last of them through the sender. Missing: {', '.join(missing)}.",
            missing_attempts=str(missing_attempts),
            missing_days=str(missing_days),
            last_through_sender="true" if is_last_by_sender else "false",
        )
    held_until = counted[0].happened_time + PLACE_HELD_FOR
    if now < held_until:
        raise PlaceHeld(
            "The person's place is held for 72 hours from the first attempt; give this reason after that.",
            held_until_time=held_until.isoformat(timespec="seconds"),
        )


def _counted(attempts: Iterable[ContactAttempt], held_since: datetime) -> list[ContactAttempt]:
    """Those by the safe channel since then and since the person was reached last, in their order."""
    since = sorted(
        (one for one in attempts if one.happened_time >= held_since), key=lambda one: one.happened_time
    )
    reached = [number for number, one in enumerate(since) if one.is_reached]
    return [one for one in since[reached[-1] + 1 if reached else 0 :] if one.by_safe_channel]


def _more(count: int, what: str) -> list[str]:
    return [f"{count} more {what}{'' if count == 1 else 's'}"] if count else []
