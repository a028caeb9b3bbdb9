"""Notices by e-mail: whether a mail tells somebody that something waits, at an agency or for officers."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.notifications.v1 import mail_service_pb2 as rpc
from kem.notifications.v1.delivery_pb2 import Inbox
from kernel.errors import Conflict, Exhausted, Invalid, NotFound, RuleBroken, Unavailable
from kernel.vocabulary import Role
from services.console.adapters.catalogue import OWN_NAMES, STAFF_LANGUAGES
from services.console.adapters.names import Names
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.naming import LIST_COLLEAGUES, colleagues_of, worker_name
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.mail_states import shown_notice, state_words
from services.console.entrypoints.pages.waiting import OFFICERS
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import word

MAILED: Final = DESK | OFFICERS
"""Whom mails may tell of something."""
_PATH: Final = "/notices"
_SERVICE: Final = "MailService/"
_OF_AGENCY: Final = {
    "AGENCY": N_("What is offered to your agency, and asked back from it"),
    "DESK": N_("What moves in the referrals that your agency sent"),
}
_OF_OFFICERS: Final = {
    "DPO": (
        Role.DPO,
        N_(
            "What waits for data protection officers: emergencies, requests by right, complaints, and data"
            " asked back and not answered"
        ),
    ),
    "SAFEGUARDING": (
        Role.SAFEGUARDING_OFFICER,
        N_("What waits for safeguarding officers: complaints, and emergencies to review"),
    ),
}
_INBOXES: Final = (*_OF_AGENCY, *_OF_OFFICERS)
_LANGUAGES: Final = tuple((code, OWN_NAMES[code]) for code in STAFF_LANGUAGES)
_PACES: Final = ("AT_ONCE", "HOURLY", "DAILY")
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, NotFound, Unavailable)
_TOO_MANY_CODES: Final = "TOO_MANY_MAIL_CODES"
_SENDS: Final = ("POST",)


class NoticesPage:
    """One form for each inbox of whoever looks; for an agency's admin also whom mails tell."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        reads, of_admins = _SERVICE + "ListMailNotices", {Role.AGENCY_ADMIN: (LIST_COLLEAGUES,)}
        acts = {"set": self.set, "confirm": self.confirm, "remove": self.remove}
        return (
            Page(_PATH, self.look, MAILED, (reads,), calls_of=of_admins),
            *(
                Page(
                    f"{_PATH}/{name}",
                    act,
                    MAILED,
                    (f"{_SERVICE}{name.title()}MailNotice", reads),
                    _SENDS,
                    calls_of=of_admins,
                )
                for name, act in acts.items()
            ),
        )

    async def look(self, visit: Visit) -> Response:
        """As it is set."""
        return await self._page(visit)

    async def set(self, visit: Visit) -> Response:
        """Where, how often, in which language."""
        form, inbox = visit.form, _inbox(visit)
        address, language, pace, hour = (
            form.text(f"{name}_{inbox}") for name in ("address", "language", "pace", "hour")
        )
        if not address:
            visit.errors.add(f"address_{inbox}", visit.say("Type an e-mail address."))
        if language not in STAFF_LANGUAGES:
            visit.errors.add(f"language_{inbox}", visit.say("Choose a language."))
        if pace not in _PACES:
            visit.errors.add(f"pace_{inbox}", visit.say("Choose how often."))
        if visit.errors:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = rpc.SetMailNoticeRequest(
            request_id=form.request_id,
            inbox=Inbox.Value(f"INBOX_{inbox}"),
            address=address,
            language=language,
            pace=rpc.MailPace.Value(f"MAIL_PACE_{pace}"),
            daily_hour=int(hour) if hour.isdecimal() and int(hour) < 24 else 9,
        )
        return await self._do(visit, visit.hub.mail.SetMailNotice, request, f"address_{inbox}", _said_of)

    async def confirm(self, visit: Visit) -> Response:
        """By the code that was sent."""
        inbox = _inbox(visit)
        code = visit.form.digits(f"code_{inbox}")
        if not code:
            visit.errors.add(f"code_{inbox}", visit.say("Type the code that was sent there."))
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = rpc.ConfirmMailNoticeRequest(inbox=Inbox.Value(f"INBOX_{inbox}"), code=code[:20])
        method = visit.hub.mail.ConfirmMailNotice
        return await self._do(visit, method, request, f"code_{inbox}", lambda _: "mail-confirmed")

    async def remove(self, visit: Visit) -> Response:
        """One's own, or a colleague's."""
        inbox = _inbox(visit)
        request = rpc.RemoveMailNoticeRequest(
            request_id=visit.form.request_id,
            inbox=Inbox.Value(f"INBOX_{inbox}"),
            principal_id=visit.form.text("whose") or None,
        )
        method = visit.hub.mail.RemoveMailNotice
        return await self._do(visit, method, request, f"address_{inbox}", lambda _: "mail-removed")

    async def _do(
        self, visit: Visit, method: Any, request: Any, field: str, said: Callable[[Any], str]
    ) -> Response:
        try:
            answer = await visit.ask(method, request)
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
        return visit.go(_PATH, said(answer))

    async def _page(self, visit: Visit, code: int = HTTPStatus.OK) -> Response:
        say = visit.say
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
                shown_notice(inbox, heading, found.get(inbox), visit) for inbox, heading in _inboxes_of(visit)
            ],
            languages=_LANGUAGES,
            paces=[
                ("AT_ONCE", say("At once")),
                ("HOURLY", say("At most once an hour")),
                ("DAILY", say("Once a day")),
            ],
            hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
            others=others,
            is_admin=_is_admin(visit),
        )

    async def _others(self, visit: Visit) -> list[dict[str, str]]:
        """Of everybody else at the agency, for its admin."""
        if not _is_admin(visit):
            return []
        listed, colleagues = await asyncio.gather(
            visit.ask(visit.hub.mail.ListMailNotices, rpc.ListMailNoticesRequest(of_agency=True)),
            colleagues_of(visit, self._names),
        )
        headings = dict(_inboxes_of(visit))
        return [
            {
                "whose": one.principal_id,
                "name": worker_name(one.principal_id, colleagues, visit),
                "inbox": (inbox := word(Inbox, one.inbox, "INBOX_")),
                "heading": headings[inbox],
                "state": state_words(one, visit.say)[0],
            }
            for one in listed.notices
            if one.principal_id != visit.staff.principal_id
        ]


def _inbox(visit: Visit) -> str:
    found = visit.form.text("inbox")
    if found not in _INBOXES:
        raise NotFound("There is no such inbox.")
    return found


def _is_admin(visit: Visit) -> bool:
    return visit.staff.has(Role.AGENCY_ADMIN) and visit.staff.agency_id is not None


def _inboxes_of(visit: Visit) -> list[tuple[str, str]]:
    """Each with what is told of it: an agency's two, or those of the hub's own officers."""
    staff = visit.staff
    if staff.agency_id is not None:
        return [(code, visit.say(text)) for code, text in _OF_AGENCY.items() if staff.has(*DESK)]
    return [(code, visit.say(text)) for code, (role, text) in _OF_OFFICERS.items() if staff.has(role)]


def _said_of(answer: rpc.SetMailNoticeResponse) -> str:
    return "mail-code" if answer.notice.state == rpc.MAIL_STATE_UNCONFIRMED else "mail-set"
