"""The ledger at its door: read, followed, proved, and everybody who reads it is on record."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from kem.access.v1.access_events_pb2 import AccessEvent
from kem.audit.v1 import audit_service_pb2 as messages
from kem.disclosure.v1 import disclosure_events_pb2
from kem.intake.v1 import intake_events_pb2
from kernel.ids import random_id
from tests.component.audit.audit_service import PATIENCE_SECONDS, AuditHub, page_time, until_signed
from tests.integration.audit.ledgers import events, shapes, told_by_intake
from tests.support.refusals import refused
from tools.audit.verifier import Key, check_consistency, check_proof, open_checkpoint


def bodies(entries: Any) -> list[dict[str, Any]]:
    return [json.loads(entry.body) for entry in entries]


async def test_entries_are_listed_page_by_page_by_what_they_concern(hub: AuditHub) -> None:
    await hub.enter(events(2 * len(shapes())))
    request, listed = messages.ListEntriesRequest(page_size=50), []
    while True:
        page = await hub.stub.ListEntries(request, metadata=hub.caller())
        listed += bodies(page.entries)
        if not page.HasField("next_after_index"):
            break
        request.after_index = page.next_after_index
    assert [one["index"] for one in listed] == list(range(2 * len(shapes())))
    assert page.size == 2 * len(shapes())
    referral_id = next(one["fact"]["referral_id"] for one in listed if "referral_id" in one["fact"])
    found = await hub.listed(subject_id=referral_id)
    assert all(referral_id in json.dumps(one) for one in found)
    assert [one for one in listed if one["fact"].get("referral_id") == referral_id] == [
        one for one in found if one["fact"].get("referral_id") == referral_id
    ]
    kinds = await hub.listed(kind="DisclosureGiven", from_time=page_time(listed[0]))
    assert {one["type"] for one in kinds} == {"DisclosureGiven"}


async def test_entries_about_many_are_found_by_one_call_and_of_whom_is_on_record(hub: AuditHub) -> None:
    await hub.enter(events(2 * len(shapes())))
    everything = await hub.listed()

    def named(kind: str, name: str) -> dict[str, int]:
        return {one["fact"][name]: one["index"] for one in everything if one["type"] == kind}

    given, said = named("DisclosureGiven", "disclosure_id"), named("ConsentRecorded", "consent_id")
    assert given
    assert said
    principal = random_id()
    request = messages.ListEntriesRequest(
        subject_ids=[*given, *said, str(random_id())], kinds=["DisclosureGiven"], page_size=500
    )
    found = await hub.stub.ListEntries(request, metadata=hub.caller(principal_id=principal))
    assert {one.index for one in found.entries} >= set(given.values())
    assert {body["type"] for body in bodies(found.entries)} == {"DisclosureGiven"}
    told = hub.files.execute(f"select encode(payload, 'escape') from audit.outbox where key = '{principal}'")
    assert told.count("AuditService/ListEntries") == 1
    assert all(one in told for one in given)
    wrong: list[dict[str, Any]] = [
        {"subject_ids": [str(random_id()) for _ in range(201)]},
        {"subject_ids": ["Maria"]},
        {"kinds": [""]},
    ]
    for asked in wrong:
        with refused() as refusal:
            await hub.stub.ListEntries(messages.ListEntriesRequest(**asked), metadata=hub.caller())
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_brings_what_there_is_and_what_comes(hub: AuditHub) -> None:
    await hub.enter(events(5))
    stream = hub.stub.StreamEntries(messages.StreamEntriesRequest(after_index=1), metadata=hub.caller())
    first: Any = await stream.read()
    assert ([one.index for one in first.entries], first.size) == ([2, 3, 4], 5)
    await hub.enter(events(3, first=6))
    coming: list[int] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(coming) < 3:
            answer: Any = await stream.read()
            coming += [one.index for one in answer.entries]
    assert coming == [5, 6, 7]
    stream.cancel()


async def test_whoever_reads_is_on_record_with_what_they_read(hub: AuditHub) -> None:
    await hub.enter(events(len(shapes())))
    one = random_id()
    caller = hub.caller(principal_id=one)
    listed = bodies((await hub.stub.ListEntries(messages.ListEntriesRequest(), metadata=caller)).entries)
    referral_id = next(one["fact"]["referral_id"] for one in listed if "referral_id" in one["fact"])
    await hub.stub.TraceReferral(messages.TraceReferralRequest(referral_id=referral_id), metadata=caller)
    stream = hub.stub.StreamEntries(messages.StreamEntriesRequest(), metadata=caller)
    await stream.read()
    stream.cancel()
    told = hub.files.execute(f"select type, encode(payload, 'escape') from audit.outbox where key = '{one}'")
    assert told.count("AccessRecorded") == 3
    assert referral_id in told
    for method in ("ListEntries", "TraceReferral", "StreamEntries"):
        assert f"/kem.audit.v1.AuditService/{method}" in told


async def test_a_history_is_followed_with_proofs_that_hold_without_the_hub(hub: AuditHub) -> None:
    await hub.enter(events(len(shapes())))
    everything = await hub.listed()
    need = next(one for one in everything if one["type"] == "NeedRecorded")["fact"]
    newest = await until_signed(hub, len(everything))
    keys = [Key.read(one) for one in newest.verifier_keys]
    wanted = messages.TraceReferralRequest(referral_id=need["referral_id"], with_proofs=True)
    traced = (await hub.stub.TraceReferral(wanted, metadata=hub.caller())).entries
    assert messages.STAGE_NEED in {one.stage for one in traced}
    for one in traced:
        index, _ = check_proof(one.entry.body.encode(), one.proof, keys)
        assert index == one.entry.index
    person = messages.TraceBeneficiaryRequest(beneficiary_id=need["beneficiary_id"])
    followed = (await hub.stub.TraceBeneficiary(person, metadata=hub.caller())).entries
    assert {one.entry.index for one in traced} <= {one.entry.index for one in followed}
    nobody = messages.TraceReferralRequest(referral_id=str(random_id()))
    with refused() as refusal:
        await hub.stub.TraceReferral(nobody, metadata=hub.caller())
    assert refusal.reason == "HISTORY_NOT_FOUND"


async def test_a_history_comes_in_pages_of_the_size_that_is_asked_for(hub: AuditHub) -> None:
    """Each page is on record with as many as were on it: no more is read, and no more is proved."""
    await hub.enter(events(len(shapes())))
    need = next(one for one in await hub.listed() if one["type"] == "NeedRecorded")["fact"]
    principal = random_id()
    caller = hub.caller(principal_id=principal)
    asked: list[tuple[Any, Any]] = [
        (hub.stub.TraceReferral, messages.TraceReferralRequest(referral_id=need["referral_id"])),
        (hub.stub.TraceBeneficiary, messages.TraceBeneficiaryRequest(beneficiary_id=need["beneficiary_id"])),
    ]
    for method, request in asked:
        whole = [one.entry.index for one in (await method(request, metadata=hub.caller())).entries]
        assert len(whole) > 2, "else nothing is paged"
        request.page_size, found = 2, []
        while True:
            page = await method(request, metadata=caller)
            found += [one.entry.index for one in page.entries]
            assert len(page.entries) <= 2
            if not page.HasField("next_after_index"):
                break
            request.after_index = page.next_after_index
        assert found == whole
        request.page_size = 501
        with refused() as refusal:
            await method(request, metadata=caller)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    payloads = hub.files.execute(
        "select encode(payload, 'hex') from audit.outbox"
        f" where key = '{principal}' and type = 'AccessRecorded'"
    ).split()
    accesses = [AccessEvent.FromString(bytes.fromhex(one)).access_recorded for one in payloads]
    given = [one.subject_count for one in accesses if not one.refusal_reason]
    assert given
    assert max(given) == 2


async def test_one_checkpoint_goes_on_from_another(hub: AuditHub) -> None:
    await hub.enter(events(9))
    older = open_checkpoint((older_note := await until_signed(hub, 9)).note, _keys(older_note))
    await hub.enter(events(30, first=10))
    answer = await until_signed(hub, 39)
    newer = open_checkpoint(answer.note, _keys(answer))
    between = messages.GetConsistencyProofRequest(old_size=older.size, size=newer.size)
    path = (await hub.stub.GetConsistencyProof(between, metadata=hub.caller())).hashes
    check_consistency(older.size, older.root, newer.size, newer.root, list(path))
    assert (answer.entries, dict(answer.positions)) == (39, {"intake": 39})
    notes = (await hub.stub.ListCheckpoints(messages.ListCheckpointsRequest(), metadata=hub.caller())).notes
    assert {older_note.note, answer.note} <= set(notes)


def _keys(answer: messages.GetCheckpointResponse) -> list[Key]:
    return [Key.read(one) for one in answer.verifier_keys]


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (
            lambda stub: (stub.GetInclusionProof, messages.GetInclusionProofRequest(index=99)),
            "ENTRY_NOT_FOUND",
        ),
        (lambda stub: (stub.GetCheckpoint, messages.GetCheckpointRequest(size=77)), "CHECKPOINT_NOT_FOUND"),
        (lambda stub: (stub.GetCheckpoint, messages.GetCheckpointRequest()), "NOT_YET_KNOWN"),
    ],
)
async def test_what_is_not_there_is_said_with_what_to_do(
    hub: AuditHub, ask: Callable[[Any], tuple[Callable[..., Awaitable[Any]], Any]], reason: str
) -> None:
    method, request = ask(hub.stub)
    with refused() as refusal:
        await method(request, metadata=hub.caller())
    assert refusal.reason == reason


async def test_what_rests_on_the_same_consent_is_no_part_of_another_referral_s_history(hub: AuditHub) -> None:
    """Two needs of one person cannot be linked by who may follow one of them only."""
    consent_id, one, other = (str(random_id()) for _ in range(3))
    consented = intake_events_pb2.IntakeEvent()
    consented.consent_recorded.consent_id = consent_id
    given = []
    for referral_id in (one, other):
        event = disclosure_events_pb2.DisclosureEvent()
        event.disclosure_given.referral_id = referral_id
        event.disclosure_given.consent_ids.append(consent_id)
        given.append(event)
    await hub.enter(told_by_intake(consented, *given))
    traced = await hub.stub.TraceReferral(
        messages.TraceReferralRequest(referral_id=one), metadata=hub.caller()
    )
    found = bodies(entry.entry for entry in traced.entries)
    assert [body["type"] for body in found] == ["ConsentRecorded", "DisclosureGiven"]
    assert other not in json.dumps(found)


async def test_an_emergency_s_whole_history_and_the_consent_behind_a_call_are_the_referral_s(
    hub: AuditHub,
) -> None:
    """Who asked, who decided, what was given, who looked at it; and what was told by telephone."""
    consent_id, access_id, referral_id = (str(random_id()) for _ in range(3))
    consented = intake_events_pb2.IntakeEvent()
    consented.consent_recorded.consent_id = consent_id
    told = [disclosure_events_pb2.DisclosureEvent() for _ in range(5)]
    told[0].handover_recorded.consent_ids.append(consent_id)
    told[1].emergency_access_requested.emergency_access_id = access_id
    told[2].emergency_access_decided.emergency_access_id = access_id
    told[3].emergency_disclosure_given.emergency_access_id = access_id
    told[4].emergency_reviewed.subject_id = access_id
    for one in told:
        getattr(one, str(one.WhichOneof("fact"))).referral_id = referral_id
    await hub.enter(told_by_intake(consented, *told))
    request = messages.TraceReferralRequest(referral_id=referral_id)
    traced = await hub.stub.TraceReferral(request, metadata=hub.caller())
    assert [body["type"] for body in bodies(entry.entry for entry in traced.entries)] == [
        "ConsentRecorded",
        "HandoverRecorded",
        "EmergencyAccessRequested",
        "EmergencyAccessDecided",
        "EmergencyDisclosureGiven",
        "EmergencyReviewed",
    ]


async def test_each_start_with_something_new_is_told_once(hub: AuditHub) -> None:
    """A whole process, by its own wiring: the second start is the same, the third has another setting."""

    async def told() -> list[bytes]:
        async with hub.database.pool.acquire() as connection:
            rows = await connection.fetch(
                "select payload from outbox where type = 'SystemChanged' order by id"
            )
        return [row["payload"] for row in rows]

    [first] = await told()
    await hub.stop()
    await hub.start(hub.files)
    assert await told() == [first]
    await hub.stop()
    hub.settings["KEM_AUDIT_GIVING_SECONDS"] = "1800"
    await hub.start(hub.files)
    _, second = await told()
    changed = AccessEvent.FromString(second).system_changed
    assert list(changed.settings.setting_names) == ["giving_seconds"]
    assert not changed.HasField("release")
    assert {one.file_name for one in AccessEvent.FromString(first).system_changed.policy_files} >= {
        "reasons.toml",
        "rules.yml",
    }
