"""The notice that is read to somebody before they permit anything."""

from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from kem.intake.v1 import consent_policy_service_pb2 as policy
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import LANGUAGES
from kernel.errors import NotFound
from services.console.adapters.catalogue import RIGHT_TO_LEFT
from services.console.entrypoints.page import Visit


async def newest_notice(visit: Visit) -> policy.ListedNotice:
    """The notice that is in use.

    Raises:
        NotFound: none was published yet.
    """
    listed = await visit.ask(visit.hub.policy.ListNotices, policy.ListNoticesRequest(page_size=1))
    if not listed.notices:
        raise NotFound(
            "No notice has been published, so no consent can rest on one; ask the data protection officer.",
            reason="NOTICE_NOT_PUBLISHED",
        )
    newest: policy.ListedNotice = listed.notices[0]
    return newest


async def notice_text(visit: Visit, version: str, language: str) -> dict[str, Any]:
    """A notice in one of its languages, as a page shows it."""
    request = policy.GetNoticeRequest(version=version, language=language)
    answer = await visit.ask(visit.hub.policy.GetNotice, request)
    return {
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "html": _written(answer.text.text),
    }


def page_language(known: messages.GetBeneficiaryResponse, notice: policy.ListedNotice) -> str:
    """The notice's language for this person: the best of theirs that it is written in."""
    there = {one.language for one in notice.hashes}
    for skill in known.beneficiary.languages:
        page = LANGUAGES[skill.language].page if skill.language in LANGUAGES else ""
        if page in there:
            return page
    return "en" if "en" in there else min(there)


@lru_cache(maxsize=64)
def _written(text: str) -> Markup:
    """A notice's Markdown as a page shows it: its headings below the page's, markup within it as text."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  it escapes by itself
