"""Why nobody fits: what stands in the way of the services that come nearest."""

from collections.abc import Sequence

from services.referral.domain.candidate import Candidate
from services.referral.domain.conditions import Condition, Exclusion, Question
from services.referral.domain.spoken_languages import understanding

NO_SERVICE = "NO_SERVICE"
NO_PLACE = "NO_PLACE"
NO_LANGUAGE = "NO_LANGUAGE"
NOT_ELIGIBLE_ANYWHERE = "NOT_ELIGIBLE_ANYWHERE"
NO_AGREEMENT = "NO_AGREEMENT"
NO_CONSENT = "NO_CONSENT"

_MEANING = {
    Exclusion.CONSENT: NO_CONSENT,
    Exclusion.NO_PLACE: NO_PLACE,
    Exclusion.CLOSED: NO_PLACE,
    Exclusion.LANGUAGE: NO_LANGUAGE,
    Exclusion.AGREEMENT: NO_AGREEMENT,
    Exclusion.AGE: NOT_ELIGIBLE_ANYWHERE,
    Exclusion.SEX: NOT_ELIGIBLE_ANYWHERE,
    Exclusion.HOUSEHOLD: NOT_ELIGIBLE_ANYWHERE,
    Exclusion.STATUS: NOT_ELIGIBLE_ANYWHERE,
    Exclusion.DOCUMENT_ENDS: NOT_ELIGIBLE_ANYWHERE,
    Exclusion.ACCESS: NOT_ELIGIBLE_ANYWHERE,
}
_FIRST_TOLD = (NO_CONSENT, NO_PLACE, NO_LANGUAGE, NO_AGREEMENT, NOT_ELIGIBLE_ANYWHERE)
_OUT_OF_REACH = frozenset(
    (Exclusion.TYPE, Exclusion.SUSPENDED, Exclusion.AREA, Exclusion.AVOIDED, Exclusion.DECLINED)
)


def unmatched_reason(
    question: Question,
    candidates: Sequence[Candidate],
    conditions: tuple[tuple[Exclusion, Condition], ...],
) -> str:
    """A code of the UNMATCHED list.

    A service in reach is one that is running, serves the area and has not said no. Where none is: NO_SERVICE.
    Else what stands in the way of those that fail in the fewest kinds of conditions; among several, what can
    be put right soonest. NO_CONSENT is told only where the person's consent would open a door.
    """
    barriers: list[frozenset[str]] = []
    for candidate in candidates:
        understood = understanding(
            question.profile.languages, candidate.languages, candidate.interpreter_languages
        )
        failing = {reason for reason, fails in conditions if fails(question, candidate, understood)}
        if not failing & _OUT_OF_REACH:
            barriers.append(frozenset(_MEANING[reason] for reason in failing))
    if not barriers:
        return NO_SERVICE
    fewest = min(len(barrier) for barrier in barriers)
    nearest = frozenset[str]().union(*(barrier for barrier in barriers if len(barrier) == fewest))
    if fewest > 1 and nearest != {NO_CONSENT}:
        nearest -= {NO_CONSENT}
    return next(reason for reason in _FIRST_TOLD if reason in nearest)
