"""What is corrected reaches every agency that holds an earlier value, over a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.ids import BeneficiaryId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.domain.beneficiary import Absence, Beneficiary, Name, Names
from services.intake.domain.recall import Recall, RecallCause
from services.intake.use_cases.list_recalled_disclosures import list_recalled_disclosures
from services.intake.use_cases.list_recalls import RecallView
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.support.consented_people import METHOD, bits, named
from tests.support.recalls import HOLDER, B, Recalls
from tests.support.telephone import A, Telephone

RIGHT_NAME = Names(latin=Name("Corrected", "Invented"))


async def correct(recalls: Recalls, person: BeneficiaryId, version: int = 1, **changes: Any) -> None:
    """The desk changes this of a person, and leaves everything else as it is."""
    parts = recalls.intake.parts
    async with recalls.intake.database.transaction(recalls.intake.desk) as tx:
        known = await parts.people.fields(tx, person) or {}
        known.pop("case_code")
        command = UpdateBeneficiary(uuid4(), person, version, replace(Beneficiary(**known), **changes))
        await update_beneficiary(
            command,
            METHOD,
            tx,
            parts.vault,
            parts.people,
            IdentifierSearch(parts.vault),
            parts.corrections,
            parts.recalls,
            parts.freezes,
        )


async def corrected(recalls: Recalls) -> list[Recall]:
    return [one for one in await recalls.open() if one.cause is RecallCause.CORRECTED]


async def test_each_agency_that_holds_an_earlier_value_is_told_and_reads_the_corrected_one(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A, B)
    need = await recalls.given(person, B, A)
    await correct(recalls, person, names=RIGHT_NAME)
    told = await corrected(recalls)
    assert {(one.agency_id, one.referral_id) for one in told} == {
        (A, need.referral_id),
        (B, need.referral_id),
    }
    assert [named(one.recalled_mask) for one in told] == [{"NAME"}, {"NAME"}]
    [row] = await recalls.intake.rows("select * from correction")
    assert (row["beneficiary_id"], row["version"], named(row["corrected_mask"])) == (person, 2, {"NAME"})
    for event in await recalls.intake.told("RecallOpened"):
        fact = DisclosureEvent.FromString(event["payload"]).recall_opened
        assert (fact.cause, fact.recalled_mask) == ("CORRECTED", bits("NAME"))
        assert b"Corrected" not in event["payload"]
    given = await recalls.intake.disclose(need, HOLDER)
    assert given.fields["names"] == RIGHT_NAME
    [(mine, _)] = (await recalls.listed(HOLDER, RecallView.HELD)).recalls
    assert [named(line.mask) for line in mine.disclosures] == [{"NAME"}]
    async with recalls.intake.database.transaction(HOLDER) as tx:
        page, after = await list_recalled_disclosures(
            mine.recall_id, 0, None, METHOD, tx, recalls.intake.parts.recalls
        )
    assert (list(page), after) == (list(mine.disclosures), None)
    await recalls.answer(mine)
    assert [one.agency_id for one in await corrected(recalls)] == [B]


async def test_another_reason_why_something_is_not_known_is_no_correction_for_anybody(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A, B)
    await recalls.given(person, B, A)
    why = Absence.REFUSED
    await correct(recalls, person, district="", district_absence=Absence.NOT_ASKED, household_absence=why)
    assert await corrected(recalls) == []
    told = {"district_absence": Absence.REFUSED, "household_absence": Absence.UNKNOWN}
    await correct(recalls, person, version=2, **told)
    [row] = await recalls.intake.rows("select corrected_mask from correction")
    assert named(row["corrected_mask"]) == {"FAMILY"}, "that it is known no longer, the first time"


async def test_nobody_is_told_of_what_they_were_not_given_or_had_to_destroy(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A, B)
    need = await recalls.given(person, B, A)
    await recalls.intake.withdraw(person, B)
    await correct(recalls, person, district="ATHENS_2")
    assert await corrected(recalls) == []
    await correct(recalls, person, version=2, names=RIGHT_NAME)
    [told] = await corrected(recalls)
    assert told.agency_id == A
    await correct(recalls, person, version=3, names=RIGHT_NAME)
    assert len(await recalls.intake.rows("select from correction")) == 2  # nothing changed the third time
    wrong_again = Names(latin=Name("Again", "Invented"))
    await correct(recalls, person, version=4, names=wrong_again)
    assert await corrected(recalls) == [told]  # A has not read the corrected one yet, and will read this
    await recalls.answer(told)
    await correct(recalls, person, version=5, names=RIGHT_NAME)
    assert await corrected(recalls) == []
    await recalls.intake.disclose(need, HOLDER)
    await correct(recalls, person, version=6, names=wrong_again)
    [second] = await corrected(recalls)
    assert len(second.disclosures) == 1


async def test_who_keeps_the_earlier_value_is_told_again(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await correct(recalls, person, names=RIGHT_NAME)
    [first] = await corrected(recalls)
    await recalls.answer(first, kept=("NAME",))
    await correct(recalls, person, version=2, names=Names(latin=Name("Again", "Invented")))
    assert len(await corrected(recalls)) == 1


async def test_once_consent_ends_everything_is_asked_back_as_if_nothing_had_been_corrected(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await correct(recalls, person, names=RIGHT_NAME)
    [told] = await corrected(recalls)
    await recalls.answer(told)
    [asked] = (await recalls.intake.withdraw(person)).recalls
    assert (asked.cause, "NAME" in named(asked.recalled_mask)) == (RecallCause.WITHDRAWN, True)


async def test_a_hand_over_that_is_entered_after_the_correction_is_told_at_once(recalls: Recalls) -> None:
    person, telephone = await recalls.person_who_allows(A), Telephone(recalls.intake, PostgresEmergencies())
    need = await recalls.intake.need(person)
    called = datetime.now(UTC)
    await correct(recalls, person, names=RIGHT_NAME)
    assert await corrected(recalls) == []
    await telephone.hand_over(need, "NAME", "LANGUAGES", happened_time=called)
    [told] = await corrected(recalls)
    assert named(told.recalled_mask) == {"NAME"}


async def test_what_an_emergency_gave_is_corrected_too_though_no_grant_permits_it(recalls: Recalls) -> None:
    person, telephone = await recalls.person_who_allows(), Telephone(recalls.intake, PostgresEmergencies())
    need = await recalls.intake.need(person)
    await telephone.hand_over(need, "NAME", legal_basis=LegalBasis.VITAL_INTEREST)
    await correct(recalls, person, names=RIGHT_NAME)
    assert [one.agency_id for one in await corrected(recalls)] == [A]
