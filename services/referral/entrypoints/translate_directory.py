"""Between the directory's messages and its domain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from chassis.instants import instant_from
from kem.directory.v1 import directory_pb2 as directory
from kernel.codes import CapacityKind, Channel, Listing, LocationVisibility
from kernel.errors import Invalid
from kernel.ids import ActivityId, AgencyId, ServiceId
from services.referral.adapters.postgres_activities import ListedActivity
from services.referral.adapters.postgres_listing import ListedService
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity, Agency, Eligibility, Location, Service
from services.referral.domain.opening import OpeningHours

_T = TypeVar("_T")


def agency_of(message: directory.Agency) -> Agency:
    return Agency(
        agency_id=AgencyId(UUID(message.agency_id)),
        code=message.code,
        name_el=message.name.el,
        name_en=message.name.en,
        committees=tuple(message.committees),
        sample=message.sample,
    )


def agency_message(agency: Agency) -> directory.Agency:
    return directory.Agency(
        agency_id=str(agency.agency_id),
        code=agency.code,
        name=directory.BilingualText(el=agency.name_el, en=agency.name_en),
        committees=agency.committees,
        sample=agency.sample,
        version=agency.version,
    )


def service_of(message: directory.Service) -> Service:
    """Raises Invalid for capacity or opening hours that contradict themselves."""
    place, rules = message.location, message.eligibility
    return Service(
        service_id=ServiceId(UUID(message.service_id)),
        agency_id=AgencyId(UUID(message.agency_id)),
        service_type=message.service_type,
        name_el=message.name.el,
        name_en=message.name.en,
        channel=Channel[_word(directory.Channel.Name(message.channel), "CHANNEL_")],
        listing=Listing[_word(directory.Listing.Name(message.listing), "LISTING_")],
        location=Location(
            district=place.district,
            latitude=place.latitude,
            longitude=place.longitude,
            address=place.address,
            visibility=LocationVisibility[
                _word(directory.LocationVisibility.Name(place.visibility), "LOCATION_VISIBILITY_")
            ],
        ),
        eligibility=Eligibility(
            age_bands=tuple(rules.age_bands),
            sexes=tuple(rules.sexes),
            household_bands=tuple(rules.household_bands),
            status_rule=rules.status_rule,
            status_proof_needed=rules.status_proof_needed,
            status_proof_until_end=rules.status_proof_until_end,
        ),
        areas=tuple(message.areas),
        languages=tuple(message.languages),
        interpreter_languages=tuple(message.interpreter_languages),
        step_free=message.step_free,
        opening=tuple(
            OpeningHours(hours.weekday, hours.from_minute, hours.until_minute) for hours in message.opening
        ),
        duty_phone=message.duty_phone,
        capacity=capacity_of(message.capacity),
    )


def capacity_of(message: directory.Capacity) -> DeclaredCapacity:
    """Raises Invalid (CAPACITY_INVALID)."""
    kind = CapacityKind[_word(directory.Capacity.Kind.Name(message.kind), "KIND_")]
    return DeclaredCapacity(kind, message.places)


def activity_of(message: directory.Activity) -> Activity:
    return Activity(
        activity_id=ActivityId(UUID(message.activity_id)),
        service_id=ServiceId(UUID(message.service_id)),
        name_el=message.name.el,
        name_en=message.name.en,
        start_time=instant_from(message.start_time, "start_time"),
        end_time=instant_from(message.end_time, "end_time"),
        capacity=capacity_of(message.capacity),
    )


def listed_service_message(listed: ListedService) -> directory.ListedService:
    message = directory.ListedService(
        service=service_message(listed.service),
        agency_code=listed.agency_code,
        suspended=listed.is_suspended,
        free_places=listed.free_places,
        freshness=listed.freshness.value,
        version=listed.version,
        capacity_questioned=listed.is_questioned,
    )
    if listed.declared_time is not None:
        message.declared_time.FromDatetime(listed.declared_time)
    return message


def listed_activity_message(listed: ListedActivity) -> directory.ListedActivity:
    activity = listed.activity
    message = directory.Activity(
        activity_id=str(activity.activity_id),
        service_id=str(activity.service_id),
        name=directory.BilingualText(el=activity.name_el, en=activity.name_en),
        capacity=_capacity_message(activity.capacity),
    )
    message.start_time.FromDatetime(activity.start_time)
    message.end_time.FromDatetime(activity.end_time)
    free = None if listed.free_places is None else max(listed.free_places, 0)
    return directory.ListedActivity(activity=message, free_places=free, version=listed.version)


def service_message(service: Service) -> directory.Service:
    place, rules = service.location, service.eligibility
    return directory.Service(
        service_id=str(service.service_id),
        agency_id=str(service.agency_id),
        service_type=service.service_type,
        name=directory.BilingualText(el=service.name_el, en=service.name_en),
        channel=directory.Channel.Value(f"CHANNEL_{service.channel.value}"),
        listing=directory.Listing.Value(f"LISTING_{service.listing.value}"),
        location=directory.Location(
            district=place.district,
            latitude=place.latitude,
            longitude=place.longitude,
            address=place.address,
            visibility=directory.LocationVisibility.Value(f"LOCATION_VISIBILITY_{place.visibility.value}"),
        ),
        eligibility=directory.Eligibility(
            age_bands=rules.age_bands,
            sexes=rules.sexes,
            household_bands=rules.household_bands,
            status_rule=rules.status_rule,
            status_proof_needed=rules.status_proof_needed,
            status_proof_until_end=rules.status_proof_until_end,
        ),
        areas=service.areas,
        languages=service.languages,
        interpreter_languages=service.interpreter_languages,
        step_free=service.step_free,
        opening=[
            directory.OpeningHours(
                weekday=hours.weekday, from_minute=hours.from_minute, until_minute=hours.until_minute
            )
            for hours in service.opening
        ],
        duty_phone=service.duty_phone,
        capacity=_capacity_message(service.capacity),
    )


def _capacity_message(capacity: DeclaredCapacity) -> directory.Capacity:
    return directory.Capacity(
        kind=directory.Capacity.Kind.Value(f"KIND_{capacity.kind.value}"), places=capacity.places
    )


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix)


FIRST_ID = UUID(int=0)
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)


def after_id(token: str) -> UUID:
    """Where a page by id goes on; an empty token begins at the first."""
    return _read(token, UUID) if token else FIRST_ID


def after_instant(token: str) -> tuple[datetime, UUID]:
    """Where a page by time goes on."""
    return _read(token, _instant_and_id) if token else (_FIRST_INSTANT, FIRST_ID)


def instant_token(instant: datetime, row_id: UUID) -> str:
    return f"{instant.isoformat()}/{row_id}"


def _instant_and_id(token: str) -> tuple[datetime, UUID]:
    instant, _, row_id = token.partition("/")
    read = datetime.fromisoformat(instant)
    if read.tzinfo is None:
        raise ValueError("an instant without a zone")
    return read, UUID(row_id)


def _read(token: str, how: Callable[[str], _T]) -> _T:
    try:
        return how(token)
    except ValueError:
        raise Invalid(
            "This page token is not one that a list gave; begin again without it.",
            reason="PAGE_TOKEN_INVALID",
        ) from None
