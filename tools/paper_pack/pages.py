"""The pages of a paper pack: a form for each person, boxes and lines, and the notice in every language."""

from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt

from kem.intake.v1.consent_policy_service_pb2 import NoticeText, PublishNoticeRequest
from kernel.codes import CATEGORIES, DISTRICTS, SECTORS, SERVICE_TYPES

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "ur"})
AGENCIES_ON_A_FORM: Final = 3
_WHYS: Final = (
    "Δεν ρωτήθηκε · Not asked",
    "Δεν ξέρει · Does not know",
    "Προτιμά να μην πει · Would rather not say",
)
_MAY_BE_EMPTY: Final = ("Γέννηση", "Ιθαγένεια", "Γλώσσες", "Φύλο", "Επαφή", "Περιοχή")
_STYLE: Final = """
@page { size: A4; margin: 12mm 14mm; @bottom-right { content: counter(page); font: 8pt "Noto Sans" } }
body { font: 9.5pt/1.3 "Noto Sans", "Noto Sans Arabic", sans-serif; margin: 0 }
section { break-before: page } section:first-child { break-before: auto }
h1 { font-size: 14pt; margin: 0 0 2mm }
h2 { font-size: 11pt; margin: 3mm 0 1mm; border-bottom: 1px solid #000 }
h3 { font-size: 10pt; margin: 2mm 0 0 }
p { margin: 0 0 1mm } small { color: #333 }
.line { display: flex; gap: 4mm; margin-bottom: 1.5mm }
.field { flex: 1 } .field span { display: block; border-bottom: 1px solid #000; height: 6mm }
.boxes { columns: 3; margin-bottom: 1mm } .boxes div, .box { break-inside: avoid }
.why { display: flex; gap: 4mm } .why small { flex: 1 }
.box::before, .boxes div::before { content: ""; display: inline-block; width: 3mm; height: 3mm;
  border: 1px solid #000; margin-inline-end: 1.5mm }
.number { float: right; font: bold 14pt "Noto Sans Mono", monospace }
"""


def number_of(day: date, form: int) -> str:
    """Of a form: the day on which the pack was made, and which one it is."""
    return f"{day:%Y%m%d}-{form:03}"


def pack(notice: PublishNoticeRequest, day: date, forms: int) -> str:
    """The whole as one HTML page: the forms, then the notice in each language."""
    body = "".join(_form(number_of(day, one), notice.version) for one in range(1, forms + 1))
    body += "".join(_notice(one, notice.version) for one in notice.texts)
    return (
        '<!doctype html><html lang="el"><head><meta charset="utf-8">'
        "<title>Έντυπα διακοπής / Outage forms</title>"
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _form(number: str, version: str) -> str:
    """Two pages for a person: who they are and what they need, and what they permit."""
    who = "".join(
        (
            _line("Όνομα (γραφή του ατόμου) · Given names", "Επώνυμο · Family names"),
            _line("Όνομα με λατινικά · Given names, Latin", "Επώνυμο με λατινικά · Family names, Latin"),
            _line("Ημ. γέννησης (ή έτος) · Date of birth", "Ιθαγένεια · Nationality", "Γλώσσες · Languages"),
            _boxes(
                [
                    "Γυναίκα · F",
                    "Άνδρας · M",
                    "Άλλο · X",
                    "Δεν δηλώθηκε · Not stated",
                    "Διερμηνέας · Interpreter",
                ]
            ),
            _line("Ασφαλής επαφή · Safe contact", "Ώρες · Hours"),
            _box("Μπορεί να αφεθεί μήνυμα · A message may be left"),
            _boxes(_names(DISTRICTS)),
            *(_whys(why) for why in _WHYS),
        )
    )
    needs = "".join(
        f"<h3>{escape(sector.el)} · {escape(sector.en)}</h3>"
        + _boxes(
            f"{entry.el} ({code})"
            for code, entry in SERVICE_TYPES.items()
            if entry.sector == sector.code and not entry.restricted
        )
        for sector in SECTORS.values()
        if any(entry.sector == sector.code and not entry.restricted for entry in SERVICE_TYPES.values())
    )
    consent = "".join(
        _line(f"Φορέας {row} · Agency {row}", "Σκοπός · For what") + _boxes(_names(CATEGORIES))
        for row in range(1, AGENCIES_ON_A_FORM + 1)
    )
    given = "".join(
        (
            _boxes(
                ["Με υπογραφή · Signed", "Προφορικά με μάρτυρα · Before a witness", "Αποτύπωμα · Thumbprint"]
            ),
            _line("Εξηγήθηκε στα · Explained in", "Διερμηνέας · Interpreter", "Μάρτυρας · Witness"),
            _boxes(["Διαβάστηκε φωναχτά · Read aloud", "Το είπε με δικά του λόγια · Said it in own words"]),
            _boxes(["3 μήνες · months", "6 μήνες · months", "12 μήνες · months"]),
            _line("Υπογραφή του ατόμου · Signature", "Ημέρα και ώρα · Day and time"),
        )
    )
    return (
        f'<section><div class="number">{number}</div><h1>ΚΕΜ: έντυπο διακοπής · Outage form</h1>'
        f"{_line('Ημέρα και ώρα · Day and time', 'Υπάλληλος · Worker')}"
        f"<h2>Ποιος είναι · Who it is</h2>{who}<h2>Τι χρειάζεται · What they need</h2>{needs}"
        f"{_boxes(['Έκτακτη ανάγκη · Emergency', 'Επείγον · Urgent', 'Κανονικό · Normal'])}</section>"
        f'<section><div class="number">{number}</div><h1>Συγκατάθεση · Consent</h1>'
        f"<p>Ενημέρωση · Notice {escape(version)}."
        " Τίποτα δεν είναι επιλεγμένο από πριν · Nothing is ticked before.</p>"
        f"{consent}<h2>Πώς δόθηκε · How it was given</h2>{given}"
        f"<h2>Καταχώριση · Entered</h2>"
        f"{_line('Κωδικός υπόθεσης · Case code', 'Από · By', 'Ημέρα και ώρα · Day and time')}"
        "<p><small>Καταχωρίζεται με τους δικούς του χρόνους. Μετά το έντυπο φυλάσσεται ή καταστρέφεται"
        " κατά τους κανόνες. · "
        "It is entered with its own times; then the form is kept or destroyed by the rules.</small></p>"
        "</section>"
    )


def _notice(text: NoticeText, version: str) -> str:
    direction = "rtl" if text.language in RIGHT_TO_LEFT else "ltr"
    read = MarkdownIt("commonmark", {"html": False}).render(text.text)
    return (
        f'<section lang="{escape(text.language)}" dir="{direction}">{read}'
        f"<p><small>{escape(version)}</small></p></section>"
    )


def _line(*labels: str) -> str:
    fields = "".join(f'<div class="field"><small>{escape(one)}</small><span></span></div>' for one in labels)
    return f'<div class="line">{fields}</div>'


def _boxes(texts: Iterable[str]) -> str:
    return f'<div class="boxes">{"".join(f"<div>{escape(one)}</div>" for one in texts)}</div>'


def _box(text: str) -> str:
    return f'<p class="box">{escape(text)}</p>'


def _whys(why: str) -> str:
    """A reason, and a box for each thing of the form that may be empty for it."""
    boxes = "".join(f'<span class="box">{escape(one)}</span>' for one in _MAY_BE_EMPTY)
    return f'<p class="why"><small>{escape(why)}</small> {boxes}</p>'


def _names(entries: Mapping[str, Any]) -> list[str]:
    return [entry.el for entry in entries.values()]
