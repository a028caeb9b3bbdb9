"""Why an agency could see something then: each disclosure of it, and behind it whatever permitted it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from kernel import codes
from services.audit.domain.questions.question import (
    Asked,
    Body,
    Kind,
    Line,
    Question,
    columns,
    instant_of,
    time_of,
)

_GIVEN: Final = {
    "DisclosureGiven": "GIVEN",
    "HandoverRecorded": "GIVEN_BY_TELEPHONE",
    "EmergencyDisclosureGiven": "GIVEN_IN_EMERGENCY",
    "CompelledDisclosureGiven": "GIVEN_TO_AUTHORITY",
}
_STEPS: Final = {
    "EmergencyAccessRequested": "EMERGENCY_ASKED",
    "EmergencyAccessDecided": "EMERGENCY_DECIDED",
    "CompelledRequestRegistered": "COMPELLED_REGISTERED",
    "CompelledRequestDecided": "COMPELLED_DECIDED",
    "EmergencyReviewed": "REVIEWED",
}
"""What had to be done, or has to be done afterwards, where a disclosure rests on no consent."""
_NOT_BY_CONSENT: Final = frozenset({"VITAL_INTEREST", "LEGAL_OBLIGATION"})
_SHOWN: Final = 16
"""Of a hash."""


def why(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """A line for each time, and one for each ground of it; of a restricted service no categories are told."""
    seen: dict[int, Body] = {one["index"]: one for one in entries if one["fact"] is not None}
    history = [seen[index] for index in sorted(seen)]
    bit = codes.mask([asked.category])
    for one in history:
        fact = one["fact"]
        is_theirs = one["type"] in _GIVEN and fact.get("agency_id") == asked.agency_id
        # without a mask it was of a restricted service: what, is read at intake by its officers
        if is_theirs and fact.get("given_mask", bit) & bit:
            what = _GIVEN[one["type"]] if "given_mask" in fact else "GIVEN_RESTRICTED"
            yield Line.of(
                [one["index"]], time_of(one), what, _bases(fact), fact.get("purpose"), None, None, None
            )
            yield from _grounds(one, history)


def _bases(fact: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(fact.get("legal_bases") or [fact[name] for name in ("legal_basis",) if name in fact])


def _ground(one: Body, what: str, **told: Any) -> Line:
    until = told.get("until")
    return Line.of(
        [one["index"]],
        time_of(one),
        what,
        None,
        None,
        told.get("detail"),
        instant_of(until) if until else None,
        told.get("outcome"),
    )


def _grounds(given: Body, history: Sequence[Body]) -> Iterator[Line]:
    fact = given["fact"]
    yield from _steps(fact, history)
    for cell in fact.get("cell_ids", []):
        yield _ground(given, "CELL", detail=cell)
    notices = set()
    for one in history:
        told = one["fact"]
        if one["type"] == "ConsentRecorded" and told["consent_id"] in fact.get("consent_ids", []):
            notices.add(told.get("notice_version"))
            said = f"{told['consent_id']} · {told.get('notice_version') or '–'}"
            yield _ground(one, "CONSENT", detail=said, until=told["valid_until_time"])
    for one in history:
        if one["type"] == "NoticePublished" and one["fact"]["notice_version"] in notices:
            texts = ", ".join(
                f"{text['language']} {text['sha256'][:_SHOWN]}…" for text in one["fact"]["texts"]
            )
            yield _ground(one, "NOTICE", detail=f"{one['fact']['notice_version']} · {texts}")
    if agreement := _agreement(given, history):
        version = agreement["envelope"]["aggregate_version"]
        until = agreement["fact"]["valid_until_time"]
        yield _ground(agreement, "AGREEMENT", detail=str(version), until=until)


def _agreement(given: Body, history: Sequence[Body]) -> Body | None:
    """The one that held then: the version that is named, or the last that was entered before."""
    fact, number = given["fact"], given["fact"].get("agreement_version")
    if not number and _NOT_BY_CONSENT & set(_bases(fact)):
        return None
    found = [
        one
        for one in history
        if one["type"] == "AgreementChanged"
        and one["index"] < given["index"]
        and (not number or one["envelope"]["aggregate_version"] == number)
    ]
    return found[-1] if found else None


def _steps(fact: Mapping[str, Any], history: Sequence[Body]) -> Iterator[Line]:
    """What was asked, decided and looked at for one disclosure, in the ledger's order."""
    names = ("emergency_access_id", "compelled_request_id", "disclosure_id")
    its_own = {fact[name] for name in names if name in fact}
    for one in history:
        told = one["fact"]
        if one["type"] in _STEPS and its_own & {told.get(name) for name in (*names, "subject_id")}:
            yield _ground(one, _STEPS[one["type"]], **_outcome(one["type"], told))


def _outcome(kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "EmergencyAccessDecided":
        is_allowed = bool(told.get("authorised"))
        return (
            {"outcome": "ALLOWED", "until": told["valid_until_time"]}
            if is_allowed
            else {"outcome": "REFUSED"}
        )
    if kind == "CompelledRequestDecided":
        return {"outcome": "ALLOWED" if told.get("allowed_mask") else "REFUSED"}
    if kind == "EmergencyReviewed":
        return {"outcome": "JUSTIFIED" if told.get("justified") else "NOT_JUSTIFIED"}
    return {}


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "why": Question(
            "Why could this agency see this then?",
            ("AgreementChanged", "NoticePublished"),
            columns(
                time=Kind.TIME,
                what=Kind.CODE,
                basis=Kind.CODE,
                purpose=Kind.CODE,
                detail=Kind.TEXT,
                until=Kind.DAY,
                outcome=Kind.CODE,
            ),
            why,
            is_of_a_referral=True,
            is_of_an_agency=True,
        ),
    }
)
