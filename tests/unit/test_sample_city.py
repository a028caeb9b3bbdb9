"""The city that everybody tries the system with: its size, its plausibility, and what it must not show."""

import csv
import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import protovalidate
import pytest

from kem.directory.v1 import directory_pb2 as directory
from kernel.codes import (
    CATEGORIES,
    COMMITTEES,
    DISTRICTS,
    PURPOSES,
    SERVICE_TYPES,
    STATUS_FAMILIES,
    language,
    purpose_of,
    service_type,
)
from kernel.vocabulary import Role
from services.intake.domain.agreement import LegalRegime
from tools.sample_city_files import ATHENS, FOLDER, City, read_city

LOAD_DAY = date(2026, 9, 3)
KNOWN = ["KEM", "ACCMR", "UNHCR", "IOM", "UNICEF", "IRC", "ACTIONAID"]


@pytest.fixture(scope="module")
def city() -> City:
    return read_city(LOAD_DAY)


def _agency_code(city: City) -> dict[str, str]:
    return {agency.agency_id: agency.code for agency in city.agencies}


def _programmes(city: City, agency_code: str) -> dict[str, int]:
    """Service types of an agency, with how many activities each has."""
    codes = _agency_code(city)
    per_service = Counter(activity.service_id for activity in city.activities)
    own = [service for service in city.services if codes[service.agency_id] == agency_code]
    return {service.service_type: per_service[service.service_id] for service in own}


def test_the_city_has_the_size_of_athens_own_platform(city: City) -> None:
    assert (len(city.agencies), len(city.services), len(city.activities)) == (143, 151, 362)
    assert {committee for agency in city.agencies for committee in agency.committees} == set(COMMITTEES)
    assert len(COMMITTEES) == 6


def test_every_row_is_one_that_the_directory_takes(city: City) -> None:
    for row in itertools.chain(city.agencies, city.agreements, city.services, city.activities):
        protovalidate.validate(row)


def test_ids_are_fixed_random_and_unique(city: City) -> None:
    ids = [agency.agency_id for agency in city.agencies]
    ids += [service.service_id for service in city.services]
    ids += [activity.activity_id for activity in city.activities]
    assert len(set(ids)) == len(ids)
    assert {UUID(one).version for one in ids} == {4}
    assert read_city(LOAD_DAY) == city


def test_only_publicly_known_partners_are_not_marked_as_samples(city: City) -> None:
    assert [agency.code for agency in city.agencies if not agency.sample] == KNOWN


def test_no_two_agencies_share_a_name(city: City) -> None:
    for names in ([a.name.el for a in city.agencies], [a.name.en for a in city.agencies]):
        assert len(set(names)) == len(names)


def test_kem_offers_its_own_programmes(city: City) -> None:
    programmes = _programmes(city, "KEM")
    assert (programmes["GREEK_A1"], programmes["GREEK_A2"], programmes["ENGLISH_A1"]) == (4, 1, 3)
    assert programmes["COMPUTER_BASIC"] == 4
    assert programmes["INTERCULTURAL"] > 0
    assert {"SOCIAL_COUNSELLING", "GUARANTEED_MINIMUM_INCOME", "GENERAL_LEGAL"} <= set(programmes)


def test_a_counselling_session_of_kem_has_one_place(city: City) -> None:
    codes = _agency_code(city)
    (counselling,) = [
        s for s in city.services if codes[s.agency_id] == "KEM" and s.service_type == "JOB_COUNSELLING"
    ]
    sessions = [a for a in city.activities if a.service_id == counselling.service_id]
    assert sessions
    assert {session.capacity.places for session in sessions} == {1}


def test_every_service_type_is_offered_somewhere(city: City) -> None:
    assert {service.service_type for service in city.services} == set(SERVICE_TYPES)


def test_rules_name_known_codes_only(city: City) -> None:
    for service in city.services:
        kind = service_type(service.service_type)
        assert {language(code).code for code in (*service.languages, *service.interpreter_languages)}
        assert set(service.areas) <= set(DISTRICTS)
        assert service.location.district in DISTRICTS
        assert not service.eligibility.status_rule or service.eligibility.status_rule in STATUS_FAMILIES
        assert not service.eligibility.sexes or kind.sex_restricted, service.service_type
        assert not service.eligibility.status_rule or kind.may_need_status, service.service_type


def test_some_provider_of_each_type_takes_people_without_proof_of_status(city: City) -> None:
    benefits = {"CHILD_BENEFIT", "HOUSING_BENEFIT", "DISABILITY_BENEFIT"}
    open_to_all = {s.service_type for s in city.services if not s.eligibility.status_proof_needed}
    assert set(SERVICE_TYPES) - open_to_all == benefits


def test_a_course_that_asks_for_proof_to_its_end_is_not_the_only_one_of_its_type(city: City) -> None:
    with_activities = {activity.service_id for activity in city.activities}
    strict = [s for s in city.services if s.eligibility.status_proof_until_end]
    assert strict
    for service in strict:
        assert service.service_id in with_activities
        assert any(
            other.service_type == service.service_type and not other.eligibility.status_proof_until_end
            for other in city.services
        )


