"""Consent over a real PostgreSQL: what is kept, what it opens, and what closes it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import BeneficiaryId, random_id
from kernel.vocabulary import LegalBasis
from services.intake.adapters.consent_details import details_from
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.cells import GrantEffect, compile_cells
from services.intake.domain.consent import (
    ConsentGiver,
    ConsentMethod,
    Interpreter,
    InterpreterMode,
    Notice,
)
from tests.support.consented_people import ARABIC, EVERYTHING, OpenIntake, bits, grant, member_of

A, B = uuid4(), uuid4()
_INTERPRETER = Interpreter("Interpreter 12", InterpreterMode.TELEPHONE, True, False, True)


async def _cells(intake: OpenIntake, person: BeneficiaryId) -> dict[object, object]:
    rows = await intake.rows(
        f"select {CELL_COLUMNS} from grant_cell where beneficiary_id = $1",
        person,
    )
    return {row["cell_id"]: cell_from(row) for row in rows}


async def test_consent_is_kept_as_it_was_given_and_opens_a_cell_per_agency(intake: OpenIntake) -> None:
    person = await intake.person()
    consent_id = await intake.consent(
        person, grant(A, bits("NAME", "LANGUAGES")), grant(B, bits("NAME"), effect=GrantEffect.DENY)
    )
    [record] = await intake.rows("select * from consent where consent_id = $1", consent_id)
    assert (record["notice_version"], record["notice_language"]) == ("1", "ar")
    assert record["notice_sha256"] == ARABIC.sha256
    assert record["obtained_by_agency_id"] == intake.desk.agency_id
    cells = await intake.rows("select * from grant_cell where beneficiary_id = $1", person)
    assert {(cell["agency_id"], cell["categories"], cell["effect"]) for cell in cells} == {
        (A, bits("NAME", "LANGUAGES"), "PERMIT"),
        (B, bits("NAME"), "DENY"),
    }


async def test_consent_and_withdrawal_are_told_with_a_new_profile_version(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(person, grant(A))
    await intake.withdraw(person, A)
    told = await intake.told("ConsentRecorded", "ConsentWithdrawn", "ProfileChanged")
    assert [(row["type"], row["aggregate_version"]) for row in told] == [
        ("ConsentRecorded", 1),
        ("ProfileChanged", 2),
        ("ConsentWithdrawn", 2),
        ("ProfileChanged", 3),
    ]
    withdrawn = IntakeEvent.FromString(told[2]["payload"]).consent_withdrawn
    assert withdrawn.agency_id == str(A)
    assert len(withdrawn.consent_ids) == 1


async def test_withdrawing_for_one_agency_leaves_the_others(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(person, grant(A), grant(B))
    withdrawal = await intake.withdraw(person, A)
    assert withdrawal.grants_closed == 1
    cells = await intake.rows("select agency_id, withdrawn_time from grant_cell")
    assert {cell["agency_id"]: cell["withdrawn_time"] for cell in cells} == {
        A: withdrawal.withdrawn_time,
        B: None,
    }


async def test_withdrawing_all_closes_what_rests_on_consent_and_opens_nothing(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(
        person,
        grant(A),
        grant(A, bits("NAME"), effect=GrantEffect.DENY),
        grant(B),
    )
    assert (await intake.withdraw(person)).grants_closed == 2
    [left] = await intake.rows("select effect from grant_cell where withdrawn_time is null")
    assert left["effect"] == "DENY"


async def test_the_cells_can_be_dropped_and_made_again_from_the_events(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(person, grant(A, bits("NAME")), grant(A, bits("STATUS")), grant(B))
    await intake.withdraw(person, A)
    await intake.consent(person, grant(A), grant(B, effect=GrantEffect.DENY))
    await intake.withdraw(person)
    async with intake.worker.transaction(intake.desk) as tx:
        events = await intake.parts.consents.events(tx, person)
    assert len(events) == 4
    assert {cell.cell_id: cell for cell in compile_cells(events)} == await _cells(intake, person)


async def test_concurrent_consents_of_one_person_are_numbered_without_gaps(intake: OpenIntake) -> None:
    person = await intake.person()
    await asyncio.gather(*(intake.consent(person, grant(uuid4())) for _ in range(6)), intake.withdraw(person))
    rows = await intake.rows("select sequence from consent_event order by sequence")
    assert [row["sequence"] for row in rows] == list(range(1, 8))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_until_time": datetime.now(UTC) + timedelta(days=400)}, "CONSENT_PERIOD_TOO_LONG"),
        ({"valid_until_time": datetime.now(UTC) - timedelta(days=2)}, "CONSENT_PERIOD_INVALID"),
        (
            {
                "valid_from_time": datetime.now(UTC) - timedelta(days=9),
                "valid_until_time": datetime.now(UTC) - timedelta(days=2),
            },
            "CONSENT_ALREADY_ENDED",
        ),
        ({"happened_time": datetime.now(UTC) + timedelta(days=1)}, "HAPPENED_IN_FUTURE"),
        ({"spoken_language": "xyz"}, "UNKNOWN_CODE"),
        ({"given_by": ConsentGiver.GUARDIAN}, "AUTHORITY_REFERENCE_MISSING"),
        ({"grants": (grant(A, purpose="SERVICE_TEAPOT"),)}, "UNKNOWN_CODE"),
        ({"grants": (grant(A), grant(B, legal_basis=LegalBasis.VITAL_INTEREST))}, "BASIS_NOT_CONSENT"),
        ({"grants": (grant(A, legal_basis=LegalBasis.PUBLIC_TASK),)}, "BASIS_NOT_CONSENT"),
        ({"grants": (grant(A, is_safety_critical=True),)}, "SAFETY_IS_A_DENIAL"),
        ({"method": ConsentMethod.VERBAL_WITNESSED}, "WITNESS_MISSING"),
        ({"method": ConsentMethod.THUMBPRINT, "witness": " "}, "WITNESS_MISSING"),
        ({"method": ConsentMethod.THUMBPRINT, "witness": "A \u2067Witness"}, "NAME_NOT_PLAIN"),
        ({"interpreter": replace(_INTERPRETER, reference="I-\u200f1")}, "NAME_NOT_PLAIN"),
    ],
)
async def test_a_consent_that_could_not_stand_is_refused_and_nothing_is_kept(
    intake: OpenIntake, changes: dict[str, Any], reason: str
) -> None:
    person = await intake.person()
    grants = changes.get("grants", (grant(A),))
    changes = {name: value for name, value in changes.items() if name != "grants"}
    with pytest.raises(Invalid) as refusal:
        await intake.consent(person, *grants, **changes)
    assert refusal.value.stable_reason == reason
    assert await intake.rows("select from consent") == []
    assert await intake.told("ConsentRecorded") == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notice": Notice("1", "ar", bytes(32))}, "NOTICE_NOT_PUBLISHED"),
        ({"notice": Notice("1", "en", ARABIC.sha256)}, "NOTICE_NOT_PUBLISHED"),
        ({"notice": Notice("2", "ar", ARABIC.sha256)}, "NOTICE_NOT_PUBLISHED"),
        ({"interpreter": replace(_INTERPRETER, has_signed_confidentiality=False)}, "INTERPRETER_NOT_BOUND"),
        ({"interpreter": replace(_INTERPRETER, is_related=True)}, "INTERPRETER_NOT_INDEPENDENT"),
        ({"interpreter": replace(_INTERPRETER, is_of_full_age=False)}, "INTERPRETER_NOT_INDEPENDENT"),
        ({"covers_family": True}, "FAMILY_CONSENT_TOO_WIDE"),
        (
            {
                "given_by": ConsentGiver.LEGAL_REPRESENTATIVE,
                "authority_reference": "ΔΙΚ-4",
                "authority_expires_date": datetime.now(UTC).date() + timedelta(days=9),
            },
            "CONSENT_BEYOND_AUTHORITY",
        ),
    ],
)
async def test_a_consent_that_was_not_asked_for_rightly_is_refused_and_nothing_is_kept(
    intake: OpenIntake, changes: dict[str, Any], reason: str
) -> None:
    person = await intake.person()
    with pytest.raises(RuleBroken) as refusal:
        await intake.consent(person, grant(A), **changes)
    assert refusal.value.stable_reason == reason
    assert await intake.rows("select from consent") == []


async def test_a_family_s_consent_opens_what_is_nobody_s_own(intake: OpenIntake) -> None:
    theirs = bits("PROTECTION", "CHILDREN")
    person = await intake.person()
    await intake.consent(
        person, grant(A, EVERYTHING & ~theirs), grant(B, theirs, effect=GrantEffect.DENY), covers_family=True
    )
    [record] = await intake.rows("select covers_family from consent")
    assert record["covers_family"]


async def test_a_consent_renews_one_of_the_same_person(intake: OpenIntake) -> None:
    person, other = await intake.person(), await intake.person()
    first = await intake.consent(person, grant(A))
    await intake.consent(person, grant(A), renews_consent_id=first)
    rows = await intake.rows("select state from consent_event order by sequence")
    assert [row["state"] for row in rows] == ["GIVEN", "RENEWED"]
    with pytest.raises(NotFound) as refusal:
        await intake.consent(other, grant(A), renews_consent_id=first)
    assert refusal.value.stable_reason == "CONSENT_NOT_FOUND"


async def test_a_record_says_how_and_where_it_was_given_and_names_nobody_openly(intake: OpenIntake) -> None:
    person = await intake.person()
    consent_id = await intake.consent(
        person,
        grant(A),
        method=ConsentMethod.VERBAL_WITNESSED,
        interpreter=replace(_INTERPRETER, reference="MARKED interpreter"),
        witness="MARKED witness",
        place="MARKED place",
        safe_contact_rule="MARKED rule",
        evidence_sha256=b"\x02" * 32,
    )
    [row] = await intake.rows("select *, consent::text as all_of_it from consent")
    assert "MARKED" not in row["all_of_it"]
    assert (row["interpreter_mode"], row["evidence_sha256"]) == ("TELEPHONE", b"\x02" * 32)
    async with intake.database.transaction(intake.desk) as tx:
        [text] = await intake.parts.vault.open_texts(tx, [(person, consent_id, row["sealed_details"])])
    assert details_from(row["record_schema"], text or "") == {
        "interpreter": "MARKED interpreter",
        "witness": "MARKED witness",
        "place": "MARKED place",
        "safe_contact_rule": "MARKED rule",
    }
    assert details_from("kem-consent/1", "ΕΙΣ-7") == {"authority_reference": "ΕΙΣ-7"}


async def test_a_child_s_consent_comes_from_whom_their_record_names_and_from_the_child(
    intake: OpenIntake,
) -> None:
    child = await intake.person(
        birth=Birth(datetime.now(UTC).date() - timedelta(days=365 * 9)),
        guardian=Guardian("Eleni", "GUARDIAN", "ΕΙΣ-7", datetime.now(UTC).date() - timedelta(days=2)),
    )
    by_guardian: dict[str, Any] = {
        "given_by": ConsentGiver.GUARDIAN,
        "authority_reference": "ΕΙΣ-7",
        "child_assents": True,
    }
    for changes, reason in (
        ({}, "CHILD_CANNOT_CONSENT_ALONE"),
        (by_guardian, "GUARDIAN_AUTHORITY_EXPIRED"),
        (by_guardian | {"given_by": ConsentGiver.PARENT}, "GUARDIAN_NOT_ON_RECORD"),
    ):
        with pytest.raises(RuleBroken) as refusal:
            await intake.consent(child, grant(A), **changes)
        assert refusal.value.stable_reason == reason
    await intake.consent(child, grant(A, effect=GrantEffect.DENY))
    assert len(await intake.rows("select from consent")) == 1


async def test_a_parent_s_consent_with_the_child_s_assent_stands(intake: OpenIntake) -> None:
    child = await intake.person(
        birth=Birth(datetime.now(UTC).date() - timedelta(days=365 * 9)), guardian=Guardian("Mariam", "PARENT")
    )
    await intake.consent(
        child, grant(A), given_by=ConsentGiver.PARENT, authority_reference="ΛΗΞ-12", child_assents=True
    )
    assert len(await intake.rows("select from grant_cell")) == 1


async def test_a_guardian_s_authority_is_sealed(intake: OpenIntake) -> None:
    person = await intake.person()
    consent_id = await intake.consent(
        person, grant(A), given_by=ConsentGiver.GUARDIAN, authority_reference="ΕΙΣ-2026-MARKED"
    )
    [row] = await intake.rows("select sealed_details, record_schema, consent::text as all_of_it from consent")
    assert b"MARKED" not in row["sealed_details"]
    assert "MARKED" not in row["all_of_it"]
    async with intake.database.transaction(intake.desk) as tx:
        [opened] = await intake.parts.vault.open_texts(tx, [(person, consent_id, row["sealed_details"])])
    assert details_from(row["record_schema"], opened or "")["authority_reference"] == "ΕΙΣ-2026-MARKED"


async def test_another_agency_s_person_looks_like_nobody(intake: OpenIntake) -> None:
    person = await intake.person()
    for beneficiary_id in (person, BeneficiaryId(random_id())):
        with pytest.raises(NotFound) as refusal:
            await intake.consent(beneficiary_id, grant(A), by=member_of(A))
        assert refusal.value.stable_reason == "BENEFICIARY_NOT_FOUND"


async def test_an_agency_sees_of_other_people_s_consent_its_own_cells_only(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.consent(person, grant(A), grant(B))
    async with intake.database.transaction(member_of(A)) as tx:
        seen = await tx.connection.fetch("select agency_id from grant_cell")
        assert [row["agency_id"] for row in seen] == [A]
        for table in ("consent", "consent_grant", "consent_event"):
            assert await tx.connection.fetch(f"select from {table}") == []


@pytest.mark.parametrize(
    "statement",
    [
        "update consent set notice_version = '2'",
        "delete from consent_event",
        "delete from grant_cell",
        "update grant_cell set categories = 1",
        "update consent_grant set categories = 1",
    ],
)
async def test_what_was_agreed_cannot_be_changed_afterwards(intake: OpenIntake, statement: str) -> None:
    await intake.consent(await intake.person(), grant(A))
    for database in (intake.database, intake.worker):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(intake.desk) as tx:
                await tx.connection.execute(statement)
