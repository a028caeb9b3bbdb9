"""What was proposed, and why the one that was asked: by the terms that were stored with the match."""

import json
from datetime import datetime
from uuid import UUID

import asyncpg

from tools.trace.reading_aloud import read_aloud, warning_aloud
from tools.trace.story import HUB, Entry, Names


def matches(proposals: list[asyncpg.Record], names: Names, *, is_restricted: bool) -> list[Entry]:
    """One entry for each match: how many services fitted, and the best of them."""
    by_match: dict[int, list[asyncpg.Record]] = {}
    for row in proposals:
        by_match.setdefault(row["match_number"], []).append(row)
    entries = []
    for rows in by_match.values():
        best = rows[0]
        says = f"{len(rows)} {'service fits' if len(rows) == 1 else 'services fit'}"
        if not is_restricted:
            service = names.service(best["service_id"])
            says += f"; the best is {service} of {names.agency(best['agency_id'])} ({best['score']:.2f})"
        entries.append(Entry(best["match_time"], -1, HUB, "Matched", says + "."))
    return entries


def why(service_id: UUID | None, offered_time: datetime, proposals: list[asyncpg.Record]) -> tuple[str, ...]:
    """Terms and warnings of the last match before the offer in which the service was proposed."""
    fitting = [
        row for row in proposals if row["service_id"] == service_id and row["match_time"] <= offered_time
    ]
    if not fitting:
        return ("It was chosen although no match proposed it.",) if service_id else ()
    row = max(fitting, key=lambda one: one["match_number"])
    terms = json.loads(row["terms"]) if isinstance(row["terms"], str) else row["terms"]
    heading = (
        f"Rank {row['rank']} with {row['score']:.2f}, by version {row['service_version']} of the service"
    )
    if row["free_places"] is not None:
        heading += f", {row['free_places']} free"
    return (
        heading + f" (policy {row['policy_version']}).",
        *(read_aloud(term) for term in terms),
        *(warning_aloud(warning) for warning in row["warnings"]),
    )