def test_shelters_that_must_stay_secret_are_hidden(city: City) -> None:
    hidden = {
        s.service_type for s in city.services if s.location.visibility == directory.LOCATION_VISIBILITY_HIDDEN
    }
    assert hidden == {"GBV_SHELTER", "TRAFFICKING_SUPPORT", "UAM_ACCOMMODATION"}
    for service in city.services:
        if service.service_type in hidden:
            assert service.listing == directory.LISTING_NAMED_STAFF


def test_no_restricted_service_is_listed_for_everybody(city: City) -> None:
    for service in city.services:
        if service_type(service.service_type).restricted:
            assert service.listing != directory.LISTING_PUBLIC
            assert service.location.visibility != directory.LOCATION_VISIBILITY_PUBLIC


def test_a_hidden_address_is_nobody_elses(city: City) -> None:
    addresses = Counter(service.location.address for service in city.services)
    for service in city.services:
        if service.location.visibility == directory.LOCATION_VISIBILITY_HIDDEN:
            assert addresses[service.location.address] == 1


def test_services_stand_in_their_district(city: City) -> None:
    for service in city.services:
        centre = DISTRICTS[service.location.district]
        assert abs(service.location.latitude - centre.latitude) < 0.01
        assert abs(service.location.longitude - centre.longitude) < 0.01


def test_every_telephone_and_address_is_recognisably_invented(city: City) -> None:
    for service in city.services:
        assert service.location.address.endswith("(δείγμα)")
        assert not service.duty_phone or service.duty_phone.startswith("+30 210 000 ")


def test_a_service_has_places_of_its_own_or_in_its_activities(city: City) -> None:
    with_activities = {activity.service_id for activity in city.activities}
    for service in city.services:
        unlimited = service.capacity.kind == directory.Capacity.KIND_UNLIMITED
        if service.service_id in with_activities:
            assert service.capacity.places == 0
        else:
            assert unlimited or service.capacity.places > 0
    assert all(activity.capacity.places > 0 for activity in city.activities)


def test_activities_lie_ahead_on_the_day_of_loading_and_belong_to_a_service(city: City) -> None:
    services = {service.service_id for service in city.services}
    loaded = datetime.combine(LOAD_DAY, datetime.min.time(), ATHENS).astimezone(UTC)
    for activity in city.activities:
        start = activity.start_time.ToDatetime(tzinfo=UTC)
        assert activity.service_id in services
        assert loaded < start < activity.end_time.ToDatetime(tzinfo=UTC)
        assert start < loaded + timedelta(days=120)


def test_dates_move_with_the_day_of_loading(city: City) -> None:
    later = read_city(LOAD_DAY + timedelta(days=7))
    for before, after in zip(city.activities, later.activities, strict=True):
        assert after.start_time.ToDatetime() - before.start_time.ToDatetime() >= timedelta(days=6, hours=23)


def test_every_agency_has_an_agreement_that_covers_what_its_services_need(city: City) -> None:
    agreements = {agreement.agency_id: agreement for agreement in city.agreements}
    assert set(agreements) == {agency.agency_id for agency in city.agencies}
    for service in city.services:
        agreement = agreements[service.agency_id]
        assert purpose_of(service.service_type).code in agreement.purposes
        assert set(service_type(service.service_type).needed) <= set(agreement.categories)
    for agreement in city.agreements:
        assert set(agreement.purposes) <= set(PURPOSES)
        assert set(agreement.categories) <= set(CATEGORIES)


def test_agreements_hold_for_a_year_and_outside_the_gdpr_rest_on_something(city: City) -> None:
    codes = _agency_code(city)
    for agreement in city.agreements:
        lasts = agreement.valid_until_time.ToDatetime() - agreement.valid_from_time.ToDatetime()
        assert lasts == timedelta(days=365)
        under_un = codes[agreement.agency_id] in ("UNHCR", "IOM", "UNICEF")
        regime = LegalRegime.UN_PRIVILEGES_IMMUNITIES if under_un else LegalRegime.GDPR_CONTROLLER
        assert agreement.legal_regime == regime
        assert bool(agreement.transfer_basis) == under_un


def test_most_services_are_reached_through_the_hub_and_each_other_way_occurs(city: City) -> None:
    ways = Counter(service.channel for service in city.services)
    assert ways[directory.CHANNEL_HUB] > 120
    assert len(ways) == 6


def test_a_cell_that_cannot_be_read_is_named_by_file_and_line(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        broken = text.replace(",HUB,", ",PIGEON,", 1) if file.name == "services.csv" else text
        (tmp_path / file.name).write_text(broken, encoding="utf-8")
    with pytest.raises(ValueError, match=r"services\.csv, line 2: .*PIGEON"):
        read_city(LOAD_DAY, tmp_path)


def test_the_citys_staff_have_roles_and_agencies_that_there_are_and_logins_of_their_own(city: City) -> None:
    with (FOLDER / "staff.csv").open(encoding="utf-8", newline="") as file:
        staff = list(csv.DictReader(file))
    assert len({row["login"] for row in staff}) == len(staff)
    assert {row["agency"] for row in staff} - {""} <= {agency.code for agency in city.agencies}
    given = {role for row in staff for role in row["roles"].split()}
    assert given == set(Role) - {Role.SERVICE}
    assert all(row["display_name"].endswith("Δείγμα") for row in staff)
