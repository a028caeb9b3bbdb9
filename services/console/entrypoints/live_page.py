"""A page that stands open and follows."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class OpenPage:
    """Whose it is, what it is about, and what wakes it.

    Args:
        referral_ids: the only ones that concern it; None where everything in the inbox does.
        case_id: the person whose case it shows; empty where it shows none.
        sees_restricted: whether its reader sees who is with a restricted service; of the same case whoever
            does not has another number.
        changes: how much had been recorded in that case when the page was read; None where that is not known.
    """

    session_token: str
    principal_id: str
    referral_ids: frozenset[str] | None = None
    case_id: str = ""
    sees_restricted: bool = False
    changes: int | None = None
    counted: int | None = None
    """How much that is now, as far as somebody has asked since the page is open."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_out: bool = False
    """Its session has ended."""

    @property
    def is_counted_anew(self) -> bool:
        """Whether there is another number than the page knows."""
        return self.counted not in (None, self.changes)

    def has_news_of_case(self) -> bool:
        """Whether something was recorded since the page was read; from now on that is known."""
        if not self.is_counted_anew:
            return False
        is_news, self.changes = self.changes is not None, self.counted
        return is_news
