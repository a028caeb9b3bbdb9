"""What was asked back from agencies, what they have said became of it, and who has not answered."""

from collections.abc import Mapping
from datetime import UTC
from typing import Final

from starlette.responses import Response

from kem.disclosure.v1 import recall_service_pb2 as recall
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.roles import READERS, REVIEWERS
from services.console.entrypoints.words import RECALL_CAUSES, names_of, word

LIST: Final = "/audit/recalls"
_PAGE: Final = 50
_FILTERS: Final[Mapping[str, recall.RecallFilter.ValueType]] = {
    "open": recall.RECALL_FILTER_OPEN,
    "overdue": recall.RECALL_FILTER_OVERDUE,
    "all": recall.RECALL_FILTER_ALL,
}


class RecallPages:
    """The list of everybody's, for an officer."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        calls = ("RecallService/ListRecalls", "DirectoryService/ListAgencies")
        return (Page(LIST, self.recalls, REVIEWERS, calls),)

    async def recalls(self, visit: Visit) -> Response:
        """Those that nobody has answered, the earliest due first; those whose time is over; or all."""
        view = visit.query("view") if visit.query("view") in _FILTERS else "open"
        request = recall.ListRecallsRequest(
            view=recall.RECALL_VIEW_SENT,
            filter=_FILTERS[view],
            page_size=_PAGE,
            page_token=visit.query("after")[:200],
        )
        listed = await visit.ask(visit.hub.recalls.ListRecalls, request)
        agencies, language = await self._names.agencies(visit.staff.metadata), visit.language
        rows = []
        for one in listed.recalls:
            cause = word(recall.RecallCause, one.cause, "RECALL_CAUSE_")
            agency = agencies.get(one.agency_id)
            is_answered = one.HasField("acknowledgement")
            rows.append(
                {
                    "referral_id": one.referral_id,
                    "agency": text_of(agency.name, language) if agency else one.agency_id[:8],
                    "cause": visit.say(RECALL_CAUSES.get(cause, cause)),
                    "opened": one.opened_time.ToDatetime(tzinfo=UTC),
                    "due": one.due_time.ToDatetime(tzinfo=UTC),
                    "is_overdue": one.overdue,
                    "what": ", ".join(names_of(codes.CATEGORIES, one.recalled_categories, language)),
                    "count": one.disclosure_count,
                    "answered": one.acknowledgement.acknowledged_time.ToDatetime(tzinfo=UTC)
                    if is_answered
                    else None,
                    "answer": _answer(one.acknowledgement, visit) if is_answered else "",
                    "words": one.acknowledgement.words,
                }
            )
        return visit.render(
            "audit/recalls.html",
            title=visit.say("Data asked back"),
            rows=rows,
            view=view,
            views=[
                ("open", visit.say("Not answered")),
                ("overdue", visit.say("Overdue")),
                ("all", visit.say("All")),
            ],
            here=f"{LIST}?view={view}",
            is_first=not visit.query("after"),
            onward=listed.next_page_token,
            reads_ledger=visit.staff.has(*READERS),
        )


def _answer(said: recall.RecallAcknowledgement, visit: Visit) -> str:
    language = visit.language
    parts = []
    if said.destroyed_categories:
        what = ", ".join(names_of(codes.CATEGORIES, said.destroyed_categories, language))
        parts.append(visit.say("Destroyed: %(what)s.") % {"what": what})
    if said.kept_categories:
        grounds = {**codes.LISTS["KEPT_GROUNDS"], **codes.LISTS["HUB_KEPT_GROUNDS"]}
        what = ", ".join(names_of(codes.CATEGORIES, said.kept_categories, language))
        why = named(grounds, said.kept_ground, language)
        parts.append(visit.say("Kept: %(what)s (%(why)s).") % {"what": what, "why": why})
    return " ".join(parts)
