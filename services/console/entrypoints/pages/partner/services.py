"""The agency's services and what of them has places: listed, confirmed in one click, edited, suspended."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel import codes
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from kernel.vocabulary import AgeBand, HouseholdBand, Role
from services.console.entrypoints.codes import choices, name_of
from services.console.entrypoints.forms import as_uuid, read_version
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import (
    LIST_SERVICES,
    PARTNER,
    instant,
    own_agency,
    service_name,
)
from services.console.entrypoints.pages.partner.service_fields import ServiceFields
from services.console.entrypoints.pages.partner.service_words import differences, listings, visibilities
from services.console.entrypoints.pages.partner.units import (
    Unit,
    courses_of,
    declare,
    kept_by,
    read_tokens,
    unit_of_activity,
    unit_of_service,
)
from services.console.entrypoints.refusals import is_changed_since, words_for
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import HOUSEHOLDS, SEXES, WEEKDAYS, age, service_type, words_of

LIST: Final = "/partner/services"
PAGE: Final = 100
_DIRECTORY: Final = "DirectoryService/"
_BOTH: Final = ("GET", "POST")
STANDS: Final = "stands"
"""Where a form says that somebody else has saved the same since, and what stands."""
FRESH_COLOURS: Final = {"GREEN": "green", "AMBER": "yellow", "UNKNOWN": "red"}


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service of the agency in its list; `units` are what has places now."""

    service_id: str
    name: str
    kind: str
    is_suspended: bool
    is_hidden: bool
    is_questioned: bool
    freshness: str
    declared_time: object
    units: tuple[Unit, ...]


async def services(visit: Visit) -> Response:
    """All of them, with their places; a form says of one or of all that these are still true."""
    if visit.is_sent:
        units = read_tokens(visit.form.all("unit"))
        if units:
            await declare(visit, units)
        return visit.go(LIST, "capacity-confirmed" if units else "")
    listed, activities, are_all = await kept_by(visit, own_agency(visit))
    courses: dict[str, list[Unit]] = {}
    for one in activities:
        courses.setdefault(one.activity.service_id, []).append(unit_of_activity(one, visit.language))
    rows = [_own(one, courses.get(one.service.service_id, []), visit) for one in listed]
    rows.sort(key=lambda row: (row.name.casefold(), row.service_id))
    first = _first_row(visit, len(rows))
    return visit.render(
        "partner/services.html",
        title=visit.say("Our services"),
        rows=rows[first : first + PAGE],
        # of whatever page: the button says it of all of them, or is not there
        tokens=[unit.token for row in rows for unit in row.units] if are_all else [],
        first=first,
        count=len(rows),
        onward=first + PAGE if first + PAGE < len(rows) else 0,
        freshness=_freshness(visit),
        colours=FRESH_COLOURS,
    )


def _first_row(visit: Visit, count: int) -> int:
    """Where the page begins that is asked for; the first where there is none such."""
    typed = visit.query("after")
    first = int(typed) if typed.isdecimal() and len(typed) <= 6 else 0
    return first if first < count else 0


def _own(listed: directory_pb2.ListedService, courses: list[Unit], visit: Visit) -> OwnService:
    name = service_name(listed, visit.language)
    is_open = listed.HasField("declared_time")
    units = courses or ([unit_of_service(listed, name)] if is_open else [])
    return OwnService(
        service_id=listed.service.service_id,
        name=name,
        kind=service_type(listed.service.service_type, visit.language),
        is_suspended=listed.suspended,
        is_hidden=listed.service.listing == directory_pb2.LISTING_NAMED_STAFF,
        is_questioned=listed.capacity_questioned,
        freshness=listed.freshness if is_open else "",
        declared_time=instant(listed, "declared_time"),
        units=tuple(units),
    )


def _freshness(visit: Visit) -> dict[str, str]:
    return {
        "GREEN": visit.say("Confirmed this week"),
        "AMBER": visit.say("To be confirmed"),
        "UNKNOWN": visit.say("Not confirmed for long"),
    }


