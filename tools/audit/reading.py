"""Entries of the ledger in a line each, for people; ids are cut short, agencies named by their codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.markup import escape

from tools.operate.decoding import in_one_line
from tools.trace.story import athens

_NOT_SAID = frozenset({"agency_id", "sender_agency_id", "respond_by_time"})


class Reader:
    """Tells entries.

    Args:
        codes: each agency's code by its id.
    """

    def __init__(self, codes: Mapping[str, str]) -> None:
        self._codes = codes

    def line(self, body: Mapping[str, Any], stage: str = "") -> str:
        """One entry for a terminal, in rich's markup."""
        said = escape(self._said(body))
        label = f"{stage.lower():10} " if stage else ""
        return (
            f"[cyan]{when(body)}[/] [dim]#{body['index']}[/] {label}[bold]{body['type']}[/] {said}"
            f" [dim]{escape(self._who(body))}[/]"
        )

    def _said(self, body: Mapping[str, Any]) -> str:
        fact = body["fact"]
        if fact is None:
            return "(not readable here: it stands by the hash of its bytes)"
        agency = self._agency(fact.get("agency_id"))
        rest = in_one_line({name: value for name, value in fact.items() if name not in _NOT_SAID})
        return " · ".join(part for part in (agency, rest) if part)

    def _who(self, body: Mapping[str, Any]) -> str:
        actor = body["envelope"].get("actor") or {}
        if actor.get("kind") == "SERVICE" or not actor:
            return f"by {body['source']} itself"
        person = actor.get("acting_person") or str(actor.get("id"))[:8]
        agency = self._agency(actor.get("agency_id"))
        return f"by {person} of {agency}" if agency else f"by {person}"

    def _agency(self, agency_id: str | None) -> str:
        return self._codes.get(agency_id, f"agency {agency_id[:8]}") if agency_id else ""


def when(body: Mapping[str, Any]) -> str:
    """When it happened, as clocks in Athens show it."""
    return athens(datetime.fromisoformat(body["event_time"]))
