"""Prints a history, for people or for programs."""

import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from tools.trace.story import HIDDEN, Entry, History, athens


def print_history(history: History) -> None:
    """The history in Athens time, a line for each thing that happened."""
    console = Console(highlight=False, soft_wrap=True)
    facts = history.facts
    console.print(f"[bold]Referral {history.referral_id}[/]: {facts['state']}")
    console.print(
        f"{facts['service_type']}, {facts['urgency'].lower()}, sent by {escape(facts['sender'])}"
        + (f", held by {escape(facts['holder'])}" if facts["holder"] else "")
    )
    if facts["waiting"]:
        console.print(escape(facts["waiting"][0].upper() + facts["waiting"][1:] + "."))
    if history.is_restricted:
        console.print(
            f"[yellow]A restricted service: {HIDDEN} stands for what only those concerned may know.[/]"
        )
    console.print()
    for entry in history.entries:
        console.print(
            f"[cyan]{athens(entry.time)}[/]  {escape(entry.says)}"
            f" [dim]{escape(str(entry.who))} · {entry.event}[/]"
        )
        for reason in entry.why:
            console.print(f"{'':27}[dim]{escape(reason)}[/]")
    if history.next_due:
        console.print("\nUnless somebody acts before:")
        for entry in history.next_due:
            console.print(f"[cyan]{athens(entry.time)}[/]  {escape(entry.says)}")


def as_json(history: History) -> str:
    """One object; times are UTC, and Athens' as text."""
    return json.dumps(
        {
            "referral_id": str(history.referral_id),
            "restricted": history.is_restricted,
            **{name: _plain(value) for name, value in history.facts.items()},
            "history": [_entry(entry) for entry in history.entries],
            "next_due": [_entry(entry) for entry in history.next_due],
        },
        indent=1,
        ensure_ascii=False,
    )


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "time": _plain(entry.time),
        "athens": athens(entry.time),
        "event": entry.event,
        "who": {
            "kind": entry.who.kind,
            "agency": entry.who.agency,
            "principal_id": entry.who.principal_id,
            "acting_person": entry.who.acting_person,
        },
        "says": entry.says,
        "why": list(entry.why),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