async def new_service(visit: Visit) -> Response:
    """First what it is, then all about it: some are for named staff unless somebody decides otherwise."""
    if visit.is_sent:
        fields = ServiceFields.typed(visit.form)
        service_id = as_uuid(visit.form.text("service_id"))
        if service_id is None:
            raise Invalid("The form names no service.", reason="FORM_INCOMPLETE")
        service = directory_pb2.Service(
            service_id=str(service_id),
            agency_id=own_agency(visit),
            channel=directory_pb2.CHANNEL_HUB,
            expected_version=0,
        )
        saved = await _save(visit, service, fields)
        return saved or _form(visit, service.service_id, fields, is_new=True)
    kind = codes.SERVICE_TYPES.get(visit.query("service_type"))
    if kind is None:
        by_sector = [
            (name_of(sector, visit.language), _types_of(sector.code, visit.language))
            for sector in codes.SECTORS.values()
        ]
        return visit.render("partner/new_service.html", title=visit.say("A new service"), sectors=by_sector)
    fields = ServiceFields(service_type=kind.code)
    if kind.restricted:
        fields.listing, fields.visibility = "NAMED_STAFF", "HIDDEN"
    return _form(visit, str(uuid4()), fields, is_new=True)


async def service(visit: Visit) -> Response:
    """One service: everything about it in one form, its courses, and the button that suspends it."""
    listed = await known_service(visit)
    if not visit.is_sent:
        return await _page(visit, listed, ServiceFields.of(listed.service))
    step = visit.form.text("step")
    if step in ("suspend", "resume"):
        return await _suspend(visit, listed.service.service_id, is_suspending=step == "suspend")
    if not _may_edit(visit, listed):
        raise Invalid("Only an admin changes a service whose place is hidden.", reason="ADMIN_ONLY")
    fields = ServiceFields.typed(visit.form)
    fields.service_type = listed.service.service_type
    if fields.capacity_token == visit.form.text("capacity_read"):
        fields.take_capacity(ServiceFields.of(listed.service))  # what a colleague has declared since stays
    changed = directory_pb2.Service()
    changed.CopyFrom(listed.service)
    changed.expected_version = read_version(visit.form)
    saved = await _save(visit, changed, fields)
    if saved is None and visit.errors.at(STANDS):
        listed = await known_service(visit)
    return saved or await _page(visit, listed, fields)


async def _save(visit: Visit, changed: directory_pb2.Service, fields: ServiceFields) -> Response | None:
    fields.check(visit)
    if visit.errors:
        return None
    fields.write(changed)
    request = directory.SaveServicesRequest(request_id=visit.form.request_id, services=[changed])
    try:
        await visit.ask(visit.hub.directory.SaveServices, request)
    except (Invalid, Conflict, RuleBroken) as error:
        if is_changed_since(error):
            words = visit.say("Somebody has changed this service since you opened the page.")
            visit.errors.add(STANDS, words)
        else:
            visit.errors.add("", str(words_for(error, visit.language)))
        return None
    return visit.go(f"{LIST}/{changed.service_id}", "service-saved")


async def _suspend(visit: Visit, service_id: str, *, is_suspending: bool) -> Response:
    request_id = visit.form.request_id
    if is_suspending:
        request = directory.SuspendServiceRequest(request_id=request_id, service_id=service_id)
        await visit.ask(visit.hub.directory.SuspendService, request)
    else:
        resume = directory.ResumeServiceRequest(request_id=request_id, service_id=service_id)
        await visit.ask(visit.hub.directory.ResumeService, resume)
    return visit.go(f"{LIST}/{service_id}", "service-suspended" if is_suspending else "service-resumed")


async def known_service(visit: Visit) -> directory_pb2.ListedService:
    """The service of the address, where it is the reader's agency's own.

    Raises:
        NotFound: SERVICE_NOT_FOUND.
    """
    service_id = as_uuid(visit.path_value("service_id"))
    not_found = NotFound("There is no such service among those that you keep.", reason="SERVICE_NOT_FOUND")
    if service_id is None:
        raise not_found
    request = directory.GetServiceRequest(service_id=str(service_id))
    answer = await visit.ask(visit.hub.directory.GetService, request)
    listed: directory_pb2.ListedService = answer.service
    if listed.service.agency_id != own_agency(visit):
        raise not_found
    return listed


