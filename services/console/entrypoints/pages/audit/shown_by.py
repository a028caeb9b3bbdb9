"""Which entries show the rows that another service has answered: one call for a page of rows."""

from collections.abc import Mapping, Sequence
from typing import Final

from kem.audit.v1 import audit_service_pb2 as messages
from services.console.entrypoints.page import Visit

CALLS: Final = ("AuditService/ListEntries",)
DISCLOSED: Final = (
    *("DisclosureGiven", "HandoverRecorded", "EmergencyDisclosureGiven", "CompelledDisclosureGiven"),
    "RightsExportGiven",
)
"""The kinds of entries that show a disclosure."""
CONSENTED: Final = ("ConsentRecorded",)
"""Likewise a consent."""
_AT_ONCE: Final = 200
_PAGE: Final = 500


async def shown_by(visit: Visit, ids: Sequence[str], kinds: Sequence[str]) -> list[list[int]]:
    """Of each id the places of the entries of these kinds that name it; none where it is not entered yet."""
    places: Mapping[str, list[int]] = {one: [] for one in ids}
    wanted = list(places)
    for first in range(0, len(wanted), _AT_ONCE):
        asked = wanted[first : first + _AT_ONCE]
        request = messages.ListEntriesRequest(subject_ids=asked, kinds=kinds, page_size=_PAGE)
        while True:
            found = await visit.ask(visit.hub.audit.ListEntries, request)
            for entry in found.entries:
                # an id is random: where its digits stand in an entry, the entry is about it
                for one in asked:
                    if one in entry.body:
                        places[one].append(entry.index)
            if not found.HasField("next_after_index"):
                break
            request.after_index = found.next_after_index
    return [places[one] for one in ids]
