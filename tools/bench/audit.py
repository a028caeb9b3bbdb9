"""Entries per second that the ledger takes, how soon they stand under a checkpoint, and what proving costs.

The referral service and audit alone. Many facts are committed at once to referral's outbox, until audit's
own commits cover the last (`entries_per_second`). Then 500 facts a second come for a while:
`checkpoint_lag_ms` is from the event's time to the signature of the first checkpoint that covers its entry.

Of the whole ledger, which then has `entries`: `export_seconds` writes it into a file from the database,
`verify_seconds` goes through that file with the auditors' verifier in a process of its own; `proof_ms` and
`trace_ms` are GetInclusionProof of an entry, and TraceReferral with proofs of a referral, anywhere in it, one
call after another.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg

from chassis.caller import SECOND_FACTOR, AssertionSigner
from chassis.tls import secure_channel
from kem.audit.v1 import audit_service_pb2 as messages
from kem.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.audit import verifier
from tools.audit.exporting import InDatabase, export
from tools.bench.flood import Flood
from tools.bench.ground import fresh_stack
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians, percentiles_ms
from tools.stack.credentials import ISSUER
from tools.stack.failure import StackFailure
from tools.stack.options import StackOptions
from tools.stack.stack import Stack

RATE: Final = 500
_BURST: Final = 50
_CALLS: Final = 300
_LAGS: Final = """
    select extract(epoch from c.signed_time - e.event_time)::float8 as lag
    from audit.entry e
    cross join lateral (select signed_time from audit.checkpoint where size > e.index order by size limit 1) c
    where e.index >= $1 and e.source = 'referral'
"""
_REFERRALS: Final = """
    select distinct body::jsonb -> 'envelope' ->> 'referral_id' from audit.entry
    where index = any($1::bigint[])
"""


async def measure(run: Run) -> Figures:
    """Three floods, the median; the rest once, of the ledger that they leave."""
    entries, steady = run.scaled(330_000, 10_000), run.scaled(60, 15)
    run.settings["audit"] = {"entries_a_flood": entries, "floods": run.rounds, "steady_seconds": steady}
    agencies = [uuid4() for _ in range(143)]
    options = StackOptions(services=["referral", "audit"], has_sample_city=False)
    async with fresh_stack(run, options) as stack:
        flood = await Flood.on(stack)
        rounds = []
        for _ in range(run.rounds):
            began = await flood.offers(agencies, entries)
            seconds = await flood.until_read("audit", "audit") - began
            rounds.append({"entries_per_second": round(entries / seconds)})
            run.say(f"{entries:,} entries in {seconds:.1f} s.")
        figures: Figures = medians(rounds)
        figures["checkpoint_lag_ms"] = await _steady(stack, flood, agencies, steady)
        await flood.close()
        figures |= await _taken_along(stack)
        figures |= await _asked(stack, figures["entries"])
    return figures


async def _steady(stack: Stack, flood: Flood, agencies: list[Any], seconds: int) -> dict[str, float]:
    connection = await asyncpg.connect(stack.layout.url_file("check").read_text().strip())
    try:
        first = await connection.fetchval("select size from audit.head")
        began = time.monotonic()
        for number in range(seconds * RATE // _BURST):
            await asyncio.sleep(max(0.0, began + number * _BURST / RATE - time.monotonic()))
            await flood.offers(agencies, _BURST)
        await flood.until_read("audit", "audit")
        while await connection.fetchval(  # noqa: ASYNC110  nobody tells of a checkpoint
            "select size > coalesce((select max(size) from audit.checkpoint), 0) from audit.head"
        ):
            await asyncio.sleep(0.2)
        return percentiles_ms(row["lag"] for row in await connection.fetch(_LAGS, first))
    finally:
        await connection.close()


async def _taken_along(stack: Stack) -> Figures:
    source = InDatabase(stack.layout.url_file("check").read_text().strip())
    with tempfile.TemporaryDirectory(prefix="kem-bench-ledger-") as folder:
        file = Path(folder) / "all.kem-ledger"
        began = time.monotonic()
        entries = await export(source, file, lambda done, all_: None)
        written = time.monotonic()
        verifying = await asyncio.create_subprocess_exec(
            sys.executable, verifier.__file__, "file", str(file), stdout=asyncio.subprocess.DEVNULL
        )
        if await verifying.wait() != 0:
            raise StackFailure("The ledger of this bench does not verify.")
        verified = time.monotonic()
    return {
        "entries": entries,
        "export_seconds": round(written - began, 1),
        "verify_seconds": round(verified - written, 1),
    }


async def _asked(stack: Stack, entries: int) -> Figures:
    chance = random.Random(1)  # noqa: S311  which entries are asked for is no secret
    indices = [chance.randrange(entries) for _ in range(_CALLS)]
    connection = await asyncpg.connect(stack.layout.url_file("check").read_text().strip())
    found = await connection.fetch(_REFERRALS, indices)
    await connection.close()
    referrals = [row[0] for row in found if row[0]]
    token = AssertionSigner(ISSUER, stack.layout.issuer_key).token(
        derived_id("staff", "bench auditor"), None, [Role.AUDITOR], acr=SECOND_FACTOR
    )
    caller = (("authorization", f"Bearer {token}"),)
    files = stack.layout.tools_certificate
    async with secure_channel(stack.addresses["audit"], "audit", files) as channel:
        stub = AuditServiceStub(channel)
        proofs = [messages.GetInclusionProofRequest(index=index) for index in indices]
        traces = [messages.TraceReferralRequest(referral_id=one, with_proofs=True) for one in referrals]
        return {
            "proof_ms": await _timed(stub.GetInclusionProof, proofs, caller),
            "trace_ms": await _timed(stub.TraceReferral, traces, caller),
        }


async def _timed(method: Callable[..., Awaitable[Any]], requests: list[Any], caller: Any) -> dict[str, float]:
    seconds = []
    for request in requests:
        began = time.perf_counter()
        await method(request, metadata=caller, timeout=30)
        seconds.append(time.perf_counter() - began)
    return percentiles_ms(seconds)
