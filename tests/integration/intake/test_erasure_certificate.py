"""Erasure by a person's request, over a real PostgreSQL, and the certificate that is left of it."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import KemError, NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.authority import NotToldReason
from services.intake.domain.erasure import KEPT_ON, Certificate
from services.intake.domain.person_export import IdentityProof
from services.intake.domain.recall import Acknowledgement
from services.intake.domain.rights_request import AskedBy, Right
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.erase_by_request import (
    EraseByRequest,
    ErasureParts,
    erase_by_request,
    get_erasure_certificate,
)
from tests.support.authorities import Authorities
from tests.support.complaints import Complaints
from tests.support.consented_people import COURSES, OpenIntake, agreement_with, bits, grant, member_of
from tests.support.rights import Rights
from tests.support.telephone import A
from tests.support.vault import DPO, KEM, worker_of


@dataclass(frozen=True, slots=True)
class Erasures:
    """Short ways to the use cases; tombstones lie in the test's own folder."""

    rights: Rights
    folder: Path
    store: PostgresErasures = field(default_factory=PostgresErasures)

    @property
    def intake(self) -> OpenIntake:
        return self.rights.intake

    async def given(self) -> BeneficiaryId:
        """Somebody of whom agency A was given the name, and who then asks nothing more."""
        person = await self.intake.person()
        await self.intake.agree(agreement_with(A))
        await self.intake.consent(person, grant(A, bits("NAME"), purpose=COURSES))
        need = await self.intake.need(person)
        await self.intake.accepted(need, A)
        await self.intake.disclose(need, member_of(A))
        return person

    async def erase(self, rights_request_id: UUID, *, by: Caller = DPO) -> Certificate:
        command = EraseByRequest(uuid4(), rights_request_id, IdentityProof.DOCUMENT_SEEN)
        parts = ErasureParts(
            self.intake.parts.people,
            self.rights.store,
            self.store,
            Tombstones(self.folder),
            self.intake.parts.recalls,
        )
        async with self.intake.database.transaction(by) as tx:
            return await erase_by_request(command, tx, parts)

    async def read(self, certificate_id: UUID, *, by: Caller = DPO) -> Certificate:
        async with self.intake.database.transaction(by) as tx:
            return (await get_erasure_certificate(certificate_id, tx, self.store))[0]

    async def answers(self, certificate_id: UUID) -> dict[str, Any]:
        async with self.intake.database.transaction(DPO) as tx:
            _, answers = await get_erasure_certificate(certificate_id, tx, self.store)
        found: dict[str, Any] = json.loads(answers)
        return found


@pytest.fixture
def erasures(intake: OpenIntake, tmp_path: Path) -> Erasures:
    return Erasures(Rights(intake), tmp_path)


async def test_the_certificate_says_what_was_destroyed_whom_it_was_told_to_and_what_is_kept(
    erasures: Erasures,
) -> None:
    intake = erasures.intake
    person = await erasures.given()
    keys = await intake.rows("select key_id, epoch from data_key where beneficiary_id = $1", person)
    entries = len(await intake.rows("select from blind_index where beneficiary_id = $1", person))
    asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
    certificate = await erasures.erase(asked)
    found: dict[str, Any] = json.loads(certificate.document)
    destroyed = found["destroyed"]
    assert {one["key_id"] for one in destroyed["keys"]} == {str(row["key_id"]) for row in keys}
    assert destroyed["index_entries"] == entries > 0
    assert {"NAME", "DOCUMENTS", "PLACE"} <= set(destroyed["unreadable_categories"])
    assert destroyed["final_when_epochs_are_destroyed"] == sorted({row["epoch"] for row in keys})
    assert found["decided_by"] == {"principal_id": str(DPO.principal_id), "role": "dpo"}
    [told] = found["recipients"]
    assert told == {"agency_id": str(A), "must": "DESTROY_OR_SAY_WHAT_IS_KEPT"}
    kept = {one["rows_of"]: (one["count"], one["ground"]) for one in found["kept"]}
    assert kept["consent"] == (1, "PROOF_OF_CONSENT")
    assert kept["disclosure"] == (1, "ACCOUNTABILITY")
    for table in ("data_key", "blind_index"):
        assert await intake.rows(f"select from {table} where beneficiary_id = $1", person) == []
    assert [one.beneficiary_id for one in Tombstones(erasures.folder).read()] == [person]


async def test_the_certificate_holds_no_personal_data_and_can_be_read_later_as_it_was(
    erasures: Erasures,
) -> None:
    person = await erasures.given()
    asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
    written = await erasures.erase(asked)
    await erasures.rights.answer(asked)
    for reader in (DPO, worker_of(KEM, "supervisor")):
        assert await erasures.read(written.certificate_id, by=reader) == written
    for tells in (str(person), "Amna", "الإختراع", "INV-", "SYR", "ATHENS_6"):
        assert tells not in written.document
    [event] = await erasures.intake.told("RightsErasureDone")
    fact = DisclosureEvent.FromString(event["payload"]).rights_erasure_done
    assert fact.sha256 == sha256(written.document.encode()).digest()
    assert str(person).encode() not in event["payload"]


