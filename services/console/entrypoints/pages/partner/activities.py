"""A course, a session or a slot of one of the agency's services: added, changed, with its places."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.responses import Response

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.errors import Invalid, NotFound, RuleBroken
from services.console.entrypoints.forms import Form, as_instant, as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.partner.cards import PARTNER, service_name
from services.console.entrypoints.pages.partner.service_fields import MOST_LETTERS, MOST_PLACES
from services.console.entrypoints.pages.partner.services import LIST, known_service
from services.console.entrypoints.pages.partner.units import capacity_of
from services.console.entrypoints.refusals import words_for
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

    def _at(self, visit: Visit, name: str, day: str, clock: str) -> datetime | None:
        found = as_instant(day, clock)
        if found is None:
            visit.errors.add(name, visit.say("Give a day like 26/11/2026 and a time like 09:00."))
        return found


async def activity(visit: Visit) -> Response:
    """A new one, or one that there is."""
    listed = await known_service(visit)
    service_id, is_new = listed.service.service_id, visit.path_value("activity_id") == NEW
    if visit.is_sent:
        fields = ActivityFields.typed(visit.form)
        # a form of a new one brings an id, so that sent twice it is one
        activity_id = as_uuid(visit.form.text("activity_id") if is_new else visit.path_value("activity_id"))
        if activity_id is None:
            raise Invalid("The form names no course.", reason="FORM_INCOMPLETE")
        message = fields.message(visit, service_id, str(activity_id))
        if not visit.errors and await _is_saved(visit, message):
            return visit.go(f"{LIST}/{service_id}", "activity-saved")
        return _form(visit, listed, fields, str(activity_id), is_new=is_new)
    if is_new:
        return _form(visit, listed, ActivityFields(), str(uuid4()), is_new=True)
    known = await _known(visit, service_id)
    return _form(visit, listed, ActivityFields.of(known), known.activity_id, is_new=False)


async def _is_saved(visit: Visit, message: directory_pb2.Activity) -> bool:
    request = directory.SaveActivitiesRequest(request_id=visit.form.request_id, activities=[message])
    try:
        await visit.ask(visit.hub.directory.SaveActivities, request)
    except (Invalid, RuleBroken) as error:
        visit.errors.add("", str(words_for(error, visit.language)))
        return False
    return True


async def _known(visit: Visit, service_id: str) -> directory_pb2.Activity:
    activity_id = as_uuid(visit.path_value("activity_id"))
    if activity_id is not None:
        request = directory.ListActivitiesRequest(service_id=service_id, activity_id=str(activity_id))
        answer = await visit.ask(visit.hub.directory.ListActivities, request)
        for one in answer.activities:
            found: directory_pb2.Activity = one.activity
            return found
    raise NotFound("There is no such course of this service.", reason="ACTIVITY_NOT_FOUND")


def _form(
    visit: Visit,
    listed: directory_pb2.ListedService,
    fields: ActivityFields,
    activity_id: str,
    *,
    is_new: bool,
) -> Response:
    name = fields.name_el if visit.language == "el" else fields.name_en
    return visit.render(
        "partner/activity.html",
        title=visit.say("A new course, session or slot") if is_new else name,
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        fields=fields,
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
