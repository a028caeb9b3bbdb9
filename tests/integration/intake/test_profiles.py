"""What matching is told, over a real PostgreSQL."""

from datetime import UTC, datetime
from uuid import uuid4

import protovalidate

from chassis.caller import Caller
from kernel.ids import NeedId, random_id
from kernel.vocabulary import Routing
from services.intake.domain.cells import GrantEffect
from services.intake.domain.eligibility import NeedProfile
from services.intake.entrypoints.translate_needs import profile_message
from services.intake.use_cases.get_profiles import get_profiles
from services.intake.use_cases.withdraw_need import WithdrawNeed, withdraw_need
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, bits, grant

WORK = {"WORK_ALLOWED": "2031-01"}
A, B, C, D = (uuid4() for _ in range(4))
REFERRAL = Caller.of_service("referral")


async def _profiles(intake: OpenIntake, *need_ids: NeedId) -> list[NeedProfile]:
    parts = intake.parts
    async with intake.database.transaction(REFERRAL) as tx:
        return await get_profiles(
            need_ids,
            METHOD,
            tx,
            needs=parts.needs,
            agreements=parts.agreements,
            vault=parts.vault,
        )


async def test_a_profile_tells_bands_and_the_agencies_that_are_permitted(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(
        agreement_with(A),
        agreement_with(B, valid_until_time=datetime(2021, 1, 1, tzinfo=UTC)),
        agreement_with(D),
    )
    await intake.consent(
        person, grant(A), grant(B), grant(C), grant(D, bits("NAME")), grant(D, effect=GrantEffect.DENY)
    )
    need = await intake.need(person)
    [profile] = await _profiles(intake, need.need_id)
    assert (profile.state, profile.referral_id) == ("ACTIVE", need.referral_id)
    assert profile.permitted_agency_ids == (A,)
    assert (profile.age_band, profile.sex, profile.district) == ("BAND_25_44", "", "ATHENS_6")
    assert profile.languages == ("ara", "eng")
    assert profile.status_answers == {}
    assert profile.profile_version == 2


async def test_sex_and_status_are_told_where_the_type_s_rules_may_ask(intake: OpenIntake) -> None:
    person = await intake.person()
    need = await intake.need(person, service_type="TRANSITIONAL_HOUSING", routing=Routing.ASK_FIRST)
    [profile] = await _profiles(intake, need.need_id)
    assert profile.sex == "F"
    assert profile.status_answers["ASYLUM_PROCEDURE"] == "YES"
    assert "ASYLUM_APPLICANT" not in repr(profile)


async def test_a_group_and_the_month_of_a_proof_are_told_and_nothing_that_they_come_from(
    intake: OpenIntake,
) -> None:
    person = await intake.person(specific_needs=("PREGNANT",))
    housing = await intake.need(person, service_type="TRANSITIONAL_HOUSING", routing=Routing.ASK_FIRST)
    lessons = await intake.need(person)
    told = await _profiles(intake, housing.need_id, lessons.need_id)
    assert [profile.priority_group for profile in told] == [1, 1]
    assert told[0].proof_months == {"ASYLUM_PROCEDURE": "2031-01", "ASYLUM_OR_PROTECTION": "2031-01", **WORK}
    assert told[1].proof_months == {}  # Greek lessons may not ask for a status
    message = profile_message(told[0])
    protovalidate.validate(message)
    for fact in ("PREGNANT", "ASYLUM_CARD", "2031-01-31", "2031, 1, 31"):
        assert fact not in repr(told) + str(message)


async def test_consent_for_another_purpose_permits_nobody(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A, purpose="SERVICE_HEALTH"))
    [profile] = await _profiles(intake, (await intake.need(person)).need_id)
    assert profile.permitted_agency_ids == ()


async def test_profiles_come_in_the_order_asked_with_what_became_of_the_needs(intake: OpenIntake) -> None:
    person, erased = await intake.person(), await intake.person()
    standing, taken_back, of_erased = (
        await intake.need(person),
        await intake.need(person),
        await intake.need(erased),
    )
    async with intake.database.transaction(intake.desk) as tx:
        command = WithdrawNeed(uuid4(), taken_back.need_id, "CHANGED_MIND")
        await withdraw_need(command, tx, intake.parts.people, intake.parts.needs)
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("delete from data_key where beneficiary_id = $1", erased)
    nobody_s = NeedId(random_id())
    asked = [of_erased.need_id, nobody_s, taken_back.need_id, standing.need_id, standing.need_id]
    profiles = await _profiles(intake, *asked)
    assert [profile.need_id for profile in profiles] == asked
    assert [profile.state for profile in profiles] == ["ERASED", "UNKNOWN", "WITHDRAWN", "ACTIVE", "ACTIVE"]
    assert profiles[2].referral_id == taken_back.referral_id


async def test_one_call_is_one_access_record_and_a_constant_number_of_statements(
    intake: OpenIntake,
) -> None:
    person = await intake.person()
    needs = [await intake.need(person) for _ in range(3)]
    counts = []
    for asked in (needs[:1], needs):
        statements: list[str] = []
        async with intake.database.transaction(REFERRAL) as tx:
            tx.connection.add_query_logger(lambda record, into=statements: into.append(record.query))
            parts = intake.parts
            await get_profiles(
                [need.need_id for need in asked],
                METHOD,
                tx,
                needs=parts.needs,
                agreements=parts.agreements,
                vault=parts.vault,
            )
            counts.append(len(statements))
            statements.clear()
    assert counts[0] == counts[1]
    assert len(await intake.told("AccessRecorded")) == 2


async def test_a_whole_withdrawal_touches_the_needs_before_it_only(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A), agreement_with(B))
    await intake.consent(person, grant(A), grant(B))
    before = await intake.need(person)
    await intake.withdraw(person, A)
    [profile] = await _profiles(intake, before.need_id)
    assert (profile.permitted_agency_ids, profile.consent_withdrawn) == ((B,), False)
    await intake.withdraw(person)
    after = await intake.need(person)
    told = await _profiles(intake, before.need_id, after.need_id)
    assert [profile.consent_withdrawn for profile in told] == [True, False]
    assert [profile.permitted_agency_ids for profile in told] == [(), ()]
    # consent given anew opens what is asked for from now on; it must not depend on who had heard by then
    await intake.consent(person, grant(B))
    told = await _profiles(intake, before.need_id, after.need_id)
    assert [profile.consent_withdrawn for profile in told] == [True, False]
    assert told[1].permitted_agency_ids == (B,)
