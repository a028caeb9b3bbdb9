"""Forms that somebody has begun, through the real door."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kem.intake.v1 import draft_service_pb2 as messages
from kem.intake.v1 import key_service_pb2 as keys
from kem.intake.v1.draft_service_pb2_grpc import DraftServiceStub
from kem.intake.v1.key_service_pb2_grpc import KeyServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from services.intake.domain.draft import MOST_DRAFTS
from tests.component.intake.desk import Desk
from tests.component.intake.erasing import erase
from tests.component.intake.test_merges import merge_of
from tests.integration.chassis.waiting import until
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused
from tests.support.vault import KEM

WORDS = "Σκιά invented words".encode()


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody of an agency who writes drafts."""

    intake: RunningIntake
    principal_id: UUID
    agency_id: UUID = KEM

    async def ask(self, method: str, request: Any) -> Any:
        who: Any = {"principal_id": self.principal_id, "agency_id": self.agency_id}
        async with self.intake.channel_of("caseworker", **who) as channel:
            return await getattr(DraftServiceStub(channel), method)(request)

    async def save(self, draft_id: str, **fields: Any) -> messages.SaveDraftResponse:
        asked = {"kind": "NEEDS", "content": WORDS} | fields
        request = messages.SaveDraftRequest(request_id=str(uuid4()), draft_id=draft_id, **asked)
        answer: messages.SaveDraftResponse = await self.ask("SaveDraft", request)
        return answer

    async def read(self, draft_id: str) -> messages.GetDraftResponse:
        answer: messages.GetDraftResponse = await self.ask(
            "GetDraft", messages.GetDraftRequest(draft_id=draft_id)
        )
        return answer

    async def ids(self) -> list[str]:
        listed = await self.ask("ListDrafts", messages.ListDraftsRequest())
        return [one.draft_id for one in listed.drafts]

    async def discard(self, draft_id: str) -> None:
        request = messages.DiscardDraftRequest(request_id=str(uuid4()), draft_id=draft_id)
        await self.ask("DiscardDraft", request)

    async def has_none(self, draft_id: str) -> bool:
        with refused() as refusal:
            await self.read(draft_id)
        return refusal.reason == "DRAFT_NOT_FOUND"


@pytest.fixture
def writer(intake: RunningIntake) -> Writer:
    return Writer(intake, uuid4())


async def test_what_was_begun_is_there_again_and_sealed_until_it_is_discarded(
    writer: Writer, desk: Desk
) -> None:
    person, older, newer = await desk.person(), str(uuid4()), str(uuid4())
    await writer.save(older)
    saved = await writer.save(newer, beneficiary_id=person, kind="CONSENT")
    assert saved.revision == 1
    assert saved.expires_time.ToDatetime() - saved.saved_time.ToDatetime() == timedelta(hours=24)
    read = await writer.read(newer)
    assert read.content == WORDS
    assert (read.draft.kind, read.draft.beneficiary_id) == ("CONSENT", person)
    assert read.draft.saved_time == saved.saved_time
    assert await writer.ids() == [newer, older]
    database = writer.intake.database
    for table in ("draft", "request", "outbox", "event_log"):
        rows = database.execute(f"select t::text from intake.{table} as t")
        assert "invented words" not in rows
        assert WORDS.hex() not in rows, table
    on_record = f"select count(*) from intake.outbox where key = '{writer.principal_id}'"
    assert database.execute(on_record).strip() == "1", "one read, and nothing else is told"
    await writer.discard(newer)
    assert await writer.has_none(newer)
    assert await writer.ids() == [older]


async def test_a_draft_is_its_writers_only_and_of_anybody_elses_there_is_none(writer: Writer) -> None:
    mine = str(uuid4())
    await writer.save(mine)
    for other in (Writer(writer.intake, uuid4()), Writer(writer.intake, writer.principal_id, uuid4())):
        assert await other.ids() == []
        told = []
        for asked in (mine, str(uuid4())):
            with refused() as refusal:
                await other.read(asked)
            told.append((refusal.code, refusal.reason, refusal.message))
            with refused() as refusal:
                await other.discard(asked)
            told.append((refusal.code, refusal.reason, refusal.message))
        assert len(set(told)) == 1
        assert (await other.save(mine, content=b"theirs")).revision == 1, "of the same id, another one"
    assert (await writer.read(mine)).content == WORDS


async def test_a_stale_save_is_told_and_whoever_does_not_mind_saves_over_it(writer: Writer) -> None:
    draft = str(uuid4())
    assert (await writer.save(draft, expected_revision=0)).revision == 1
    assert (await writer.save(draft, expected_revision=1, content=b"second")).revision == 2
    with refused() as refusal:
        await writer.save(draft, expected_revision=1, content=b"stale")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "DRAFT_CHANGED")
    assert refusal.metadata == {"current_revision": "2"}
    assert (await writer.read(draft)).content == b"second"
    assert (await writer.save(draft, content=b"third")).revision == 3
    await writer.discard(draft)
    with refused() as refusal:
        await writer.save(draft, expected_revision=3)
    assert refusal.metadata == {"current_revision": "0"}, "what was discarded elsewhere does not come back"


