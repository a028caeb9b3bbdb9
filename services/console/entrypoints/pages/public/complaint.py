"""A complaint by anybody, with or without a name: it reaches the hub's officers, and nobody else."""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kernel.errors import Exhausted, Unavailable
from services.console.adapters.directory_copy import DirectoryCopy
from services.console.adapters.hub import ask
from services.console.domain.public.allowance import Allowance
from services.console.domain.public.directory import PublicAgency
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit, public
from services.console.entrypoints.pages.public.calls import REGISTERS_COMPLAINTS
from services.console.entrypoints.pages.public.sender import sender_of
from services.console.entrypoints.pages.public.shown import agency_name
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import complaint_number

LONGEST: Final = 4_000
_MOST_REMEMBERED: Final = 1_000
_KINDS: Final = {
    "HELP": N_("Help that I did not get, or late, or not as promised"),
    "TREATMENT": N_("How somebody treated me"),
    "DATA": N_("What was done with my data"),
    "ABUSE": N_("Somebody of the staff abused or used me, or asked for something in return"),
    "OTHER_COMPLAINT": N_("Something else"),
}


class ComplaintPages:
    """The form. It asks for no name; who writes one into their words is read by the officers alone."""

    def __init__(self, copy: DirectoryCopy) -> None:
        self._copy = copy
        self._allowance = Allowance(most=5, seconds=3600, most_of_all=200)
        self._came: OrderedDict[str, datetime] = OrderedDict()

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (
            public(
                "/complaint",
                self.complaint,
                calls=REGISTERS_COMPLAINTS,
                methods=("GET", "POST"),
                nav=NavigationEntry(N_("Make a complaint"), 4),
            ),
        )

    async def complaint(self, visit: Visit) -> Response:
        """The form; sent in good order, the number under which it is kept."""
        if not visit.is_sent:
            return await self._form(visit)
        kind, words = visit.form.text("kind"), visit.form.text("words")
        if kind not in _KINDS:
            visit.errors.add("kind", visit.say("Choose what your complaint is about."))
        if not words:
            visit.errors.add("words", visit.say("Write what happened."))
        elif len(words) > LONGEST:
            visit.errors.add("words", visit.say("Please write it in at most 4000 letters."))
        if visit.errors:
            return await self._form(visit, HTTPStatus.BAD_REQUEST)
        agency_id = await self._known_agency(visit.form.text("agency"))
        request = messages.RegisterComplaintRequest(
            request_id=visit.form.request_id,
            kind=messages.ComplaintKind.Value(f"COMPLAINT_KIND_{kind}"),
            accused_agency_id=agency_id,
            words=words,
        )
        request.received_time.FromDatetime(self._received_time(request.request_id))
        try:
            self._allowance.take(sender_of(visit.request), time.monotonic())
            kept = await ask(visit.hub.complaints.RegisterComplaint, request, visit.hub.as_itself())
        except Exhausted:
            visit.errors.add(
                "words",
                visit.say(
                    "Several complaints came from here within an hour. Wait a little, or make it at a desk."
                ),
            )
            return await self._form(visit, HTTPStatus.TOO_MANY_REQUESTS)
        except Unavailable:
            visit.errors.add(
                "words",
                visit.say(
                    "It could not be taken just now. What you have written is still here: send it again in a"
                    " moment. It counts once."
                ),
            )
            return await self._form(visit, HTTPStatus.SERVICE_UNAVAILABLE)
        return visit.render(
            "public/complaint_kept.html",
            title=visit.say("Your complaint is registered"),
            reference=complaint_number(kept.complaint_id),
            due_time=kept.due_time.ToDatetime(tzinfo=UTC),
        )

    def _received_time(self, request_id: str) -> datetime:
        """When this form came first: a double click must be the same request to the letter."""
        came = self._came.setdefault(request_id, datetime.now(UTC))
        while len(self._came) > _MOST_REMEMBERED:
            self._came.popitem(last=False)
        return came

    async def _known_agency(self, typed: str) -> str:
        """The agency's id where it is one of those to choose from; else the complaint is about none.

        While the list cannot be read the id is taken as it was chosen: an accused agency must not get lost.
        """
        agency_id = as_uuid(typed)
        if agency_id is None:
            return ""
        agencies = await self._agencies()
        known = not agencies or agency_id in {one.agency_id for one in agencies}
        return str(agency_id) if known else ""

    async def _agencies(self) -> list[PublicAgency]:
        try:
            return (await self._copy.get()).agencies
        except Unavailable:  # who complains is not kept waiting by a list
            return []

    async def _form(self, visit: Visit, code: HTTPStatus = HTTPStatus.OK) -> Response:
        named = sorted(
            ((str(one.agency_id), agency_name(one, visit.language).text) for one in await self._agencies()),
            key=lambda one: one[1].casefold(),
        )
        chosen = visit.form.text("agency")
        if as_uuid(chosen) is not None and chosen not in dict(named):  # chosen while the list could be read
            named.append((chosen, visit.say("The organisation that you chose")))
        return visit.render(
            "public/complaint.html",
            title=visit.say("Make a complaint"),
            code=code,
            kinds=[(kind, visit.say(text)) for kind, text in _KINDS.items()],
            agencies=named,
        )
