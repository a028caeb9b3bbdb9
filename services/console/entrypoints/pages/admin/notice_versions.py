"""The notices on which consent rests: their versions, and what each of them says."""

from datetime import UTC
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from kem.intake.v1 import consent_policy_service_pb2 as policy
from kernel.errors import NotFound
from services.console.adapters.catalogue import OWN_NAMES
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.admin.registers import table
from services.console.entrypoints.pages.admin.roles import KEEPERS
from services.console.entrypoints.pages.desk.notice_text import notice_text
from services.console.entrypoints.rendering import Written

_NOTICES: Final = "/admin/notices"
_LIST: Final = "ConsentPolicyService/ListNotices"
_GET: Final = "ConsentPolicyService/GetNotice"
_PAGE: Final = 200


class NoticeVersionPages:
    """The register, and one version as it is read to people."""

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        return (
            Page(_NOTICES, self.notices, KEEPERS, (_LIST,)),
            Page(f"{_NOTICES}/{{version}}", self.notice, KEEPERS, (_LIST, _GET)),
        )

    async def notices(self, visit: Visit) -> Response:
        """The newest first, with the languages in which each is written."""
        say, written = visit.say, Written(visit.language)
        listed = await visit.ask(
            visit.hub.policy.ListNotices,
            policy.ListNoticesRequest(page_size=_PAGE, page_token=visit.query("page")),
        )
        rows = [
            (
                (f"{_NOTICES}/{quote(one.version, safe='')}", one.version),
                written.date(one.published_time.ToDatetime(tzinfo=UTC)),
                ", ".join(OWN_NAMES.get(each.language, each.language) for each in one.hashes),
                one.terms.controller,
            )
            for one in listed.notices
        ]
        heads = [say("Version"), say("Published"), say("Languages"), say("Controller")]
        note = say("A data protection officer publishes a new version by ./kem notices publish.")
        return table(visit, say("Notices"), heads, rows, onward=listed.next_page_token, note=note)

    async def notice(self, visit: Visit) -> Response:
        """One version as it is read to people, in one of its languages.

        Raises:
            NotFound: no such version was published, or not in this language.
        """
        version = visit.path_value("version")
        found = await self._notice(visit, version)
        there = [one.language for one in found.hashes]
        wanted = visit.query("in") or next((one for one in (visit.language, "en") if one in there), there[0])
        if wanted not in there:
            raise _no_notice()
        return visit.render(
            "admin/notice.html",
            title=visit.say("Notice %(version)s") % {"version": version},
            notice=found,
            published=found.published_time.ToDatetime(tzinfo=UTC),
            text=await notice_text(visit, version, wanted),
            here=visit.request.url.path,
            written_in=[(one, OWN_NAMES.get(one, one)) for one in there],
        )

    async def _notice(self, visit: Visit, version: str) -> policy.ListedNotice:
        token = ""
        while True:
            request = policy.ListNoticesRequest(page_size=_PAGE, page_token=token)
            listed = await visit.ask(visit.hub.policy.ListNotices, request)
            for one in listed.notices:
                if one.version == version and one.hashes:
                    return one  # type: ignore[no-any-return]  # a call answers anything
            token = listed.next_page_token
            if not token:
                raise _no_notice()


def _no_notice() -> NotFound:
    return NotFound("There is no such notice.", reason="NOTICE_NOT_FOUND")
