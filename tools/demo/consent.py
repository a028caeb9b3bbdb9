"""The consent that an invented person gives."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kem.intake.v1 import beneficiary_pb2, consent_pb2
from kernel import codes
from tools.notices.publishing import sample_notice

NEVER_SHARED: Final = frozenset({"PROTECTION", "CASE_CODE"})
_ATHENS: Final = ZoneInfo("Europe/Athens")
_LASTS: Final = timedelta(days=180)


def sample_consent(
    person: beneficiary_pb2.Beneficiary, language: str, purposes_of: Mapping[str, Iterable[str]]
) -> consent_pb2.ConsentRecord:
    """To these agencies, each for its purposes; by a parent and with the child's assent for a child.

    Args:
        language: in which it was explained, ISO 639-3.
    """
    is_child = person.HasField("guardian")
    now = datetime.now(UTC)
    shared = sorted(set(codes.CATEGORIES) - NEVER_SHARED)
    consent = consent_pb2.ConsentRecord(
        notice=sample_notice(_NOTICE_LANGUAGES.get(language, "en")),
        spoken_language=language,
        method=consent_pb2.CONSENT_METHOD_VERBAL_WITNESSED,
        given_by=consent_pb2.CONSENT_GIVER_PARENT if is_child else consent_pb2.CONSENT_GIVER_SELF,
        authority_reference=person.guardian.authority_reference,
        read_aloud=True,
        understanding_checked=True,
        child_assents=is_child,
        witness="Worker of the desk (sample)",
        place="KEM (sample)",
        grants=[
            consent_pb2.Grant(
                agency_id=agency,
                purpose=purpose,
                categories=shared,
                legal_basis=consent_pb2.LEGAL_BASIS_CONSENT,
                effect=consent_pb2.GRANT_EFFECT_PERMIT,
            )
            for agency in sorted(purposes_of)
            for purpose in sorted(purposes_of[agency])
        ],
    )
    if person.interpreter_needed:
        consent.with_interpreter = True
        consent.interpreter.CopyFrom(
            consent_pb2.Interpreter(
                reference="Interpreter 12 (sample)",
                mode=consent_pb2.INTERPRETER_MODE_TELEPHONE,
                confidentiality_signed=True,
                of_full_age=True,
            )
        )
    consent.valid_from_time.FromDatetime(now - timedelta(seconds=5))
    until = now + _LASTS
    consent.valid_until_time.FromDatetime(min(until, _of_age(person)) if is_child else until)
    return consent


_NOTICE_LANGUAGES: Final = {
    "ell": "el",
    "ara": "ar",
    "fas": "fa",
    "pes": "fa",
    "prs": "fa",
    "urd": "ur",
    "fra": "fr",
}


def _of_age(child: beneficiary_pb2.Beneficiary) -> datetime:
    born = date.fromisoformat(child.birth.date)
    is_leap = (born.month, born.day) == (2, 29)
    day = date(born.year + 18, 3, 1) if is_leap else born.replace(year=born.year + 18)
    return datetime.combine(day, time(), tzinfo=_ATHENS)
