"""Every question of the auditors, in plain words, by what it is about."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.asking import LIST
from services.console.entrypoints.pages.audit.directory_then import DIRECTORY
from services.console.entrypoints.pages.audit.fairness import FAIRNESS
from services.console.entrypoints.pages.audit.inquiries import CHILDREN, INTERPRETERS, SEEN, WHO
from services.console.entrypoints.pages.audit.ledger_questions import QUESTIONS
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.texts import N_

EVERY_QUESTION: Final = (SEEN, WHO, *QUESTIONS, DIRECTORY, CHILDREN, INTERPRETERS, FAIRNESS)
TOPICS: Final[Mapping[str, str]] = {
    "PEOPLE": N_("Who saw what of a person"),
    "CASES": N_("How cases were treated"),
    "SAFEGUARDS": N_("Whether what protects people was kept"),
    "CHANGES": N_("What a change touched"),
    "FIGURES": N_("Figures, and whether all are treated alike"),
}
"""Headings of the list, in their order."""


async def start(visit: Visit) -> Response:
    """Which questions there are."""
    topics = [
        (
            visit.say(heading),
            [(one.path, visit.say(one.asks)) for one in EVERY_QUESTION if one.topic == topic],
        )
        for topic, heading in TOPICS.items()
    ]
    return visit.render("audit/questions.html", title=visit.say("The auditor's questions"), topics=topics)


QUESTION_LIST: Final = Page(LIST, start, READERS)
