"""The person's choice: which providers fit and why, who else there is, who was left out, in which order."""

from typing import Any, Final

from kem.referral.v1 import referral_service_pb2 as messages
from services.console.entrypoints.codes import by_name
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.story import Directory

LEFT_OUT: Final = "left-out"
"""In an address: the reason whose services are listed."""
LEFT_OUT_AFTER: Final = "left-out-after"
"""Likewise: where the last page of these ended."""
_MOST_CHOSEN: Final = 20
_LONGEST_REASON: Final = 40
_LONGEST_TOKEN: Final = 200


def explanation_of(referral_id: str, visit: Visit) -> messages.ExplainMatchesRequest:
    """Why these; with it a page of those left out for the reason that the address names."""
    return messages.ExplainMatchesRequest(
        referral_id=referral_id,
        excluded_reason=visit.query(LEFT_OUT)[:_LONGEST_REASON],
        page_token=visit.query(LEFT_OUT_AFTER)[:_LONGEST_TOKEN] if visit.query(LEFT_OUT) else "",
    )


def in_order(visit: Visit) -> list[str]:
    """The services that were chosen, by the number that stands at each."""
    chosen: list[tuple[int, int, str]] = []
    names = [name for name in visit.form.names if name.startswith("order_")]
    for position, name in enumerate(names):
        typed = visit.form.text(name)
        if typed.isdecimal():
            chosen.append((int(typed), position, name.removeprefix("order_")))
    other = visit.form.text("other")
    services = [service for _, _, service in sorted(chosen)] + ([other] if other else [])
    return list(dict.fromkeys(services))[:_MOST_CHOSEN]


def proposals(
    explained: messages.ExplainMatchesResponse, directory: Directory, language: str
) -> list[dict[str, Any]]:
    """Those that fit, the best first."""
    return [
        {
            "service_id": one.service_id,
            "name": one.name_el if language == "el" else one.name_en,
            "agency": directory.agency(one.agency_id),
            "score": round(one.score * 100),
            "free_places": one.free_places if one.HasField("free_places") else None,
            "permitted": one.permitted,
            "terms": [
                (term.text_el if language == "el" else term.text_en, round(term.value * 100))
                for term in one.terms
            ],
            "warnings": [
                warning.text_el if language == "el" else warning.text_en for warning in one.warning_texts
            ],
        }
        for one in explained.proposals
    ]


def others(
    service_type: str, explained: messages.ExplainMatchesResponse, directory: Directory
) -> list[tuple[str, str]]:
    """Services of the same type that were not proposed: choosing one needs a reason."""
    proposed = {one.service_id for one in explained.proposals}
    found = [
        (one.service.service_id, f"{directory.service(one.service.service_id)} ({one.agency_code})")
        for one in directory.services.values()
        if one.service.service_type == service_type and one.service.service_id not in proposed
    ]
    return [("", "—"), *by_name(found)]


def left_out(
    explained: messages.ExplainMatchesResponse, directory: Directory, visit: Visit
) -> list[dict[str, Any]]:
    """Each reason with how many; of the one that is asked for, who, as far as the reader may know of them."""
    asked = visit.query(LEFT_OUT)
    unnamed = visit.say("a service that is not named here")
    who = [
        (directory.service(one.service_id) or unnamed, directory.agency(one.agency_id))
        for one in explained.excluded
    ]
    return [
        {
            "reason": one.reason,
            "text": one.text_el if visit.language == "el" else one.text_en,
            "count": one.count,
            "is_asked": one.reason == asked,
            "who": who if one.reason == asked else [],
            "onward": explained.next_page_token if one.reason == asked else "",
        }
        for one in explained.exclusions
    ]
