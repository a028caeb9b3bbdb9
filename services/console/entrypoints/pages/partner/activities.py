"""A course, a session or a slot of one of the agency's services: added, changed, with its places."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.responses import Response

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from services.console.entrypoints.forms import Form, as_instant, as_uuid, read_version
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.partner.cards import PARTNER, service_name
from services.console.entrypoints.pages.partner.service_fields import MOST_LETTERS, MOST_PLACES
from services.console.entrypoints.pages.partner.service_words import different
from services.console.entrypoints.pages.partner.services import LIST, STANDS, known_service
from services.console.entrypoints.pages.partner.units import capacity_of
from services.console.entrypoints.refusals import is_changed_since, words_for
from services.console.entrypoints.rendering import ATHENS

NEW: Final = "new"


@dataclass(slots=True)
class ActivityFields:
    """The fields as text; days and times as in Athens. `places` empty: as many as come."""

    name_el: str = ""
    name_en: str = ""
    start_day: str = ""
    start_clock: str = "09:00"
    end_day: str = ""
    end_clock: str = "12:00"
    is_unlimited: bool = False
    places: str = ""

    @staticmethod
    def of(one: directory_pb2.Activity) -> "ActivityFields":
        """As the directory has it."""
        start = one.start_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS)
        end = one.end_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS)
        is_counted = one.capacity.kind == directory_pb2.Capacity.KIND_PLACES
        return ActivityFields(
            name_el=one.name.el,
            name_en=one.name.en,
            start_day=start.date().isoformat(),
            start_clock=f"{start:%H:%M}",
            end_day=end.date().isoformat(),
            end_clock=f"{end:%H:%M}",
            is_unlimited=not is_counted,
            places=str(one.capacity.places) if is_counted else "",
        )

    @staticmethod
    def typed(form: Form) -> "ActivityFields":
        """As it was typed."""
        names = ("name_el", "name_en", "start_day", "start_clock", "end_day", "end_clock", "places")
        return ActivityFields(
            **{name: form.text(name) for name in names}, is_unlimited=form.text("capacity") == "UNLIMITED"
        )

    def message(self, visit: Visit, service_id: str, activity_id: str) -> directory_pb2.Activity:
        """As the directory takes it. Where something is to be mended that is said, and it is no good."""
        say, errors = visit.say, visit.errors
        for name, value in (("name_el", self.name_el), ("name_en", self.name_en)):
            if not value:
                errors.add(name, say("Write the name in both languages."))
            elif len(value) > MOST_LETTERS:
                errors.add(name, say("That is too long: at most 300 characters."))
        start = self._at(visit, "start_day", self.start_day, self.start_clock)
        end = self._at(visit, "end_day", self.end_day, self.end_clock)
        if start and end and end <= start:
            errors.add("end_day", say("It must end after it begins."))
        if not self.is_unlimited and not (self.places.isdecimal() and int(self.places[:7]) <= MOST_PLACES):
            errors.add("places", say("Write how many places there are, or choose “as many as come”."))
        if errors:
            return directory_pb2.Activity()
        message = directory_pb2.Activity(
            activity_id=activity_id,
            service_id=service_id,
            name=directory_pb2.BilingualText(el=self.name_el, en=self.name_en),
            capacity=capacity_of(None if self.is_unlimited else int(self.places)),
        )
        if start and end:
            message.start_time.FromDatetime(start)
            message.end_time.FromDatetime(end)
        return message

    @property
    def capacity_token(self) -> str:
        """The places in one word, by which a form says what its reader saw."""
        return "UNLIMITED" if self.is_unlimited else self.places

    def words(self, visit: Visit) -> list[tuple[str, str]]:
        """Each field by its label."""
        say = visit.say
        return [
            (say("Name in Greek"), self.name_el),
            (say("Name in English"), self.name_en),
            (say("Begins on"), f"{self.start_day} {self.start_clock}"),
            (say("Ends on"), f"{self.end_day} {self.end_clock}"),
            (say("Number of places"), say("As many as come") if self.is_unlimited else self.places),
        ]

    def _at(self, visit: Visit, name: str, day: str, clock: str) -> datetime | None:
        found = as_instant(day, clock)
        if found is None:
            visit.errors.add(name, visit.say("Give a day like 26/11/2026 and a time like 09:00."))
        return found


async def activity(visit: Visit) -> Response:
    """A new one, or one that there is."""
    listed = await known_service(visit)
    service_id, is_new = listed.service.service_id, visit.path_value("activity_id") == NEW
    known = None if is_new else await _known(visit, service_id)
    if not visit.is_sent:
        if known is None:
            return _form(visit, listed, ActivityFields(), str(uuid4()), None)
        return _form(visit, listed, ActivityFields.of(known.activity), known.activity.activity_id, known)
    fields = ActivityFields.typed(visit.form)
    # a form of a new one brings an id, so that sent twice it is one
    activity_id = as_uuid(visit.form.text("activity_id") if is_new else visit.path_value("activity_id"))
    if activity_id is None:
        raise Invalid("The form names no course.", reason="FORM_INCOMPLETE")
    if known is not None and fields.capacity_token == visit.form.text("capacity_read"):
        stands = ActivityFields.of(known.activity)  # what a colleague has declared since stays
        fields.is_unlimited, fields.places = stands.is_unlimited, stands.places
    message = fields.message(visit, service_id, str(activity_id))
    message.expected_version = read_version(visit.form)
    if not visit.errors and await _is_saved(visit, message):
        return visit.go(f"{LIST}/{service_id}", "activity-saved")
    if known is not None and visit.errors.at(STANDS):
        known = await _known(visit, service_id)
    return _form(visit, listed, fields, str(activity_id), known)


async def _is_saved(visit: Visit, message: directory_pb2.Activity) -> bool:
    request = directory.SaveActivitiesRequest(request_id=visit.form.request_id, activities=[message])
    try:
        await visit.ask(visit.hub.directory.SaveActivities, request)
    except (Invalid, Conflict, RuleBroken) as error:
        if is_changed_since(error):
            visit.errors.add(STANDS, visit.say("Somebody has changed this since you opened the page."))
        else:
            visit.errors.add("", str(words_for(error, visit.language)))
        return False
    return True


async def _known(visit: Visit, service_id: str) -> directory_pb2.ListedActivity:
    activity_id = as_uuid(visit.path_value("activity_id"))
    if activity_id is not None:
        request = directory.ListActivitiesRequest(service_id=service_id, activity_id=str(activity_id))
        answer = await visit.ask(visit.hub.directory.ListActivities, request)
        for one in answer.activities:
            found: directory_pb2.ListedActivity = one
            return found
    raise NotFound("There is no such course of this service.", reason="ACTIVITY_NOT_FOUND")


def _form(
    visit: Visit,
    listed: directory_pb2.ListedService,
    fields: ActivityFields,
    activity_id: str,
    known: directory_pb2.ListedActivity | None,
) -> Response:
    """The form of a new one, where none is known, or of one that there is."""
    stood = ActivityFields() if known is None else ActivityFields.of(known.activity)
    version, capacity_read = (0, "") if known is None else (known.version, stood.capacity_token)
    is_slip = visit.is_sent and not visit.errors.at(STANDS)
    name = fields.name_el if visit.language == "el" else fields.name_en
    return visit.render(
        "partner/activity.html",
        title=visit.say("A new course, session or slot") if known is None else name,
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        fields=fields,
        # what comes back with a slip still changes what was read before it
        version=visit.form.text("version") if is_slip else version,
        capacity_read=visit.form.text("capacity_read") if is_slip else capacity_read,
        stands=different(stood.words(visit), fields.words(visit)),
        activity_id=activity_id,
        service_id=listed.service.service_id,
        service_name=service_name(listed, visit.language),
    )


PAGES: Final = (
    Page(
        f"{LIST}/{{service_id}}/activities/{{activity_id}}",
        activity,
        PARTNER,
        ("DirectoryService/GetService", "DirectoryService/ListActivities", "DirectoryService/SaveActivities"),
        ("GET", "POST"),
    ),
)
