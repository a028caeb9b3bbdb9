"""Records one need: the hub's busiest call, written together with the others that come at the same time."""

import time
from dataclasses import dataclass
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.errors import RuleBroken
from kernel.ids import NeedId, PrincipalId, ReferralId, random_id
from services.intake.adapters.backlog import Backlog
from services.intake.adapters.needs_writer import NeedsWriter
from services.intake.adapters.postgres_needs import NeedRow
from services.intake.adapters.vault import Vault
from services.intake.domain.need import NewNeed, RecordedNeed, check_new
from services.intake.use_cases.merged_refusal import told_of_merge
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordNeed:
    """One need; `request_bytes` is the request, serialized deterministically, to know its repeat."""

    request_id: UUID
    need: NewNeed
    request_bytes: bytes


async def record_need(
    command: RecordNeed,
    caller: Caller,
    method: str,
    *,
    database: Database,
    vault: Vault,
    writer: NeedsWriter,
    backlog: Backlog,
    deadline_seconds: float,
) -> RecordedNeed:
    """The need's ids, once the need and its event are committed. Repeat-safe by `request_id`.

    Raises:
        Invalid: UNKNOWN_CODE, RESTRICTED_MUST_ASK_FIRST.
        NotFound: BENEFICIARY_NOT_FOUND, REFERRAL_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED; BENEFICIARY_MERGED, as `told_of_merge` says.
        Conflict: REQUEST_ID_REUSED.
        Exhausted: more is waiting than can be matched soon.
        Unavailable: DEADLINE_PASSED.
    """
    agency_id = own_agency(caller)
    check_new(command.need)
    began = time.monotonic()
    ids = RecordedNeed(NeedId(random_id()), ReferralId(random_id()))
    async with backlog.admitted() as note_recorded:
        row = NeedRow(
            ids=ids,
            need=command.need,
            sender_agency_id=agency_id,
            principal_id=PrincipalId(caller.principal_id),
            sealed_note=await _sealed_note(ids.need_id, command.need, caller, database, vault),
        )
        try:
            recorded = await writer.record(
                row,
                caller=caller,
                request_id=command.request_id,
                method=method,
                request_bytes=command.request_bytes,
                deadline_seconds=deadline_seconds - (time.monotonic() - began),
            )
        except RuleBroken as refusal:
            async with database.transaction(caller) as tx:
                told = await told_of_merge(refusal, tx)
            raise told from None
        if recorded == ids:  # else it is the first answer to a repeat
            note_recorded([ids.need_id])
    return recorded


async def _sealed_note(
    need_id: NeedId, need: NewNeed, caller: Caller, database: Database, vault: Vault
) -> bytes | None:
    """Sealed before the line is joined. Of somebody unknown or erased nothing: the writer refuses those."""
    if not need.note:
        return None
    async with database.transaction(caller) as tx:
        [sealed] = await vault.seal_texts(tx, [(need.beneficiary_id, need_id, need.note)])
    return sealed
