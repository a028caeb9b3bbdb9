"""How many codes the hub sends within a day: to one address, and because one member asks for them.

Whoever works for an agency may type any address, and a code goes there: it must not become a flood in the
mailbox of somebody who has never heard of the hub.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kernel.errors import Exhausted

WINDOW: Final = timedelta(days=1)
MOST_FOR_AN_ADDRESS: Final = 6
"""Both inboxes of a member, each asked for three times; whoever asks."""
MOST_OF_A_MEMBER: Final = 10
"""To whatever addresses."""


class TooManyMailCodes(Exhausted):
    """So many codes have been asked for within a day; it passes."""

    reason = "TOO_MANY_MAIL_CODES"

    def __init__(self, wait: timedelta) -> None:
        minutes = -(-wait // timedelta(minutes=1))
        super().__init__(
            "Within a day so many codes were asked for, by you or for this address. Nothing was changed; set"
            f" it again in {minutes // 60} hours and {minutes % 60} minutes.",
            retry_delay_seconds=wait.total_seconds(),
        )


def check_may_ask(by_member: Sequence[datetime], for_address: Sequence[datetime], now: datetime) -> None:
    """Passes where one more code may be sent.

    Args:
        by_member, for_address: when codes were asked for within the window, in any order.

    Raises:
        TooManyMailCodes: with the time after which there is room again.
    """
    waits = [
        sorted(asked)[-most] + WINDOW - now
        for asked, most in ((by_member, MOST_OF_A_MEMBER), (for_address, MOST_FOR_AN_ADDRESS))
        if len(asked) >= most
    ]
    if waits:
        raise TooManyMailCodes(max(*waits, timedelta(seconds=1)))


def mailbox_of(address: str) -> str:
    """What is counted as one address: no letter case, and nothing behind a plus, make it another mailbox."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
