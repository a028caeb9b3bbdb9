"""A mail notice: whom a mail tells that an inbox has something new, how often, and when it is given up."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import PrincipalId, random_id
from services.notifications.domain.push_endpoint import backoff
from services.notifications.domain.recipient import Recipient

ATHENS: Final = ZoneInfo("Europe/Athens")
TOGETHER: Final = timedelta(minutes=1)
"""What comes within it goes together where mails are sent at once."""
CODE_TRIES: Final = 5
CODE_LASTS: Final = timedelta(days=1)
PATIENCE: Final = timedelta(days=3)
"""When no mail to an address was taken for so long, it is given up."""
LOCKED_PAUSE: Final = timedelta(minutes=5)
"""How soon it is asked again whether a locked account may be used."""
_CODE_DIGITS: Final = 8
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


class MailPace(StrEnum):
    """How often, while there is something new."""

    AT_ONCE = "AT_ONCE"
    HOURLY = "HOURLY"
    DAILY = "DAILY"


class MailState(StrEnum):
    """How a notice is doing."""

    UNCONFIRMED = "UNCONFIRMED"
    ACTIVE = "ACTIVE"
    FAILING = "FAILING"
    GIVEN_UP = "GIVEN_UP"


class AccountState(StrEnum):
    """Whether a member's account may be used, in access' words."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account as access knows it.

    Args:
        roles: their codes; empty where an older release of access does not say them.
    """

    state: AccountState
    roles: frozenset[str] = frozenset()


class MailFailure(StrEnum):
    """Why a mail was not taken."""

    RECIPIENT_REFUSED = "RECIPIENT_REFUSED"
    NOT_TAKEN = "NOT_TAKEN"


class MailNoticeNotFound(NotFound):
    """There is none to act on."""

    reason = "MAIL_NOTICE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No e-mail notice is set there; set one first.")


class MailCodeNotRight(RuleBroken):
    """Another code was sent, or none counts any more."""

    reason = "MAIL_CODE_NOT_RIGHT"

    def __init__(self) -> None:
        super().__init__(
            "That is not the code that was sent there, or it counts no more. After five tries, or a day, set"
            " the address anew: another code is sent."
        )


@dataclass(slots=True)
class MailNotice:
    """One member's notice of one inbox.

    Args:
        told_sequence: of everything in the inbox up to here the mail server has taken a mail.
        code: what was sent there and confirms it; None once it is confirmed.
    """

    principal_id: PrincipalId
    recipient: Recipient
    address: str
    language: str
    pace: MailPace
    daily_hour: int
    told_sequence: int
    next_mail_time: datetime
    next_try_time: datetime
    mail_notice_id: UUID = field(default_factory=random_id)
    code: str | None = None
    code_tries: int = 0
    code_end_time: datetime | None = None
    code_sent_time: datetime | None = None
    confirmed_time: datetime | None = None
    sending_sequence: int | None = None
    last_mail_time: datetime | None = None
    tries: int = 0
    failure: MailFailure | None = None
    failing_since_time: datetime | None = None
    given_up_time: datetime | None = None

    @property
    def state(self) -> MailState:
        """What is told first."""
        if self.given_up_time is not None:
            return MailState.GIVEN_UP
        if self.tries:
            return MailState.FAILING
        return MailState.UNCONFIRMED if self.confirmed_time is None else MailState.ACTIVE

    @property
    def code_counts_until_time(self) -> datetime | None:
        """Until when the code that was sent may be typed; None where none counts any more."""
        return self.code_end_time if self.code_tries < CODE_TRIES else None

    def needs_code(self, address: str) -> bool:
        """Whether setting this address sends a code there."""
        return address != self.address or self.confirmed_time is None or self.given_up_time is not None

    def set(self, address: str, language: str, pace: MailPace, daily_hour: int, now: datetime) -> None:
        """As it is wished from now on; an address that is new, or was given up, is asked for its code."""
        if self.needs_code(address):
            self.address = address
            self.ask_for_code(now)
        self.language, self.pace, self.daily_hour = language, pace, daily_hour
        self.next_mail_time = now if pace is not MailPace.DAILY else next_time(pace, daily_hour, now)

    def ask_for_code(self, now: datetime) -> None:
        """Sends another code; nothing else until it is typed."""
        self.code = "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
        self.code_tries, self.code_sent_time, self.confirmed_time = 0, None, None
        self.code_end_time = now + CODE_LASTS
        self.sending_sequence = None
        self._begin_anew(now)

    def confirm(self, code: str, last_sequence: int, now: datetime) -> bool:
        """Whether it was the code; what is in the inbox by then is no news."""
        typed = "".join(code.split())
        ends = self.code_end_time
        if self.code is None or ends is None or now >= ends or self.code_tries >= CODE_TRIES:
            return False
        self.code_tries += 1
        if not secrets.compare_digest(typed.encode(), self.code.encode()):
            return False
        self.code = self.code_end_time = None
        self.confirmed_time, self.told_sequence = now, last_sequence
        self._begin_anew(now)
        return True

    def succeed(self, now: datetime) -> None:
        """The mail server has taken it."""
        if self.confirmed_time is None:
            self.code_sent_time = now
        elif self.sending_sequence is not None:
            self.told_sequence, self.sending_sequence = self.sending_sequence, None
            self.next_mail_time = next_time(self.pace, self.daily_hour, now)
        self.last_mail_time = now
        self._begin_anew(now)

    def fail(self, failure: MailFailure, now: datetime, chance: float) -> None:
        """It has not; later again, or no more after days of it.

        Args:
            chance: 0 to 1 by lot.
        """
        self.tries += 1
        self.failure = failure
        self.failing_since_time = self.failing_since_time or now
        if now - self.failing_since_time >= PATIENCE:
            self.given_up_time = now
        self.next_try_time = now + backoff(self.tries, chance)

    def wait(self, now: datetime) -> None:
        """Nothing goes to whoever's account is locked; what is new by then is told when it is not."""
        self.sending_sequence = None
        self.next_try_time = now + LOCKED_PAUSE

    def _begin_anew(self, now: datetime) -> None:
        self.tries, self.failure = 0, None
        self.failing_since_time = self.given_up_time = None
        self.next_try_time = now


def next_time(pace: MailPace, daily_hour: int, now: datetime) -> datetime:
    """When the next mail may go, after one now; an emergency does not wait for it."""
    if pace is MailPace.AT_ONCE:
        return now + TOGETHER
    if pace is MailPace.HOURLY:
        return now + timedelta(hours=1)
    here = now.astimezone(ATHENS)
    today = here.replace(hour=daily_hour, minute=0, second=0, microsecond=0)
    return (today if today > here else today + timedelta(days=1)).astimezone(now.tzinfo)


def checked_address(text: str) -> str:
    """An address as a mail server takes it.

    Raises:
        Invalid: MAIL_ADDRESS_NOT_VALID.
    """
    address = text.strip()
    if not _ADDRESS.fullmatch(address):
        raise Invalid(
            "Type one e-mail address, such as name@agency.example.", reason="MAIL_ADDRESS_NOT_VALID"
        )
    return address
