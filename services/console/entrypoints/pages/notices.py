"""Notices by e-mail: whether a mail tells somebody that something waits in their agency's inbox."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.notifications.v1 import mail_service_pb2 as rpc
from kem.notifications.v1.delivery_pb2 import Inbox
from kernel.errors import Conflict, Exhausted, Invalid, NotFound, RuleBroken, Unavailable
from kernel.vocabulary import Role
from services.console.adapters.names import Names
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.naming import LIST_COLLEAGUES, colleagues_of, worker_name
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import ATHENS, Written
from services.console.entrypoints.words import word

_PATH: Final = "/notices"
_SERVICE: Final = "MailService/"
_INBOXES: Final = ("AGENCY", "DESK")
_PACES: Final = ("AT_ONCE", "HOURLY", "DAILY")
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, NotFound, Unavailable)
_TOO_MANY_CODES: Final = "TOO_MANY_MAIL_CODES"
_SENDS: Final = ("POST",)


class NoticesPage:
    """One form for each inbox; for an agency's admin also whom mails tell."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        reads = (_SERVICE + "ListMailNotices", LIST_COLLEAGUES)
        return (
            Page(_PATH, self.look, DESK, reads),
            Page(_PATH + "/set", self.set, DESK, (_SERVICE + "SetMailNotice", *reads), _SENDS),
            Page(_PATH + "/confirm", self.confirm, DESK, (_SERVICE + "ConfirmMailNotice", *reads), _SENDS),
            Page(_PATH + "/remove", self.remove, DESK, (_SERVICE + "RemoveMailNotice", *reads), _SENDS),
        )

    async def look(self, visit: Visit) -> Response:
        """As it is set."""
        return await self._page(visit)

    async def set(self, visit: Visit) -> Response:
        """Where, how often, in which language."""
        form, inbox = visit.form, _inbox(visit)
        address, pace, hour = (form.text(f"{name}_{inbox}") for name in ("address", "pace", "hour"))
        if not address:
            visit.errors.add(f"address_{inbox}", visit.say("Type an e-mail address."))
        if pace not in _PACES:
            visit.errors.add(f"pace_{inbox}", visit.say("Choose how often."))
        if visit.errors:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = rpc.SetMailNoticeRequest(
            request_id=form.request_id,
            inbox=Inbox.Value(f"INBOX_{inbox}"),
            address=address,
            language="el" if visit.language == "el" else "en",
            pace=rpc.MailPace.Value(f"MAIL_PACE_{pace}"),
            daily_hour=int(hour) if hour.isdecimal() and int(hour) < 24 else 9,
        )
        return await self._do(visit, visit.hub.mail.SetMailNotice, request, f"address_{inbox}", "mail-set")

    async def confirm(self, visit: Visit) -> Response:
        """By the code that was sent."""
        inbox = _inbox(visit)
        code = visit.form.digits(f"code_{inbox}")
        if not code:
            visit.errors.add(f"code_{inbox}", visit.say("Type the code that was sent there."))
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = rpc.ConfirmMailNoticeRequest(inbox=Inbox.Value(f"INBOX_{inbox}"), code=code[:20])
        method = visit.hub.mail.ConfirmMailNotice
        return await self._do(visit, method, request, f"code_{inbox}", "mail-confirmed")

    async def remove(self, visit: Visit) -> Response:
        """One's own, or a colleague's."""
        inbox = _inbox(visit)
        request = rpc.RemoveMailNoticeRequest(
            request_id=visit.form.request_id,
            inbox=Inbox.Value(f"INBOX_{inbox}"),
            principal_id=visit.form.text("whose") or None,
        )
        method = visit.hub.mail.RemoveMailNotice
        return await self._do(visit, method, request, f"address_{inbox}", "mail-removed")

    async def _do(self, visit: Visit, method: Any, request: Any, field: str, said: str) -> Response:
        try:
            await visit.ask(method, request)
        except _SENT_AGAIN as error:
            visit.errors.add(field, str(words_for(error, visit.language)))
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        except Exhausted as error:
            if error.stable_reason != _TOO_MANY_CODES:
                raise
            again = datetime.now(UTC) + timedelta(seconds=error.retry_delay_seconds)
            words = visit.say(
                "Within a day so many codes were asked for, by you or for this address. Nothing was changed;"
                " set it again after %(time)s."
            )
            visit.errors.add(field, words % {"time": Written(visit.language).datetime(again)})
            return await self._page(visit, HTTPStatus.TOO_MANY_REQUESTS)
        return visit.go(_PATH, said)

    async def _page(self, visit: Visit, code: int = HTTPStatus.OK) -> Response:
        user, say = visit.staff, visit.say
        own, others = await asyncio.gather(
            visit.ask(visit.hub.mail.ListMailNotices, rpc.ListMailNoticesRequest()), self._others(visit)
        )
        found = {word(Inbox, one.inbox, "INBOX_"): one for one in own.notices}
        return visit.render(
            "notices.html",
            title=say("Notices by e-mail"),
            code=code,
            sends_mail=own.sends_mail,
            inboxes=[
                {
                    "code": inbox,
                    "heading": heading,
                    "notice": found.get(inbox),
                    "state": _state(found.get(inbox), say),
                    "last": _time(found.get(inbox)),
                    "address": visit.form.text(f"address_{inbox}") or _address(found.get(inbox)),
                    "pace": visit.form.text(f"pace_{inbox}") or _pace(found.get(inbox)),
                    "hour": visit.form.text(f"hour_{inbox}") or _hour(found.get(inbox)),
                }
                for inbox, heading in (
                    ("AGENCY", say("What is offered to your agency, and asked back from it")),
                    ("DESK", say("What moves in the referrals that your agency sent")),
                )
            ],
            paces=[
                ("AT_ONCE", say("At once")),
                ("HOURLY", say("At most once an hour")),
                ("DAILY", say("Once a day")),
            ],
            hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
            others=others,
            is_admin=user.has(Role.AGENCY_ADMIN),
        )

    async def _others(self, visit: Visit) -> list[dict[str, str]]:
        """Of everybody else at the agency, for its admin."""
        if not visit.staff.has(Role.AGENCY_ADMIN):
            return []
        listed, colleagues = await asyncio.gather(
            visit.ask(visit.hub.mail.ListMailNotices, rpc.ListMailNoticesRequest(of_agency=True)),
            colleagues_of(visit, self._names),
        )
        return [
            {
                "whose": one.principal_id,
                "name": worker_name(one.principal_id, colleagues, visit),
                "inbox": word(Inbox, one.inbox, "INBOX_"),
                "state": _state(one, visit.say)[0],
            }
            for one in listed.notices
            if one.principal_id != visit.staff.principal_id
        ]


