"""A consent as the desk's form has it: by whom and how it was given, and what it permits to whom."""

from datetime import UTC, datetime, timedelta
from typing import Final

from kem.intake.v1 import consent_pb2 as consent
from kernel.codes import CATEGORIES, PURPOSES
from services.console.entrypoints.forms import as_choice, as_date, as_past
from services.console.entrypoints.page import Visit

MOST_GRANTS: Final = 6
_MONTHS: Final = {"3": 91, "6": 182, "12": 365}


def consent_from(visit: Visit, version: str, language: str, sha256: str) -> consent.ConsentRecord:
    """What was typed; what is wrong with it goes to `visit.errors`, in the reader's language.

    Args:
        version, language, sha256: of the notice on which it rests.
    """
    form, say = visit.form, visit.say
    now = datetime.now(UTC)
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
    if mode := form.text("interpreter_mode"):
        record.with_interpreter = True
        record.interpreter.reference = form.text("interpreter")
        record.interpreter.mode = as_choice(consent.InterpreterMode, f"INTERPRETER_MODE_{mode}")
        record.interpreter.confidentiality_signed = form.has("interpreter_signed")
        record.interpreter.related = form.has("interpreter_related")
        record.interpreter.of_full_age = form.has("interpreter_of_age")
        if not record.interpreter.reference:
            visit.errors.add("interpreter", say("Write by which name or number the interpreter is known."))
    happened = now
    if form.text("happened_day"):
        at = as_past(form.text("happened_day"), form.text("happened_clock"))
        if at is None:
            visit.errors.add("happened_day", say("Type day and time as 31/12/2026 and 14:30."))
        else:
            happened = at
            record.happened_time.FromDatetime(happened)
    record.valid_from_time.FromDatetime(happened)
    days = _MONTHS.get(form.text("period"), 0)
    record.valid_until_time.FromDatetime(happened + timedelta(days=days or 1))
    record.grants.extend(_grants_typed(visit))
    if not record.grants:
        visit.errors.add("agency_1", say("Tick what the person permits, agency by agency."))
    return record


def _grants_typed(visit: Visit) -> list[consent.Grant]:
    form, grants = visit.form, []
    for row in range(1, MOST_GRANTS + 1):
        agency_id, ticked = form.text(f"agency_{row}"), form.all(f"categories_{row}")
        if not agency_id or not ticked:
            continue
        purpose = form.text(f"purpose_{row}")
        if purpose not in PURPOSES:
            visit.errors.add(f"purpose_{row}", visit.say("Choose for what it may be used."))
            continue
        grants.append(
            consent.Grant(
                agency_id=agency_id,
                purpose=purpose,
                categories=[one for one in ticked if one in CATEGORIES],
                legal_basis=consent.LegalBasis.LEGAL_BASIS_CONSENT,
                effect=consent.GrantEffect.GRANT_EFFECT_PERMIT,
            )
        )
    if never := form.text("never"):
        grants += [
            consent.Grant(
                agency_id=never,
                purpose=purpose,
                categories=list(CATEGORIES),
                legal_basis=consent.LegalBasis.LEGAL_BASIS_CONSENT,
                effect=consent.GrantEffect.GRANT_EFFECT_DENY,
                is_safety_critical=form.has("never_safety"),
            )
            for purpose in PURPOSES
        ]
    return grants
