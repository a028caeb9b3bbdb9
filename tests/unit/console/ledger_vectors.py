"""A small signed tree, with an entry of it, its proof, and every way in which one of them can be wrong."""

import base64
import json
from dataclasses import dataclass, replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.audit.domain.note import Checkpoint, NoteKey, proof_file, signed
from services.audit.domain.tree import Edge, folded, inclusion_path, leaf_hash, places_of

SIZE = 13


@dataclass(frozen=True)
class Vector:
    """What a check is given, and what it has to find."""

    name: str
    finding: str
    body: str
    proof: str
    key: str
    index: int

    @property
    def path(self) -> list[str]:
        """The hashes of the proof, as the page gives them to the browser."""
        return self.proof.partition("\n\n")[0].split("\n")[2:]

    @property
    def note(self) -> str:
        return self.proof.partition("\n\n")[2]


def _body(index: int) -> str:
    return json.dumps({"fact": {"name": "Ωραία"}, "index": index}, ensure_ascii=False, separators=(",", ":"))


@cache
def _signer(number: int) -> tuple[Ed25519PrivateKey, NoteKey]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return private, NoteKey("kem.example/ledger", public)


def right_ones() -> list[Vector]:
    """Every entry of the tree with its proof."""
    edge, nodes = Edge(), dict[tuple[int, int], bytes]()
    for index in range(SIZE):
        nodes |= dict(edge.append(leaf_hash(_body(index).encode())))
    private, key = _signer(1)
    note = signed(Checkpoint("kem.example/ledger", SIZE, edge.root).text, key, private.sign)
    return [
        Vector(
            f"entry {index}",
            "VERIFIED",
            _body(index),
            proof_file(
                index,
                [folded([nodes[place] for place in places_of(span)]) for span in inclusion_path(index, SIZE)],
                note,
            ),
            key.verifier_key,
            index,
        )
        for index in range(SIZE)
    ]


def wrong_ones() -> list[Vector]:
    """The same, each with one thing changed."""
    one, other = right_ones()[5], right_ones()[6]
    forger, _ = _signer(2)
    text = one.note.partition("\n\n")[0] + "\n"
    forged = signed(text, _signer(1)[1], forger.sign)
    root = one.note.split("\n")[2]
    flipped = base64.b64encode(bytes(32)).decode()
    return [
        replace(one, name="a body that was changed", body=one.body.replace("Ω", "Ο"), finding="CHANGED"),
        replace(one, name="another entry's body", body=other.body, finding="CHANGED"),
        replace(
            one,
            name="another place",
            proof=one.proof.replace("index 5", "index 4"),
            index=4,
            finding="CHANGED",
        ),
        replace(
            one,
            name="a hash of the path that was changed",
            proof=one.proof.replace(one.path[1], flipped),
            finding="CHANGED",
        ),
        replace(
            one,
            name="a path that was cut",
            proof=one.proof.replace(f"{one.path[-1]}\n", "", 1),
            finding="CHANGED",
        ),
        replace(
            one, name="a root that was changed", proof=one.proof.replace(root, flipped), finding="FORGED"
        ),
        replace(one, name="a forged signature", proof=one.proof.replace(one.note, forged), finding="FORGED"),
        replace(one, name="a key of somebody else", key=_signer(2)[1].verifier_key, finding="UNKNOWN_KEY"),
        replace(one, name="a key that was mistyped", key=one.key[:-6] + "AAAAA=", finding="MALFORMED"),
        replace(one, name="no signature", proof=one.proof[: one.proof.index("—")], finding="MALFORMED"),
    ]
