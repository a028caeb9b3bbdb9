"""How a mail notice is doing, as its page says it."""

from datetime import UTC, datetime
from typing import Any

from kem.notifications.v1 import mail_service_pb2 as rpc
from services.console.entrypoints.page import Visit
from services.console.entrypoints.rendering import ATHENS
from services.console.entrypoints.words import word


def shown_notice(inbox: str, heading: str, notice: rpc.MailNotice | None, visit: Visit) -> dict[str, Any]:
    """One inbox with its form: as somebody has typed it, else as it is set, else as most wish it."""
    typed = {name: visit.form.text(f"{name}_{inbox}") for name in ("address", "language", "pace", "hour")}
    return {
        "code": inbox,
        "heading": heading,
        "notice": notice,
        "state": state_words(notice, visit.say),
        "code_until": _code_until(notice),
        "is_unconfirmed": _is_unconfirmed(notice),
        "is_code_over": _is_code_over(notice),
        "last": _time(notice),
        "address": typed["address"] or (notice.address if notice is not None else ""),
        "language": typed["language"] or (notice.language if notice is not None else visit.language),
        "pace": typed["pace"] or _pace(notice),
        "hour": typed["hour"] or _hour(notice),
    }


def _code_until(notice: rpc.MailNotice | None) -> datetime | None:
    """Until when the code that was sent may be typed; None where none counts."""
    if notice is None or not notice.HasField("code_end_time"):
        return None
    end_time = notice.code_end_time.ToDatetime(tzinfo=UTC)
    return end_time if end_time > datetime.now(UTC) else None


def _is_unconfirmed(notice: rpc.MailNotice | None) -> bool:
    return notice is not None and (
        notice.state == rpc.MAIL_STATE_UNCONFIRMED or notice.HasField("code_end_time")
    )


def _is_code_over(notice: rpc.MailNotice | None) -> bool:
    """Whether the address still waits for a code, and none counts that was sent."""
    return _is_unconfirmed(notice) and _code_until(notice) is None


def state_words(notice: rpc.MailNotice | None, say: Any) -> tuple[str, str]:
    """In words, and the colour of that; empty where nothing is set."""
    if notice is None:
        return "", ""
    code = word(rpc.MailState, notice.state, "MAIL_STATE_")
    if code != "GIVEN_UP" and _is_code_over(notice):
        return say("The code counts no more"), "red"
    states = {
        "UNCONFIRMED": (say("Waits for the code"), "yellow"),
        "ACTIVE": (say("Mails go there"), "green"),
        "FAILING": (say("The last mail was not taken; it is tried again"), "yellow"),
        "GIVEN_UP": (say("No mail was taken for days: set it anew"), "red"),
    }
    return states[code]


def _pace(notice: rpc.MailNotice | None) -> str:
    return word(rpc.MailPace, notice.pace, "MAIL_PACE_") if notice is not None else "AT_ONCE"


def _hour(notice: rpc.MailNotice | None) -> str:
    return str(notice.daily_hour) if notice is not None and _pace(notice) == "DAILY" else "9"


def _time(notice: rpc.MailNotice | None) -> Any:
    if notice is None or not notice.HasField("last_mail_time"):
        return None
    return notice.last_mail_time.ToDatetime(tzinfo=ATHENS)
