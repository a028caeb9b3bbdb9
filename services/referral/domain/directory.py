"""Agencies, services and activities as they are saved, and what makes one refused."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import codes
from kernel.codes import AgeBand, CapacityKind, Channel, HouseholdBand, Listing, LocationVisibility, Sex
from kernel.errors import Invalid, NotFound, NotPermitted, VersionConflict
from kernel.ids import ActivityId, AgencyId, ServiceId
from kernel.names import check_name
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.opening import OpeningHours


class NotYourAgency(NotPermitted):
    """An agency keeps its own part of the directory only."""

    reason = "AGENCY_NOT_YOURS"


class ServiceNotFound(NotFound):
    """No such service, or the caller may not know of it."""

    reason = "SERVICE_NOT_FOUND"


class AgencyNotFound(NotFound):
    """No such agency."""

    reason = "AGENCY_NOT_FOUND"


class UnitNotFound(NotFound):
    """No such unit of capacity, or the caller may not know of it."""

    reason = "UNIT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Agency:
    """A member organisation; committees are codes, and `version` is 0 until it is saved."""

    agency_id: AgencyId
    code: str
    name_el: str
    name_en: str
    committees: tuple[str, ...]
    sample: bool
    version: int = 0

    def check(self) -> None:
        """Raises Invalid: UNKNOWN_CODE for a committee that does not exist, NAME_NOT_PLAIN."""
        _check_names(self.name_el, self.name_en)
        _all_known(self.committees, codes.COMMITTEES, "committee")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a service is; 0 stands for unknown coordinates."""

    district: str
    latitude: float
    longitude: float
    address: str
    visibility: LocationVisibility


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whom a service takes; an empty list takes all."""

    age_bands: tuple[str, ...]
    sexes: tuple[str, ...]
    household_bands: tuple[str, ...]
    status_rule: str
    status_proof_needed: bool
    status_proof_until_end: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its agency saves it."""

    service_id: ServiceId
    agency_id: AgencyId
    service_type: str
    name_el: str
    name_en: str
    channel: Channel
    listing: Listing
    location: Location
    eligibility: Eligibility
    areas: tuple[str, ...]
    languages: tuple[str, ...]
    interpreter_languages: tuple[str, ...]
    step_free: bool
    opening: tuple[OpeningHours, ...]
    duty_phone: str
    capacity: DeclaredCapacity

    def check(self) -> None:
        """Refuses what matching could not decide on, or must not decide on.

        Raises:
            Invalid: UNKNOWN_CODE, NAME_NOT_PLAIN, or a rule that this service type may not have
                (SEX_RULE_NOT_ALLOWED, STATUS_RULE_NOT_ALLOWED, STATUS_RULE_MISSING, STATUS_PROOF_MISSING).
        """
        _check_names(self.name_el, self.name_en)
        check_name("location.address", self.location.address)
        kind = codes.service_type(self.service_type)
        rules = self.eligibility
        _all_known([self.location.district], codes.DISTRICTS, "district")
        _all_known(self.areas, codes.DISTRICTS, "district")
        _all_known(self.languages, codes.LANGUAGES, "language")
        _all_known(self.interpreter_languages, codes.LANGUAGES, "language")
        _all_known(rules.age_bands, list(AgeBand), "age band")
        _all_known(rules.household_bands, list(HouseholdBand), "household band")
        _all_known(rules.sexes, [Sex.F, Sex.M, Sex.X], "sex")
        if rules.status_rule:
            _all_known([rules.status_rule], codes.STATUS_FAMILIES, "status family")
        if rules.sexes and not kind.sex_restricted:
            raise Invalid(
                f"A service of type {kind.code} takes people of every sex; leave that rule empty.",
                reason="SEX_RULE_NOT_ALLOWED",
                service_id=str(self.service_id),
            )
        if rules.status_rule and not kind.may_need_status:
            raise Invalid(
                f"A service of type {kind.code} may not ask for a legal status; leave that rule empty.",
                reason="STATUS_RULE_NOT_ALLOWED",
                service_id=str(self.service_id),
            )
        if rules.status_proof_needed and not rules.status_rule:
            raise Invalid(
                "Proof is asked for, but no rule says of what.",
                reason="STATUS_RULE_MISSING",
                service_id=str(self.service_id),
            )
        if rules.status_proof_until_end and not rules.status_proof_needed:
            raise Invalid(
                "The proof has to last until the end, but no proof is asked for.",
                reason="STATUS_PROOF_MISSING",
                service_id=str(self.service_id),
            )


@dataclass(frozen=True, slots=True)
class Activity:
    """A dated instance of a service as its agency saves it."""

    activity_id: ActivityId
    service_id: ServiceId
    name_el: str
    name_en: str
    start_time: datetime
    end_time: datetime
    capacity: DeclaredCapacity

    def check(self) -> None:
        """Raises Invalid: ACTIVITY_TIMES_INVALID where it ends before it begins, NAME_NOT_PLAIN."""
        _check_names(self.name_el, self.name_en)
        if self.end_time <= self.start_time:
            raise Invalid(
                "An activity must end after it begins.",
                reason="ACTIVITY_TIMES_INVALID",
                activity_id=str(self.activity_id),
            )


def once_each(ids: Iterable[object], kind: str) -> None:
    """Raises Invalid (NAMED_TWICE) where one batch names the same thing twice: which of them should hold?"""
    seen: set[object] = set()
    for one in ids:
        if one in seen:
            raise Invalid(f"The same {kind} stands twice in this request.", reason="NAMED_TWICE", id=str(one))
        seen.add(one)


def check_read(changed: Iterable[tuple[UUID, int]], read_versions: Mapping[UUID, int]) -> None:
    """Passes where whatever was changed stood before as the caller had read it.

    It is asked after the change, whose transaction ends without it: of two at once the later one has waited
    for the other's row, so that nobody comes in between.

    Args:
        changed: what was changed, each with the version that it has got by that.
        read_versions: by id, what the caller has read, 0 where there was nothing; what is not named here may
            have stood in any way.

    Raises:
        VersionConflict: a colleague was first, and has saved something else.
    """
    for changed_id, version in changed:
        if read_versions.get(changed_id, version - 1) != version - 1:
            raise VersionConflict(
                "Somebody has changed this since you read it; read it again, then change it.",
                current_version=str(version - 1),
            )


def _check_names(name_el: str, name_en: str) -> None:
    check_name("name.el", name_el)
    check_name("name.en", name_en)


def _all_known(written: Iterable[str], known: Collection[str], kind: str) -> None:
    for code in written:
        if code not in known:
            raise Invalid(f"There is no {kind} called {code!r}.", reason="UNKNOWN_CODE", list=kind)


UNLIMITED = DeclaredCapacity(CapacityKind.UNLIMITED, 0)
