"""From an acceptance that the broker carries to the fields that an agency is given."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import grpc

from kem.disclosure.v1 import disclosure_service_pb2 as messages
from kem.intake.v1 import intake_service_pb2
from kem.referral.v1 import referral_events_pb2 as facts
from kernel import codes
from tests.component.intake.desk import COURSES, Desk, at, desk_at, desk_that_hears
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.referral_voice import accepted
from tests.support.refusals import refused
from tools.stack.broker import Broker

NEEDED = codes.service_type("GREEK_A1").needed_mask


@asynccontextmanager
async def _opened(fresh_database: MakeDatabase, folder: Path) -> AsyncIterator[tuple[RunningIntake, Desk]]:
    async with running_intake(fresh_database(schemas=("intake",)), folder) as intake, desk_at(intake) as desk:
        yield intake, desk


async def test_the_holder_gets_consented_fields_until_consent_or_referral_ends(
    fresh_database: MakeDatabase, broker: Broker, tmp_path: Path
) -> None:
    async with desk_that_hears(fresh_database, broker, tmp_path) as (_, referral, desk):
        assert await desk.agree() == 1
        person = await desk.person()
        await desk.consent(person)
        need, other = await desk.need(person), await desk.need(person)
        fact = accepted(desk.agency_id, purpose=COURSES, needed_mask=NEEDED, for_assessment=True)
        await referral.say(fact, UUID(need.referral_id), 2)
        await referral.say(fact, UUID(other.referral_id), 2)

        assessed = await desk.ask(need)
        assert assessed.given_categories == ["NAME", "LANGUAGES", "SAFE_CONTACT"]
        assert assessed.beneficiary.names.latin.given == "Amna"
        assert not assessed.beneficiary.HasField("birth")
        assert assessed.beneficiary.contacts
        assert not assessed.beneficiary.documents

        await referral.say(
            accepted(
                desk.agency_id,
                purpose=COURSES,
                needed_mask=NEEDED,
                offer_id=UUID(fact.offer_id),
            ),
            UUID(need.referral_id),
            3,
        )
        while len((given := await desk.ask(need)).given_categories) == 3:
            continue  # each asking waits for the database
        assert given.given_categories == codes.categories_in(NEEDED)

        await referral.say(
            facts.ReferralReturned(offer_id=fact.offer_id, agency_id=str(desk.agency_id)),
            UUID(need.referral_id),
            4,
        )
        await desk.intake.WithdrawConsent(
            intake_service_pb2.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
        )
        with refused() as refusal:
            await desk.ask(other)
        assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refusal.reason == "CONSENT_NOT_IN_FORCE"
        while True:
            with refused() as refusal:
                await desk.ask(need)
            if refusal.reason == "ACCEPTANCE_NOT_KNOWN":
                break
            assert refusal.reason == "CONSENT_NOT_IN_FORCE"
        assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION


async def test_an_acceptance_that_does_not_arrive_is_waited_for_two_seconds(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    async with _opened(fresh_database, tmp_path) as (intake, desk):
        need = await desk.need(await desk.person())
        started = time.monotonic()
        with refused() as refusal:
            await desk.ask(need)
        assert 1.9 < time.monotonic() - started < 10, "no shorter, and not for ever"
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "ACCEPTANCE_NOT_KNOWN",
    )
    assert refusal.retry_delay_seconds == 1
    assert "refused" in intake.database.execute("select lower(outcome) from intake.disclosure")


async def test_agreements_are_saved_by_an_officer_and_listed_in_pages(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    async with _opened(fresh_database, tmp_path) as (_, desk):
        agreement = messages.Agreement(
            purposes=[COURSES],
            categories=["NAME"],
            legal_regime="THIRD_COUNTRY",
            transfer_basis="SCC 2021/914",
            valid_from_time=at(datetime(2020, 1, 1, tzinfo=UTC)),
            valid_until_time=at(datetime(2100, 1, 1, tzinfo=UTC)),
        )
        request = messages.SaveAgreementsRequest(request_id=str(uuid4()))
        for _ in range(5):
            agreement.agency_id = str(uuid4())
            request.agreements.append(agreement)
        assert (await desk.officer.SaveAgreements(request)).saved == 5
        assert (await desk.officer.SaveAgreements(request)).saved == 5
        listed: list[messages.Agreement] = []
        token = ""
        while token or not listed:
            page = await desk.officer.ListAgreements(
                messages.ListAgreementsRequest(page_size=2, page_token=token)
            )
            listed += page.agreements
            token = page.next_page_token
        assert sorted(one.agency_id for one in listed) == sorted(one.agency_id for one in request.agreements)
        assert listed[0].transfer_basis == "SCC 2021/914"
        with refused() as refusal:
            await desk.partner.SaveAgreements(request)
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


async def test_who_has_read_an_older_version_of_an_agreement_replaces_nothing(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    async with _opened(fresh_database, tmp_path) as (_, desk):

        def saving(version: int | None, until: int) -> messages.SaveAgreementsRequest:
            agreement = messages.Agreement(
                agency_id=agency_id,
                purposes=[COURSES],
                categories=["NAME"],
                legal_regime="GDPR_CONTROLLER",
                valid_from_time=at(datetime(2020, 1, 1, tzinfo=UTC)),
                valid_until_time=at(datetime(until, 1, 1, tzinfo=UTC)),
                version=version,
            )
            return messages.SaveAgreementsRequest(request_id=str(uuid4()), agreements=[agreement])

        async def listed() -> messages.Agreement:
            page = await desk.officer.ListAgreements(messages.ListAgreementsRequest(page_size=200))
            return next(one for one in page.agreements if one.agency_id == agency_id)

        agency_id = str(uuid4())
        first = saving(0, 2090)
        assert (await desk.officer.SaveAgreements(first)).saved == 1
        assert (await listed()).version == 1
        with refused() as refusal:
            await desk.officer.SaveAgreements(saving(0, 2091))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "VERSION_CONFLICT")
        assert (await desk.officer.SaveAgreements(first)).saved == 1, "a repeat has its first answer"
        assert (await desk.officer.SaveAgreements(saving(0, 2090))).saved == 0, "it says what stands"
        assert (await desk.officer.SaveAgreements(saving(1, 2092))).saved == 1
        with refused() as refusal:
            await desk.officer.SaveAgreements(saving(1, 2093))
        assert refusal.reason == "VERSION_CONFLICT"
        assert (await desk.officer.SaveAgreements(saving(None, 2094))).saved == 1
        found = await listed()
        assert (found.version, found.valid_until_time.ToDatetime().year) == (3, 2094)