async def test_the_same_save_twice_is_one(writer: Writer) -> None:
    request = messages.SaveDraftRequest(
        request_id=str(uuid4()), draft_id=str(uuid4()), kind="NEEDS", content=WORDS
    )
    assert await writer.ask("SaveDraft", request) == await writer.ask("SaveDraft", request)


async def test_a_day_after_its_last_save_a_draft_is_gone(writer: Writer) -> None:
    over, lasting = str(uuid4()), str(uuid4())
    await writer.save(over)
    await writer.save(lasting)
    writer.intake.database.execute(
        "update intake.draft set begun_time = begun_time - interval '24 hours',"
        " saved_time = saved_time - interval '24 hours', expires_time = expires_time - interval '24 hours'"
        f" where draft_id = '{over}'"
    )
    assert await writer.has_none(over)
    assert await writer.ids() == [lasting]
    with refused() as refusal:
        await writer.discard(over)
    assert refusal.reason == "DRAFT_NOT_FOUND"
    assert (await writer.save(over, expected_revision=0)).revision == 1


async def test_nobody_keeps_more_than_fifty_and_hears_what_to_do(writer: Writer) -> None:
    drafts = [str(uuid4()) for _ in range(MOST_DRAFTS)]
    for draft in drafts:
        await writer.save(draft)
    with refused() as refusal:
        await writer.save(str(uuid4()))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOO_MANY_DRAFTS")
    assert "discard one of them" in refusal.message
    assert (await writer.save(drafts[0])).revision == 2, "those that are there are saved on"
    await writer.discard(drafts[1])
    await writer.save(str(uuid4()))


async def test_too_long_a_form_and_a_kind_in_words_are_refused(writer: Writer) -> None:
    await writer.save(str(uuid4()), content=b"x" * 65536)
    for wrong in ({"content": b"x" * 65537}, {"content": b""}, {"kind": "about Amina"}):
        with refused() as refusal:
            await writer.save(str(uuid4()), **wrong)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_nobody_begins_to_write_about_a_stranger_or_somebody_erased(writer: Writer, desk: Desk) -> None:
    gone = await desk.person()
    await erase(writer.intake, gone)
    elsewhere = Writer(writer.intake, uuid4(), uuid4())
    known = await desk.person()
    told = []
    for person in (known, str(uuid4())):
        with refused() as refusal:
            await elsewhere.save(str(uuid4()), beneficiary_id=person)
        told.append((refusal.code, refusal.reason, refusal.message))
    assert told[0] == told[1]
    assert told[0][1] == "BENEFICIARY_NOT_FOUND"
    with refused() as refusal:
        await writer.save(str(uuid4()), beneficiary_id=gone)
    assert refusal.reason == "BENEFICIARY_ERASED"


async def test_with_a_person_who_is_erased_or_merged_goes_what_was_begun_about_them(
    writer: Writer, desk: Desk
) -> None:
    erased, merged, kept, other = [await desk.person() for _ in range(4)]
    drafts = {person: str(uuid4()) for person in (erased, merged, kept, other)}
    for person, draft in drafts.items():
        await writer.save(draft, beneficiary_id=person)
    await erase(writer.intake, erased)
    async with writer.intake.channel_of("gbv_focal_point") as officer:
        await MergeServiceStub(officer).MergeBeneficiaries(merge_of(kept, merged))
    assert await writer.ids() == [drafts[other]]
    left = writer.intake.database.execute("select draft_id from intake.draft")
    assert left.split() == [drafts[other]], "not even sealed"


async def test_a_roll_of_the_keys_leaves_nothing_of_what_was_begun_before(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database, draft = fresh_database(schemas=("intake",)), str(uuid4())
    async with (
        running_intake(database, tmp_path, roles="grpc,timers", epoch_rest_seconds=0) as intake,
        intake.channel_of("operator", agency_id=None) as operator,
    ):
        writer, keeper = Writer(intake, uuid4()), KeyServiceStub(operator)
        await writer.save(draft)
        await keeper.RollKeys(keys.RollKeysRequest(request_id=str(uuid4())))

        async def is_gone() -> bool:
            return await writer.ids() == []

        await until(is_gone, within=30)
        assert await writer.has_none(draft)
        await writer.save(draft)
        assert (await writer.read(draft)).content == WORDS, "written anew, it is kept as ever"


async def test_a_timer_destroys_what_is_over(fresh_database: MakeDatabase, tmp_path: Path) -> None:
    database = fresh_database(schemas=("intake",))
    async with running_intake(database, tmp_path) as intake:
        await Writer(intake, uuid4()).save(str(uuid4()))
    database.execute(
        "update intake.draft set begun_time = begun_time - interval '25 hours',"
        " saved_time = saved_time - interval '25 hours', expires_time = expires_time - interval '25 hours'"
    )
    async with running_intake(database, tmp_path, roles="grpc,timers"):

        async def is_destroyed() -> bool:
            return database.execute("select count(*) from intake.draft").strip() == "0"

        await until(is_destroyed, within=30)
