"""A person's time at the desk: what was explained, in which language, through whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel import codes
from kernel.errors import Invalid
from kernel.ids import BeneficiaryId
from services.intake.domain.consent import Interpreter


class VisitMode(StrEnum):
    """How the person and the desk spoke."""

    AT_DESK = "AT_DESK"
    BY_TELEPHONE = "BY_TELEPHONE"
    BY_VIDEO = "BY_VIDEO"
    OUTREACH = "OUTREACH"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit was; `topics` are codes of VISIT_TOPICS, the language is ISO 639-3."""

    topics: tuple[str, ...]
    spoken_language: str
    mode: VisitMode
    interpreter: Interpreter | None = None


@dataclass(frozen=True, slots=True)
class RecordedVisit:
    """A visit on record. `visit` is None where what it was about has been destroyed."""

    visit_id: UUID
    beneficiary_id: BeneficiaryId
    happened_time: datetime
    recorded_time: datetime
    visit: Visit | None = None


def check_visit(visit: Visit) -> None:
    """Refuses what no list knows. Who interpreted is recorded as it was, whoever that was.

    Raises:
        Invalid: UNKNOWN_CODE.
    """
    codes.language(visit.spoken_language)
    unknown = [topic for topic in visit.topics if topic not in codes.LISTS["VISIT_TOPICS"]]
    if unknown:
        raise Invalid(
            "There is no such topic of visits: look at the list VISIT_TOPICS.",
            reason="UNKNOWN_CODE",
            list="VISIT_TOPICS",
        )