def _inbox(visit: Visit) -> str:
    found = visit.form.text("inbox")
    if found not in _INBOXES:
        raise NotFound("There is no such inbox.")
    return found


def _state(notice: rpc.MailNotice | None, say: Any) -> tuple[str, str]:
    """In words, and the colour of that; empty where nothing is set."""
    if notice is None:
        return "", ""
    states = {
        "UNCONFIRMED": (say("Waits for the code"), "yellow"),
        "ACTIVE": (say("Mails go there"), "green"),
        "FAILING": (say("The last mail was not taken; it is tried again"), "yellow"),
        "GIVEN_UP": (say("No mail was taken for days: set it anew"), "red"),
    }
    return states[word(rpc.MailState, notice.state, "MAIL_STATE_")]


def _address(notice: rpc.MailNotice | None) -> str:
    return notice.address if notice is not None else ""


def _pace(notice: rpc.MailNotice | None) -> str:
    return word(rpc.MailPace, notice.pace, "MAIL_PACE_") if notice is not None else "AT_ONCE"


def _hour(notice: rpc.MailNotice | None) -> str:
    return str(notice.daily_hour) if notice is not None and _pace(notice) == "DAILY" else "9"


def _time(notice: rpc.MailNotice | None) -> Any:
    if notice is None or not notice.HasField("last_mail_time"):
        return None
    return notice.last_mail_time.ToDatetime(tzinfo=ATHENS)
