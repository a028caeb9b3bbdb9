"""What somebody has said about consent, as steps of their case: given, taken back, ended, and said no."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.codes import LANGUAGES
from kernel.errors import Exhausted, Unavailable
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.pages.desk.timeline import Step
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import word

LIST_CONSENTS: Final = "IntakeService/ListConsents"
_MOST: Final = 50
"""One call answers no more consents: each has many lines."""
_PATIENCE_SECONDS: Final = 1.5
_ENDS: Final[Mapping[str, str]] = {
    "WITHDRAWN": N_("Consent was taken back"),
    "TERMINATED": N_("Consent was ended: what it was for is over"),
    "INVALIDATED": N_("Consent was ended: it does not count"),
    "OBJECTED": N_("The person objects"),
    "DENIAL_LIFTED": N_("A prohibition was lifted by child protection"),
}
_ANSWERS: Final[Mapping[str, str]] = {
    "REQUESTED": N_("Was asked for consent, has not answered yet"),
    "DEFERRED": N_("Wants to think about consent"),
    "REFUSED": N_("Said no to consent"),
}

log = structlog.get_logger(__name__)

Consents = intake.ListConsentsResponse


async def consents_of(visit: Visit, *, timeout: float | None = None) -> Consents:
    """Of the person of the address, the newest first: as many as one call answers."""
    request = intake.ListConsentsRequest(beneficiary_id=visit.path_value("person"), page_size=_MOST)
    answer: Consents = await visit.ask(visit.hub.intake.ListConsents, request, timeout=timeout)
    return answer


async def consents_soon(visit: Visit) -> Consents | None:
    """The same for a page that can do without; None where it is not answered soon."""
    try:
        return await consents_of(visit, timeout=_PATIENCE_SECONDS)
    except (Unavailable, Exhausted) as error:
        log.warning("case_without_consents", reason=error.stable_reason)
        return None


def steps_of_consents(here: str, said: Consents | None, directory: Directory, visit: Visit) -> Iterator[Step]:
    """Each leading to the person's consents.

    Args:
        here: the address of the person's page.
    """
    if said is None:
        return
    say, href = visit.say, f"{here}/consents"
    for one in said.consents:
        spoken = named(LANGUAGES, one.spoken_language, visit.language)
        text = say("Explained in: %(language)s") % {"language": spoken}
        yield Step(say("Consent was given"), _at(one.happened_time), text, href)
        for title, time, agencies in _ends(one, directory, visit):
            yield Step(title, time, ", ".join(agencies), href)
    for answer in said.answers:
        code = word(consent.ConsentAnswer, answer.answer, "CONSENT_ANSWER_")
        if code in _ANSWERS:
            about = directory.agency(answer.agency_id) if answer.HasField("agency_id") else ""
            about = about or say("About all agencies")
            yield Step(say(_ANSWERS[code]), _at(answer.happened_time), about, href)


def _ends(
    one: consent.ListedConsent, directory: Directory, visit: Visit
) -> Iterator[tuple[str, datetime, list[str]]]:
    """What was taken back or ended, at which time, for which agencies: what was said at once is one."""
    found: dict[tuple[str, datetime], dict[str, None]] = defaultdict(dict)
    for line in one.grants:
        state = word(consent.ConsentState, line.state, "CONSENT_STATE_")
        if state in _ENDS and line.HasField("withdrawn_time"):
            found[state, _at(line.withdrawn_time)][directory.agency(line.grant.agency_id)] = None
    for (state, time), agencies in found.items():
        yield visit.say(_ENDS[state]), time, sorted(filter(None, agencies))


def _at(stamp: Any) -> datetime:
    found: datetime = stamp.ToDatetime(tzinfo=UTC)
    return found
