"""Whoever is given a household is told whether it is known: an empty one says that the person lives alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.common.v1 import common_pb2
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1.disclosure_service_pb2 import DisclosedBeneficiary
from kem.disclosure.v1.recall_service_pb2_grpc import RecallServiceStub
from kem.intake.v1 import beneficiary_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.need_pb2 import RecordedNeed
from kernel import codes
from services.intake.domain.beneficiary import Absence
from tests.component.intake.desk import Desk, desk_that_hears
from tests.support.intake import RunningIntake
from tests.support.postgres import MakeDatabase
from tests.support.referral_voice import ReferralVoice, accepted
from tools.stack.broker import Broker

HOUSING = codes.service_type("HOUSING_SEARCH")
PURPOSE = codes.purpose_of(HOUSING.code).code


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody of whom this household is known looks for one, and an agency is given it."""

    intake: RunningIntake
    desk: Desk
    referral: ReferralVoice

    async def held(self, **household: Any) -> tuple[str, RecordedNeed]:
        person = await self.desk.person(**household)
        await self.desk.consent(person, purpose=PURPOSE)
        need = await self.desk.need(person, service_type=HOUSING.code)
        fact = accepted(self.desk.agency_id, purpose=PURPOSE, needed_mask=HOUSING.needed_mask)
        await self.referral.say(fact, UUID(need.referral_id), 2)
        return person, need

    async def correct(self, person: str, **household: Any) -> None:
        """The desk says this of the household, and everything else as it is."""
        ask = messages.GetBeneficiaryRequest(beneficiary_id=person)
        known = await self.desk.intake.GetBeneficiary(ask)
        for name in ("household", "absences"):
            known.beneficiary.ClearField(name)
        known.beneficiary.MergeFrom(proto.Beneficiary(**household))
        await self.desk.intake.UpdateBeneficiary(
            messages.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=person,
                expected_version=known.version,
                beneficiary=known.beneficiary,
                absences_told=True,
            )
        )

    async def asked_to_replace(self) -> list[list[str]]:
        """The categories of each recall that the agency has not answered; it answers them then."""
        async with self.intake.channel_of("agency_member", agency_id=self.desk.agency_id) as channel:
            holder = RecallServiceStub(channel)
            listed = await holder.ListRecalls(
                recall.ListRecallsRequest(view=recall.RECALL_VIEW_HELD, filter=recall.RECALL_FILTER_OPEN)
            )
            for one in listed.recalls:
                assert one.cause == recall.RECALL_CAUSE_CORRECTED
                await holder.AcknowledgeRecall(
                    recall.AcknowledgeRecallRequest(
                        request_id=str(uuid4()),
                        recall_id=one.recall_id,
                        destroyed_categories=one.recalled_categories,
                    )
                )
        return [list(one.recalled_categories) for one in listed.recalls]


def reason(absence: common_pb2.Absence.ValueType) -> list[proto.FieldAbsence]:
    return [proto.FieldAbsence(field=proto.FieldAbsence.FIELD_HOUSEHOLD, absence=absence)]


def read(given: DisclosedBeneficiary) -> tuple[list[str], bool]:
    """Who lives with the person, and whether that is not known."""
    return [one.relation for one in given.household], given.household_not_known


@pytest.fixture
async def home(fresh_database: MakeDatabase, broker: Broker, tmp_path: Path) -> AsyncIterator[Home]:
    async with desk_that_hears(fresh_database, broker, tmp_path) as (intake, referral, desk):
        await desk.agree()
        yield Home(intake, desk, referral)


async def test_the_holder_reads_whether_somebody_lives_alone_and_hears_when_that_changes(
    home: Home,
) -> None:
    person, need = await home.held(household_absence=Absence.REFUSED)
    given = await home.desk.ask(need)
    assert "FAMILY" in given.given_categories
    assert read(given.beneficiary) == ([], True)
    assert "REFUSED" not in str(given.beneficiary)

    await home.correct(person, absences=reason(common_pb2.ABSENCE_UNKNOWN))
    assert await home.asked_to_replace() == [], "another reason is for nobody else"
    await home.correct(person)
    assert await home.asked_to_replace() == [["FAMILY"]], "the person lives alone"
    assert read((await home.desk.ask(need)).beneficiary) == ([], False)
    await home.correct(person, absences=reason(common_pb2.ABSENCE_NOT_ASKED))
    assert await home.asked_to_replace() == [["FAMILY"]]
    assert read((await home.desk.ask(need)).beneficiary) == ([], True)
    await home.correct(person, household=[proto.HouseholdMember(relation="CHILD")])
    assert await home.asked_to_replace() == [["FAMILY"]]
    assert read((await home.desk.ask(need)).beneficiary) == (["CHILD"], False)
