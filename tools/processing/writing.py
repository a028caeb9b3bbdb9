"""The record of processing as Markdown, in Greek or English."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kem.disclosure.v1.disclosure_service_pb2 import Agreement
from kem.intake.v1.retention_service_pb2 import RetentionStart
from kernel import codes
from tools.processing import staff
from tools.processing.reading import Record
from tools.trace.story import ATHENS

_WORDS: Final = {
    "en": {
        "title": "Record of processing activities (GDPR article 30)",
        "as_of": "As of",
        "controller": "Controller",
        "jurisdiction": "Law",
        "storage": "Where data are kept",
        "retention": "For how long",
        "withdrawal": "How consent is taken back",
        "supervisory_authority": "Supervisory authority",
        "no_notice": "No notice is published yet: ./kem notices publish FOLDER",
        "data_subjects": "Data subjects: people who come to the centre, and families as they name them.",
        "security": "Security: personal data encrypted under keys of each person, kept apart from the"
        " database; mutual TLS; every reading on record; see docs/security.md.",
        "categories": "Categories",
        "recipients": "Recipients",
        "nobody": "nobody has an agreement for this",
        "regime": "Legal regime",
        "transfer": "Transfer basis",
        "until": "Until",
        "periods": "For how long each category is kept",
        "kept": "Kept for",
        "source": "Source",
        "LAST_CONTACT": "{} months after the last contact",
        "CASE_CLOSED": "{} months after the case was closed",
        "CONSENT_ENDED": "{} months after consent ended",
    },
    "el": {
        "title": "Αρχείο δραστηριοτήτων επεξεργασίας (ΓΚΠΔ άρθρο 30)",
        "as_of": "Την",
        "controller": "Υπεύθυνος επεξεργασίας",
        "jurisdiction": "Δίκαιο",
        "storage": "Πού φυλάσσονται τα δεδομένα",
        "retention": "Για πόσο",
        "withdrawal": "Πώς ανακαλείται η συναίνεση",
        "supervisory_authority": "Εποπτική αρχή",
        "no_notice": "Δεν έχει δημοσιευθεί ακόμη ενημέρωση: ./kem notices publish FOLDER",
        "data_subjects": "Υποκείμενα: όσοι έρχονται στο Κέντρο, και οι οικογένειές τους.",
        "security": "Ασφάλεια: τα προσωπικά δεδομένα κρυπτογραφούνται με κλειδιά του κάθε προσώπου, που"
        " φυλάσσονται χωριστά από τη βάση· αμοιβαίο TLS· κάθε ανάγνωση καταγράφεται· βλ. docs/security.md.",
        "categories": "Κατηγορίες",
        "recipients": "Αποδέκτες",
        "nobody": "κανείς δεν έχει συμφωνία γι’ αυτό",
        "regime": "Νομικό καθεστώς",
        "transfer": "Βάση διαβίβασης",
        "until": "Έως",
        "periods": "Για πόσο διατηρείται κάθε κατηγορία",
        "kept": "Διατήρηση",
        "source": "Πηγή",
        "LAST_CONTACT": "{} μήνες μετά την τελευταία επαφή",
        "CASE_CLOSED": "{} μήνες μετά το κλείσιμο της υπόθεσης",
        "CONSENT_ENDED": "{} μήνες μετά τη λήξη της συναίνεσης",
    },
}
LANGUAGES: Final = tuple(_WORDS)
_TERMS: Final = ("controller", "jurisdiction", "storage", "retention", "withdrawal", "supervisory_authority")


def written(record: Record, language: str) -> str:
    """The whole of it."""
    return "\n".join(_lines(record, language))


def _lines(record: Record, language: str) -> Iterator[str]:
    words = _WORDS[language]
    yield f"# {words['title']}"
    yield f"\n{words['as_of']} {record.now.astimezone(ATHENS):%d/%m/%Y %H:%M}.\n"
    if record.notice is None:
        yield words["no_notice"]
    else:
        for term in _TERMS:
            yield f"- **{words[term]}**: {getattr(record.notice.terms, term)}"
    yield f"\n{words['data_subjects']}\n\n{words['security']}"
    yield from _periods(record, language)
    for purpose in codes.PURPOSES.values():
        yield f"\n## {getattr(purpose, language)} (`{purpose.code}`)\n"
        covering = [one for one in record.agreements if purpose.code in one.purposes]
        yield from _recipients(record, covering, language)
    yield f"\n## {staff.TITLES[language]}\n"
    yield _row(*staff.HEADS[language])
    yield "|" + "---|" * len(staff.HEADS[language])
    for row in staff.ROWS[language]:
        yield _row(*row.cells)


def _periods(record: Record, language: str) -> Iterator[str]:
    words = _WORDS[language]
    yield f"\n## {words['periods']}\n"
    yield f"| {words['categories']} | {words['kept']} | {words['source']} |\n|---|---|---|"
    for rule in record.retention_rules:
        start = RetentionStart.Name(rule.start).removeprefix("RETENTION_START_")
        yield _row(_names(rule.categories, language), words[start].format(rule.months), rule.source)


def _recipients(record: Record, covering: Sequence[Agreement], language: str) -> Iterator[str]:
    words = _WORDS[language]
    if not covering:
        yield f"{words['recipients']}: {words['nobody']}."
        return
    columns = ("recipients", "categories", "regime", "transfer", "until")
    yield f"| {' | '.join(words[column] for column in columns)} |"
    yield "|" + "---|" * len(columns)
    for agreement in sorted(covering, key=lambda one: _name(record, one, language)):
        cells = (
            _name(record, agreement, language),
            _names(agreement.categories, language),
            agreement.legal_regime,
            agreement.transfer_basis or "–",
            f"{agreement.valid_until_time.ToDatetime():%Y-%m-%d}",
        )
        yield _row(*cells)


def _names(categories: Iterable[str], language: str) -> str:
    return ", ".join(getattr(codes.CATEGORIES[code], language) for code in categories)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _name(record: Record, agreement: Agreement, language: str) -> str:
    agency = record.agencies.get(agreement.agency_id)
    return getattr(agency.name, language) if agency is not None else agreement.agency_id
