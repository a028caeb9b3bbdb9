"""What a list on a page says of people, many at once, through intake's own door."""

from typing import Any
from uuid import UUID, uuid4

import grpc

from kem.access.v1.access_events_pb2 import AccessEvent
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from services.intake.domain.beneficiary import Absence, Birth, Names
from tests.component.intake.desk import Desk
from tests.component.intake.erasing import erase
from tests.component.intake.test_merges import merge_of
from tests.support.intake import RunningIntake
from tests.support.people import invented_person
from tests.support.refusals import refused


async def listed(intake: RunningIntake, people: list[str], *roles: str, **who: Any) -> Any:
    """What somebody is shown of these people."""
    async with intake.channel_of(*(roles or ("caseworker",)), **who) as channel:
        request = messages.BatchGetBeneficiariesRequest(beneficiary_ids=people)
        return list((await IntakeServiceStub(channel).BatchGetBeneficiaries(request)).beneficiaries)


async def test_a_list_says_of_people_what_tells_them_apart_in_the_order_asked(
    intake: RunningIntake, desk: Desk
) -> None:
    known = await desk.person()
    nameless = await desk.person(names=Names(withheld=True), birth=Birth(absence=Absence.REFUSED))
    first, second = await listed(intake, [nameless, known])
    assert (first.beneficiary_id, first.names.withheld, first.birth_year) == (nameless, True, 0)
    person = invented_person()
    shown = await desk.intake.GetBeneficiary(messages.GetBeneficiaryRequest(beneficiary_id=known))
    assert second.beneficiary_id == known
    assert second.names == shown.beneficiary.names
    assert (second.names.original.given, second.names.latin.family) == (
        person.names.original.given,
        person.names.latin.family,
    )
    assert second.case_code == shown.case_code
    assert f"{second.birth_year}" == shown.beneficiary.birth.date[:4]
    assert second.birth_estimated == shown.beneficiary.birth.estimated


async def test_nobody_somebody_erased_and_somebody_elses_are_left_out_alike_and_one_access_is_on_record(
    intake: RunningIntake, desk: Desk
) -> None:
    own, gone, reader = await desk.person(), await desk.person(), uuid4()
    await erase(intake, gone)
    async with intake.channel_of("agency_member", agency_id=uuid4()) as elsewhere:
        strangers = Desk(desk.agency_id, IntakeServiceStub(elsewhere), desk.partner, desk.officer)
        stranger = await strangers.person()
    asked = [stranger, own, str(uuid4()), gone]
    [shown] = await listed(intake, asked, principal_id=reader)
    assert shown.beneficiary_id == own
    assert await listed(intake, [stranger, gone], principal_id=reader) == []
    first, second = accesses_of(intake, reader)
    assert (list(first.subject_ids), first.subject_count) == ([own], 1)
    assert (list(second.subject_ids), second.outcome) == ([], first.outcome), "and that nobody was found, too"


async def test_that_somebody_needs_a_restricted_service_is_marked_for_protection_staff_only(
    intake: RunningIntake, desk: Desk
) -> None:
    plain, restricted, other_record = [await desk.person() for _ in range(3)]
    await desk.need(restricted, service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST)
    async with intake.channel_of("gbv_focal_point") as protection:
        await MergeServiceStub(protection).MergeBeneficiaries(merge_of(other_record, restricted))
    people = [plain, restricted, other_record]
    marks = [one.restricted for one in await listed(intake, people, "gbv_focal_point")]
    assert marks == [False, True, True], "by whichever of their records"
    assert [one.restricted for one in await listed(intake, people)] == [False, False, False]


async def test_that_nothing_is_given_on_somebodys_consent_is_marked(
    intake: RunningIntake, desk: Desk
) -> None:
    plain, frozen = await desk.person(), await desk.person()
    async with intake.channel_of("child_protection_officer") as officer:
        freeze = messages.FreezeConsentRequest(request_id=str(uuid4()), beneficiary_id=frozen, words="Doubt.")
        await IntakeServiceStub(officer).FreezeConsent(freeze)
    assert [one.consent_frozen for one in await listed(intake, [plain, frozen])] == [False, True]


async def test_two_hundred_people_are_one_call_and_more_are_refused(
    intake: RunningIntake, desk: Desk
) -> None:
    own = await desk.person()
    people = [str(uuid4()) for _ in range(199)]
    assert len(await listed(intake, [*people, own])) == 1
    for wrong in ([*people, own, str(uuid4())], [own, own], [], ["nobody"]):
        with refused() as refusal:
            await listed(intake, wrong)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


def accesses_of(intake: RunningIntake, principal: UUID) -> list[Any]:
    """What is on record of somebody's accesses, in order."""
    rows = intake.database.execute(
        "select encode(payload, 'hex') from intake.outbox"
        f" where type = 'AccessRecorded' and key = '{principal}' order by event_time"
    )
    return [AccessEvent.FromString(bytes.fromhex(row.strip())).access_recorded for row in rows.split()]