def _may_edit(visit: Visit, listed: directory_pb2.ListedService) -> bool:
    """A hidden place is shown to admins only, and whoever does not see it would write over it."""
    is_hidden = listed.service.location.visibility == directory_pb2.LOCATION_VISIBILITY_HIDDEN
    return not is_hidden or visit.staff.has(Role.AGENCY_ADMIN)


async def _page(visit: Visit, listed: directory_pb2.ListedService, fields: ServiceFields) -> Response:
    activities = await courses_of(visit, listed.service.service_id)
    return _form(
        visit,
        listed.service.service_id,
        fields,
        title=service_name(listed, visit.language),
        listed=listed,
        stands=differences(ServiceFields.of(listed.service), fields, visit),
        may_edit=_may_edit(visit, listed),
        courses=[unit_of_activity(one, visit.language) for one in activities],
        # once it has had a course it has no places of its own
        places_are_in_courses=bool(activities) or not listed.HasField("declared_time"),
        ids={"suspend": str(uuid4())},
    )


def _form(
    visit: Visit, service_id: str, fields: ServiceFields, *, is_new: bool = False, **given: object
) -> Response:
    language, kind = visit.language, fields.kind
    context: dict[str, object] = {
        "title": visit.say("A new service"),
        "listed": None,
        "may_edit": True,
        "stands": [],
        "courses": [],
        "places_are_in_courses": False,
        "ids": {},
    }
    context |= given
    return visit.render(
        "partner/service.html",
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        service_id=service_id,
        is_new=is_new,
        fields=fields,
        **_read(visit, context["listed"]),
        kind=kind,
        kind_name=service_type(fields.service_type, language),
        listings=listings(visit),
        visibilities=visibilities(visit),
        districts=choices(codes.DISTRICTS, language),
        spoken=choices(codes.LANGUAGES, language),
        age_bands=[(one.value, age(one, language)) for one in AgeBand],
        household_bands=[(one.value, words_of(HOUSEHOLDS, one.value, language)) for one in HouseholdBand],
        sexes=[(one, words_of(SEXES, one, language)) for one in ("F", "M", "X")],
        rules=[("", visit.say("No"))]
        + [(code, name_of(one, language)) for code, one in codes.STATUS_FAMILIES.items()],
        weekdays=[(day, visit.say(text), range(fields.room_on(day))) for day, text in WEEKDAYS.items()],
        **context,  # type: ignore[arg-type]  # the title is a text
    )


def _read(visit: Visit, listed: object) -> dict[str, Any]:
    """What of the service its reader has seen. A form that comes back with a slip still changes that."""
    if visit.is_sent and not visit.errors.at(STANDS):
        return {"version": visit.form.text("version"), "capacity_read": visit.form.text("capacity_read")}
    if not isinstance(listed, directory_pb2.ListedService):
        return {"version": 0, "capacity_read": ""}
    return {"version": listed.version, "capacity_read": ServiceFields.of(listed.service).capacity_token}


def _types_of(sector: str, language: str) -> list[tuple[str, str]]:
    kinds = (kind for kind in codes.SERVICE_TYPES.values() if kind.sector == sector)
    return [(kind.code, name_of(kind, language)) for kind in kinds]


_KEEPS: Final = tuple(
    _DIRECTORY + method
    for method in ("GetService", "ListActivities", "SaveServices", "SuspendService", "ResumeService")
)
PAGES: Final = (
    Page(
        LIST,
        services,
        PARTNER,
        (LIST_SERVICES, _DIRECTORY + "ListActivities", _DIRECTORY + "DeclareCapacities"),
        _BOTH,
        nav=NavigationEntry(N_("Our services"), 22),
    ),
    Page(f"{LIST}/new", new_service, PARTNER, (_DIRECTORY + "SaveServices",), _BOTH),
    Page(f"{LIST}/{{service_id}}", service, PARTNER, _KEEPS, _BOTH),
)