async def test_it_does_not_tell_whether_somebody_complained_or_an_authority_asked(erasures: Erasures) -> None:
    intake = erasures.intake
    documents = []
    for has_them in (False, True):
        person = await erasures.given()
        if has_them:
            await Complaints(intake).register(accused=KEM, person=person)
            authorities = Authorities(intake)
            await authorities.notify(person, not_told_reason=NotToldReason.DANGER)
            compelled = await authorities.register(person, "NAME")
            await authorities.decide(compelled, "NAME")
            await authorities.take(compelled)
        asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
        documents.append(json.loads((await erasures.erase(asked)).document))
    without, with_them = documents
    assert with_them["kept"] == without["kept"]
    assert with_them["kept_or_not"] == without["kept_or_not"]
    assert {"rows_of": "complaint", "ground": "LEGAL_CLAIMS"} in without["kept_or_not"]


async def test_it_says_what_agencies_had_answered_and_read_again_what_they_answered_since(
    erasures: Erasures,
) -> None:
    intake, person = erasures.intake, await erasures.given()
    asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
    written = await erasures.erase(asked)
    [issued] = json.loads(written.document)["answers"]
    assert (issued["agency_id"], issued["answer"], issued["answered_time"]) == (str(A), "NOT_YET", "")
    [row] = await intake.rows("select * from recall where beneficiary_id = $1", person)
    command = AcknowledgeRecall(
        uuid4(), row["recall_id"], Acknowledgement(0, row["recalled_mask"], "LEGAL_OBLIGATION"), ""
    )
    async with intake.database.transaction(member_of(A)) as tx:
        await acknowledge_recall(command, tx, intake.parts.recalls, intake.parts.vault)
    found = await erasures.answers(written.certificate_id)
    assert found["certificate_sha256"] == written.sha256.hex()
    [answer] = found["answers"]
    assert (answer["answer"], answer["kinds_asked"], answer["kinds_kept"]) == ("KEEPS_SOME", 1, 1)
    assert answer["answered_time"] > answer["asked_time"]
    assert (await erasures.read(written.certificate_id)).document == written.document


async def test_a_certificate_cannot_be_changed_by_the_service(erasures: Erasures) -> None:
    asked = (await erasures.rights.register(await erasures.given(), Right.ERASURE)).rights_request_id
    await erasures.erase(asked)
    for statement in ("update erasure set document = '{}'", "delete from erasure"):
        with pytest.raises(Exception, match="permission denied"):
            await erasures.intake.rows(statement)


async def test_only_the_hubs_own_officer_erases_and_nobody_else_learns_of_it(erasures: Erasures) -> None:
    person = await erasures.given()
    asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
    for caller in (worker_of(KEM, "dpo"), worker_of(uuid4(), "dpo")):
        for wanted in (asked, uuid4()):
            with pytest.raises(NotFound):
                await erasures.erase(wanted, by=caller)
    with pytest.raises(KemError):
        await erasures.erase(asked, by=worker_of(None, "supervisor"))
    assert await erasures.intake.rows("select from beneficiary where erased_time is not null") == []
    written = await erasures.erase(asked)
    for wanted in (written.certificate_id, uuid4()):
        with pytest.raises(NotFound):
            await erasures.read(wanted, by=worker_of(uuid4(), "supervisor"))


@pytest.mark.parametrize("asked_by", [one for one in AskedBy if one is not AskedBy.SELF])
async def test_nobody_else_has_a_person_erased_unless_an_officer_trusts_them_with_everything(
    erasures: Erasures, asked_by: AskedBy
) -> None:
    person = await erasures.intake.person()
    asked = await erasures.rights.register(person, Right.ERASURE, asked_by=asked_by)
    with pytest.raises(RuleBroken) as refusal:
        await erasures.erase(asked.rights_request_id)
    assert refusal.value.stable_reason == "PROTECTION_NOT_DECIDED"
    await erasures.rights.protect(asked.rights_request_id, with_history=True)
    assert (await erasures.erase(asked.rights_request_id)).erased_time


async def test_a_request_erases_once_and_only_what_it_asks_for(erasures: Erasures) -> None:
    person = await erasures.intake.person()
    to_see = (await erasures.rights.register(person)).rights_request_id
    with pytest.raises(RuleBroken) as refusal:
        await erasures.erase(to_see)
    assert refusal.value.stable_reason == "NOT_A_REQUEST_TO_ERASE"
    asked = (await erasures.rights.register(person, Right.ERASURE)).rights_request_id
    await erasures.erase(asked)
    with pytest.raises(RuleBroken) as again:
        await erasures.erase(asked)
    assert again.value.stable_reason == "BENEFICIARY_ERASED"
    assert len(await erasures.intake.rows("select from erasure")) == 1


async def test_every_table_that_names_a_person_is_destroyed_or_certified_as_kept(
    erasures: Erasures,
) -> None:
    tables = await erasures.intake.rows(
        "select table_name from information_schema.columns join information_schema.tables using"
        " (table_schema, table_name) where table_schema = 'intake' and column_name = 'beneficiary_id'"
        " and table_type = 'BASE TABLE'"
    )
    destroyed = {"data_key", "sealed_record", "blind_index", "draft"}
    the_person_and_reminders = {"beneficiary", "consent_moment", "shown_in_search"}
    named = {row["table_name"] for row in tables} | {"beneficiary_merge"}  # which names two
    assert named - destroyed - the_person_and_reminders == set(KEPT_ON)
