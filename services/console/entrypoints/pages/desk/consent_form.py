"""A consent as the desk's form has it: by whom and how it was given, and what it permits to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from kem.intake.v1 import consent_pb2 as consent
from kernel.codes import CATEGORIES, PURPOSES
from kernel.errors import Invalid, KemError
from services.console.entrypoints.forms import Form, as_choice, as_date
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.earlier import happened_typed

MOST_ROWS: Final = 30
_MONTHS: Final = {"3": 91, "6": 182, "12": 365}
_OF_AN_INTERPRETER: Final = (
    "interpreter",
    "interpreter_signed",
    "interpreter_of_age",
    "interpreter_related",
)
_FIELDS: Final = {
    "WITNESS_MISSING": "witness",
    "AUTHORITY_REFERENCE_MISSING": "authority_reference",
    "INTERPRETER_NOT_BOUND": "interpreter_signed",
    "INTERPRETER_NOT_INDEPENDENT": "interpreter_related",
    "FAMILY_CONSENT_TOO_WIDE": "covers_family",
    "HAPPENED_IN_FUTURE": "happened_day",
    "CONSENT_ALREADY_ENDED": "happened_day",
}
"""By intake's reasons the fields at which they are shown."""


@dataclass(frozen=True, slots=True)
class GrantRow:
    """What somebody may permit to one agency: which, for what, and which categories are ticked.

    Args:
        fits: the agency is one that fits the need; else whoever writes chooses it from all of them.
    """

    number: int
    agency_id: str = ""
    purpose: str = ""
    fits: bool = False
    ticked: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Nothing was chosen here."""
        return not self.agency_id and not self.purpose and not self.ticked


def rows_typed(form: Form) -> list[GrantRow]:
    """The rows as they were sent: ticks stay with the agency beside which they were made."""
    return [
        GrantRow(
            number,
            form.text(f"agency_{number}"),
            form.text(f"purpose_{number}"),
            form.has(f"fits_{number}"),
            tuple(form.all(f"categories_{number}")),
        )
        for number in range(1, MOST_ROWS + 1)
        if form.has(f"agency_{number}") or form.has(f"categories_{number}")
    ]


def consent_from(visit: Visit, version: str, language: str, sha256: str) -> consent.ConsentRecord:
    """What was typed; what is wrong with it goes to `visit.errors`, in the reader's language.

    The same form says the same however often it is sent: "now" is when its page was opened.

    Args:
        version, language, sha256: of the notice on which it rests.

    Raises:
        Invalid: FORM_INCOMPLETE: the form is not as this console gave it.
    """
    form, say = visit.form, visit.say
    record = consent.ConsentRecord(
        notice=consent.Notice(version=version, language=language, sha256=sha256),
        spoken_language=form.text("spoken_language"),
        read_aloud=form.has("read_aloud"),
        understanding_checked=form.has("understanding_checked"),
        child_assents=form.has("child_assents"),
        covers_family=form.has("covers_family"),
        witness=form.text("witness"),
        place=form.text("place"),
        safe_contact_rule=form.text("safe_contact_rule"),
        authority_reference=form.text("authority_reference"),
    )
    for name, words in (
        ("spoken_language", say("Choose in which language it was explained.")),
        ("method", say("Choose how the person agreed.")),
        ("period", say("Choose for how long.")),
    ):
        if not form.text(name):
            visit.errors.add(name, words)
    if not form.has("understanding_checked"):
        words = say("Ask: who will see what, and how do you stop it? Tick when the person has said it.")
        visit.errors.add("understanding_checked", words)
    record.method = as_choice(consent.ConsentMethod, f"CONSENT_METHOD_{form.text('method') or 'UNSPECIFIED'}")
    record.given_by = as_choice(consent.ConsentGiver, f"CONSENT_GIVER_{form.text('given_by') or 'SELF'}")
    if form.text("authority_expires"):
        day = as_date(form.text("authority_expires"))
        if day is None:
            visit.errors.add("authority_expires", say("Type the date as day/month/year."))
        else:
            record.authority_expires_date = day.isoformat()
    _interpreter(visit, record)
    happened = happened_typed(visit)
    if happened is not None:
        record.happened_time.FromDatetime(happened)
    begins = happened or form.opened_time
    record.valid_from_time.FromDatetime(begins)
    record.valid_until_time.FromDatetime(begins + timedelta(days=_MONTHS.get(form.text("period"), 1)))
    record.grants.extend(_grants_typed(visit))
    if not record.grants and not visit.errors:
        visit.errors.add("categories_1", say("Tick what the person permits, agency by agency."))
    return record


def field_of(error: KemError) -> str:
    """At which field a refusal is shown; empty where it is about none."""
    return _FIELDS.get(error.stable_reason, "")


def _interpreter(visit: Visit, record: consent.ConsentRecord) -> None:
    form, say = visit.form, visit.say
    mode = form.text("interpreter_mode")
    if not mode:
        if any(form.text(name) for name in _OF_AN_INTERPRETER):
            words = say("Choose how the interpreter took part, or leave the rest about an interpreter empty.")
            visit.errors.add("interpreter_mode", words)
        return
    record.with_interpreter = True
    record.interpreter.reference = form.text("interpreter")
    record.interpreter.mode = as_choice(consent.InterpreterMode, f"INTERPRETER_MODE_{mode}")
    record.interpreter.confidentiality_signed = form.has("interpreter_signed")
    record.interpreter.related = form.has("interpreter_related")
    record.interpreter.of_full_age = form.has("interpreter_of_age")
    if not record.interpreter.reference:
        visit.errors.add("interpreter", say("Write by which name or number the interpreter is known."))


def _grants_typed(visit: Visit) -> list[consent.Grant]:
    form, say, grants = visit.form, visit.say, []
    for row in rows_typed(form):
        if row.is_free or (row.fits and not row.ticked):
            continue
        if not row.agency_id:
            words = say("Choose which agency this is about, or take back what is chosen for it.")
            visit.errors.add(f"agency_{row.number}", words)
        elif not row.ticked:
            words = say("Tick what this agency may see, or choose no agency here.")
            visit.errors.add(f"categories_{row.number}", words)
        elif row.purpose not in PURPOSES:
            visit.errors.add(f"purpose_{row.number}", say("Choose for what it may be used."))
        else:
            grants.append(_grant(row.agency_id, row.purpose, row.ticked))
    if never := form.text("never"):
        denied, is_safety_critical = consent.GrantEffect.GRANT_EFFECT_DENY, form.has("never_safety")
        for purpose in PURPOSES:
            grant = _grant(never, purpose, tuple(CATEGORIES))
            grant.effect, grant.is_safety_critical = denied, is_safety_critical
            grants.append(grant)
    elif form.has("never_safety"):
        visit.errors.add("never", say("Choose who must never be told anything."))
    return grants


def _grant(agency_id: str, purpose: str, categories: Sequence[str]) -> consent.Grant:
    if not all(one in CATEGORIES for one in categories):
        raise Invalid("The form holds a choice that it does not have.", reason="FORM_INCOMPLETE")
    return consent.Grant(
        agency_id=agency_id,
        purpose=purpose,
        categories=categories,
        legal_basis=consent.LegalBasis.LEGAL_BASIS_CONSENT,
        effect=consent.GrantEffect.GRANT_EFFECT_PERMIT,
    )
