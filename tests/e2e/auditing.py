"""What an auditor does at a terminal: reads, takes the ledger along, verifies it without the hub."""

import json
from pathlib import Path

from tests.e2e.kem_command import said
from tests.e2e.search import Search
from tools.stack.layout import Layout


async def audited(layout: Layout, *arguments: str) -> str:
    """What the command prints; it must end well."""
    return (await said(layout, "audit", *arguments))[0]


async def take_the_ledger_along(layout: Layout, folder: Path, search: Search) -> None:
    """Exports and verifies it, follows a referral with proofs; nothing searched for is in any of that."""
    kept = folder / "kept.checkpoint"
    kept.write_text(await audited(layout, "checkpoint"))
    ledger, trace = folder / "city.kem-ledger", folder / "one.kem-trace"
    await audited(layout, "export", "--out", str(ledger))
    verified = await audited(layout, "verify", str(ledger), "--since", str(kept))
    assert "VERIFIED" in verified
    for source in ("access", "audit", "intake", "notifications", "referral"):
        assert f"  {source}: every position from 1 to" in verified
    assert "(withheld)" not in ledger.read_text(), "the ledger knows every field that the hub tells"
    given = json.loads(await audited(layout, "entries", "--kind", "DisclosureGiven", "--most", "1", "--json"))
    fact = given["entries"][0]["fact"]
    told = await audited(layout, "trace", fact["referral_id"], "--proof", str(trace))
    for stage in ("consent", "need", "answer", "disclosure"):
        assert f" {stage} " in told
    assert "VERIFIED" in await audited(layout, "verify", str(trace))
    assert search.look_at_files(folder) == 3
    assert search.found == set()
