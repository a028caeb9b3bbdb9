"""Lines with what proves them: the console's own check of each, and what the browser needs for its own."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kem.audit.v1 import audit_service_pb2 as messages
from kernel.errors import NotYetKnown
from services.console.adapters.signatures import is_signed
from services.console.domain.audit.proofs import (
    Finding,
    NotProved,
    VerifierKey,
    check_entry,
    read_key,
    read_proof,
)
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.audit.telling import Told
from services.console.entrypoints.texts import N_

FINDINGS: Final[Mapping[str, str]] = {
    Finding.VERIFIED: N_("Verified"),
    Finding.NOT_COVERED: N_("Under no checkpoint yet"),
    Finding.CHANGED: N_("NOT verified: it is not what was signed"),
    Finding.FORGED: N_("NOT verified: the signature is false"),
    Finding.UNKNOWN_KEY: N_("NOT verified: not signed by this key"),
    Finding.MALFORMED: N_("NOT verified: this is no proof"),
    "HASHES_ONLY": N_("Leads to the checkpoint; this browser cannot check its signature"),
}
"""HASHES_ONLY is a browser's alone: one that knows no Ed25519."""
COLOURS: Final[Mapping[str, str]] = {
    Finding.VERIFIED: "green",
    Finding.NOT_COVERED: "grey",
    "HASHES_ONLY": "blue",
}
"""Of their tags; of every other: red."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its proof.

    Args:
        finding: of the console's own check.
        path: hashes as the browser takes them; None where there is no proof to check.
    """

    told: Told
    stage: str
    finding: str
    path: str | None
    note: str


def lines_of(rows: Iterable[tuple[Told, str, str]], key_texts: Sequence[str]) -> list[Line]:
    """Each of them checked.

    Args:
        rows: an entry, its stage, its proof.
        key_texts: verifier keys that may have signed.
    """
    keys = [read_key(one) for one in key_texts]
    return [_line(told, stage, proof, keys) for told, stage, proof in rows]


def _line(told: Told, stage: str, proof: str, keys: Sequence[VerifierKey]) -> Line:
    path, note = None, ""
    try:
        read = read_proof(proof)
        path, note = " ".join(base64.b64encode(one).decode() for one in read.path), read.note
        check_entry(told.body, proof, keys, is_signed)
        finding = Finding.VERIFIED if read.index == told.index else Finding.CHANGED
    except NotProved as wrong:
        finding = wrong.finding
    return Line(told, stage, str(finding), path, note)


async def verifier_keys(visit: Visit) -> list[str]:
    """By which checkpoints of this ledger may be signed; none as long as nothing was."""
    try:
        newest = await visit.ask(visit.hub.audit.GetCheckpoint, messages.GetCheckpointRequest())
    except NotYetKnown:
        return []
    return list(newest.verifier_keys)
