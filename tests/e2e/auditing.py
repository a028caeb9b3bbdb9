"""What an auditor does at a terminal: reads, takes the ledger along, verifies it without the hub."""

import json
from pathlib import Path
from typing import Any, Final

from tests.e2e.kem_command import said
from tests.e2e.search import Search
from tools.stack.layout import Layout

HAVE_AN_ANSWER: Final = frozenset({"states", "policy", "notice", "deadlines", "response-times", "system"})
"""Of the questions those that a played day answers; of the others nothing need have happened."""


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
    await _ask_intake_and_access(layout, fact, given["entries"][0]["index"])
    await _ask_every_question(layout)
    await _ask_what_changed_in_the_system(layout)
    assert search.look_at_files(folder) == 3
    assert search.found == set()
    await _roll_the_key(layout, folder, kept)


async def _ask_every_question(layout: Layout) -> None:
    """All that `./kem audit questions` knows without a parameter."""
    known = json.loads(await audited(layout, "questions", "--json"))
    names = {name for name in known if not name.startswith("./kem")}
    assert names > HAVE_AN_ANSWER
    for name in sorted(names):
        told = json.loads(await audited(layout, "questions", name, "--json"))
        assert told["question"] == known[name]
        if name in HAVE_AN_ANSWER:
            shown = [one for one in told["answer"] if one["entries"]]
            assert shown, f"a day was played, and {name} has nothing to tell of it"


async def _ask_what_changed_in_the_system(layout: Layout) -> None:
    """Each service has told what it began with, once however often it was started since; so it is known which
    certificate it has.
    """
    found = json.loads(await audited(layout, "questions", "system", "--json"))
    for service in ("access", "audit", "intake", "notifications", "referral"):
        told = [(one["what"][0], one["detail"][0]) for one in found["answer"] if one["service"] == [service]]
        assert "RELEASE" in [what for what, _ in told]
        [migrations] = [detail for what, detail in told if what == "MIGRATIONS"]
        assert "0001_outbox.sql" in migrations
        issued = [
            one
            for one in found["answer"]
            if one["what"] == ["CertificateIssued"] and one["detail"][0].endswith(f" {service}")
        ]
        assert len(issued) == 1


async def _roll_the_key(layout: Layout, folder: Path, kept: Path) -> None:
    """The hub runs on; what both keys have signed verifies by both and not by the former alone."""
    keys = json.loads(await audited(layout, "roll-key", "--yes", "--json"))
    former, made = keys["former_verifier_key"], keys["verifier_key"]
    ledger = folder / "rolled.kem-ledger"
    await audited(layout, "export", "--out", str(ledger))  # waits until all that was told is signed
    asked = ("verify", str(ledger), "--since", str(kept))
    assert "VERIFIED" in await audited(layout, *asked, "--key", former, "--key", made)
    assert "NOT VERIFIED" in (await said(layout, "audit", *asked, "--key", former, code=1))[0]
    assert made in await audited(layout, "questions", "system")


async def _ask_intake_and_access(layout: Layout, fact: dict[str, Any], index: int) -> None:
    """What no entry may hold is asked where it is held, and what comes fits the entries."""
    referral = fact["referral_id"]
    entries = await audited(layout, "entries", "--about", referral, "--kind", "NeedRecorded", "--json")
    person = json.loads(entries)["entries"][0]["fact"]["beneficiary_id"]
    seen = json.loads(await audited(layout, "seen", person, "name", "--json"))
    assert {one["disclosureId"]: one["entry"] for one in seen["disclosures"]}[fact["disclosure_id"]] == index
    assert all(
        one["texts"][0]["noticeVersion"] for one in seen["disclosures"] if one["legalBases"] == ["CONSENT"]
    )
    assert f"#{index}" in await audited(layout, "seen", person, "name")
    again = json.loads(
        await audited(layout, "entries", "--about", person, "--kind", "AccessRecorded", "--json")
    )
    methods = [one["fact"]["method"].rpartition("/")[2] for one in again["entries"]]
    assert "ListDisclosures" in methods, "an auditor's read is in the ledger too"
    then = json.loads(await audited(layout, "directory", referral, "--json"))
    asked = [one["service_id"] for one in then["cited"] if one["asked"]]
    assert asked
    assert {row["service_id"]: row["service"]["name"]["en"] for row in then["rows"]}[asked[0]]
    for view in ("children", "interpreters"):
        found = json.loads(await audited(layout, view, "--json"))["consents"]
        assert found
        assert all(one["entry"] is not None for one in found)
    assert "reports" in json.loads(await audited(layout, "fairness", "--json"))
    assert "no account here" in await audited(layout, "who", person)
