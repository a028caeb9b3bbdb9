"""A person's export as one page to print: no script, nothing loaded from elsewhere, every value by itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from tools.rights.texts import LABELS, RIGHT_TO_LEFT, TEXTS, WORDS, named

_ATHENS: Final = ZoneInfo("Europe/Athens")
_STYLE: Final = """
body{font:1rem/1.5 system-ui,"Noto Sans","Noto Sans Arabic",sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#0b0c0c}
h1{font-size:1.6rem}h2{font-size:1.2rem;border-block-end:2px solid #0b0c0c}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.3rem .6rem;
border-block-end:1px solid #b1b4b6}tr{break-inside:avoid}
p.note{border-inline-start:.4rem solid #0b0c0c;padding-inline-start:.8rem}
"""
_FIELDS: Final = (
    *("names", "birth", "sex", "nationality", "languages", "interpreter_needed", "interpreter_wishes"),
    *("contacts", "household", "guardian", "specific_needs", "step_free_access_needed", "legal_status"),
    *("documents", "amka", "district", "avoided_districts", "case_code", "origin"),
)
_ABSENCES: Final = {"UNKNOWN": "not_known", "REFUSED": "not_told", "NOT_ASKED": "not_asked"}
_Rows = Sequence[Mapping[str, Any]]


def page_of(document: Mapping[str, Any], agencies: Mapping[str, Mapping[str, str]], language: str) -> str:
    """The page in this language; names of codes in Greek on the Greek page, else in English and marked so."""
    return _Page(document, agencies, language).html()


class _Page:
    def __init__(
        self, document: Mapping[str, Any], agencies: Mapping[str, Mapping[str, str]], language: str
    ) -> None:
        self._document, self._agencies, self._language = document, agencies, language

    def html(self) -> str:
        document = self._document
        is_own = document["asked_by"] == "SELF"
        title = self._text("title" if is_own else "title_of_another")
        direction = "rtl" if self._language in RIGHT_TO_LEFT else "ltr"
        body = [
            f"<h1>{title}</h1>",
            f"<p>{self._text('given')} {_bdi(_day(document['disclosed_time']))}"
            f" · {_bdi(document['disclosure_id'])}</p>",
            f'<p class="note">{self._text("keep_safe")}</p>',
            *self._withheld(),
            self._section("person", self._person(document["person"])),
            *(self._section("other_record", self._person(one)) for one in document.get("other_records", ())),
            self._section("needs", self._needs()),
        ]
        if not document["history_withheld"]:
            body += self._history()
        body.append(f"<p>{self._text('complain')}</p>")
        return (
            f'<!doctype html>\n<html lang="{self._language}" dir="{direction}">\n'
            f'<head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>'
            f"<title>{title}</title>"
            f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
        )

    def _history(self) -> list[str]:
        document = self._document
        seen = [one for one in document["accesses"] if not one["by_the_hub_itself"]]
        by_machine = len(document["accesses"]) - len(seen)
        return [
            self._section("visits", self._table(document["visits"], time="happened_time", what="topics")),
            self._section(
                "appointments",
                self._table(
                    document["appointments"],
                    time="start_time",
                    agency="with_agency_id",
                    place="place",
                    state=("state", "cancel_reason"),
                ),
            ),
            self._section(
                "contact_attempts",
                self._table(
                    document["contact_attempts"],
                    time="happened_time",
                    agency="agency_id",
                    how="channel",
                    state="result",
                ),
            ),
            self._section(
                "case_workers",
                self._table(
                    document["case_workers"],
                    time="set_time",
                    due="ended_time",
                    agency="agency_id",
                ),
            ),
            self._section("consents", self._consents()),
            self._section(
                "disclosures",
                self._table(
                    document["disclosures"],
                    time="disclosed_time",
                    agency="agency_id",
                    what="given_categories",
                    why="purpose",
                    how=("kind", "legal_bases"),
                ),
            ),
            self._section(
                "recalls",
                self._table(
                    document["recalls"],
                    time="opened_time",
                    agency="agency_id",
                    what="recalled_categories",
                    why="cause",
                    due="due_time",
                    state=("destroyed_categories", "kept_ground"),
                ),
            ),
            self._section(
                "receipts",
                self._table(
                    document["receipts"],
                    time="issued_time",
                    how="form",
                ),
            ),
            self._section(
                "consent_freezes",
                self._table(document["consent_freezes"], time="frozen_time", due="lifted_time"),
            ),
            self._section(
                "emergency_accesses",
                self._table(
                    document["emergency_accesses"],
                    time="requested_time",
                    agency="agency_id",
                    what="asked_categories",
                    state="state",
                ),
            ),
            self._section(
                "compelled_disclosures",
                self._table(
                    document["compelled_disclosures"],
                    time="disclosed_time",
                    what="given_categories",
                    how=("authority", "legal_reference", "protocol_number"),
                ),
            ),
            self._section(
                "authority_notifications",
                self._table(
                    document["authority_notifications"],
                    time="happened_time",
                    what="told_categories",
                    how=("authority", "legal_reference", "protocol_number"),
                ),
            ),
            self._section(
                "accesses",
                self._table(seen, time="happened_time", agency="agency_id", roles="roles")
                + f"<p>{self._text('by_machine')} {_bdi(str(by_machine))}</p>",
            ),
            self._section(
                "rights_requests",
                self._table(
                    document["rights_requests"],
                    time="received_time",
                    what="asked_right",
                    due="due_time",
                    state="answer",
                    note="words",
                ),
            ),
            self._section(
                "complaints",
                self._table(
                    document["complaints"],
                    time="received_time",
                    agency="accused_agency_id",
                    due="due_time",
                    state="finding",
                    note="words",
                ),
            ),
        ]

    def _person(self, person: Mapping[str, Any]) -> str:
        shown = {name: self._why(name, person) or self._field(name, person.get(name)) for name in _FIELDS}
        rows = (f"<tr><th>{self._label(name)}</th><td>{one}</td></tr>" for name, one in shown.items() if one)
        return f"<table>{''.join(rows)}</table>"

    def _why(self, name: str, person: Mapping[str, Any]) -> str:
        """Why there is nothing, where somebody has said why."""
        value = person.get(name)
        within = value.get("absence") if isinstance(value, Mapping) else None
        absence = person.get(f"{name}_absence") or within
        return self._text(_ABSENCES[absence]) if absence in _ABSENCES else ""

    def _field(self, name: str, value: Any) -> str:
        if name == "names" and value:
            scripts = (value["original"], value["latin"])
            return " · ".join(
                _bdi(f"{one['given']} {one['family']}".strip()) for one in scripts if any(one.values())
            )
        if name == "contacts" and value:
            hours = ((one, f"{one['from_hour']}:00–{one['until_hour']}:00") for one in value)
            return ", ".join(f"{_bdi(one['value'])} ({_bdi(between)})" for one, between in hours)
        return self._value(value)

    def _needs(self) -> str:
        columns = {"time": "recorded_time", "what": "service_type", "note": "note"}
        return self._table(self._document["needs"], **columns)

    def _consents(self) -> str:
        rows = [
            {
                "time": record["dpv:isIndicatedAtTime"],
                "agency_id": line["dpv:hasRecipient"]["@id"].removeprefix("urn:uuid:"),
                "what": [one.removeprefix("kem:") for one in line["dpv:hasPersonalData"]],
                "why": line["dpv:hasPurpose"].removeprefix("kem:"),
                "state": [record["dpv:hasConsentStatus"]["@id"].removeprefix("dpv:"), line["kem:effect"]],
            }
            for record in self._document["consents"]["@graph"]
            if record["@type"] == "dpv:ConsentRecord"
            for line in record["dpv:hasProcess"]
        ]
        return self._table(rows, time="time", agency="agency_id", what="what", why="why", state="state")

    def _withheld(self) -> Iterable[str]:
        document = self._document
        held = [self._value(one) for one in document["withheld_categories"]]
        held += [self._text("history")] if document["history_withheld"] else []
        if held:
            yield f'<p class="note">{self._text("withheld")} {", ".join(held)}</p>'

    def _table(self, rows: _Rows, **columns: str | tuple[str, ...]) -> str:
        if not rows:
            return f"<p>{self._text('nothing')}</p>"
        head = "".join(f"<th>{self._label(name)}</th>" for name in columns)
        lines = (
            "<tr>"
            + "".join(f"<td>{self._cell(row, name, at)}</td>" for name, at in columns.items())
            + "</tr>"
            for row in rows
        )
        return f"<table><tr>{head}</tr>{''.join(lines)}</table>"

    def _cell(self, row: Mapping[str, Any], name: str, at: str | tuple[str, ...]) -> str:
        values = [row[one] for one in ((at,) if isinstance(at, str) else at)]
        if name in ("time", "due"):
            return _bdi(_day(values[0])) if values[0] else ""
        if name == "agency":
            return self._agency(values[0])
        return self._value(values)

    def _agency(self, agency_id: str | None) -> str:
        if not agency_id:
            return self._text("our_office")
        name = self._agencies.get(agency_id)
        return self._foreign(name["el"], name["en"]) if name else _bdi(agency_id)

    def _value(self, value: Any) -> str:
        """Names of codes, and everything else as it stands; nothing for what is empty."""
        if isinstance(value, bool):
            return self._text("yes") if value else ""
        if isinstance(value, Mapping):
            return self._value([one for key, one in value.items() if key != "absence"])
        if isinstance(value, list | tuple):
            return ", ".join(filter(None, map(self._value, value)))
        if value is None or value == "" or value == 0:
            return ""
        if value in WORDS:
            return escape(WORDS[value][self._language])
        code = named(value) if isinstance(value, str) else None
        return self._foreign(code.el, code.en) if code else _bdi(str(value))

    def _foreign(self, greek: str, english: str) -> str:
        if self._language == "el":
            return _bdi(greek)
        return _bdi(english) if self._language == "en" else f'<bdi lang="en">{escape(english)}</bdi>'

    def _section(self, name: str, content: str) -> str:
        return f"<h2>{self._text(name)}</h2>\n{content}"

    def _text(self, name: str) -> str:
        return escape(TEXTS[name][self._language])

    def _label(self, name: str) -> str:
        return escape(LABELS[name][self._language])


def _bdi(value: str) -> str:
    """Kept apart from the direction of the text around it."""
    return f"<bdi>{escape(value)}</bdi>"


def _day(instant: str) -> str:
    """The day in Athens."""
    return datetime.fromisoformat(instant).astimezone(_ATHENS).date().isoformat()
