"""Whether an entry stands under a signed checkpoint (RFC 9162 § 2.1.3.2; c2sp.org/tlog-proof, signed-note).

The same check that the page makes in the browser (look/audit.js) and that `tools/audit/verifier.py` makes
without the hub: what a console says of the hub's own ledger is worth less than either.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import auto
from typing import Final

from kernel.vocabulary import Code

PROOF: Final = "c2sp.org/tlog-proof@v1"
HASH_BYTES: Final = 32
_PUBLIC_KEY_BYTES: Final = 33
_ED25519: Final = 1


class Finding(Code):
    """What became of a check."""

    VERIFIED = auto()
    NOT_COVERED = auto()
    """No checkpoint stands for it yet: there is nothing to check."""
    CHANGED = auto()
    """The entry and its proof do not lead to what was signed."""
    FORGED = auto()
    """A key that is known here has not signed what stands there."""
    UNKNOWN_KEY = auto()
    """Nobody whose key is known here has signed it."""
    MALFORMED = auto()
    """This is no proof."""


class NotProved(Exception):
    """Something does not hold."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who may sign: `name+hash+base64`."""

    name: str
    key_id: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry is said to stand, and under which checkpoint.

    Args:
        path: from the leaf's sibling to the root's child.
        note: the signed checkpoint.
    """

    index: int
    path: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed: so many entries under a root."""

    origin: str
    size: int
    root: bytes


Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key has made a signature of a text."""


def read_key(text: str) -> VerifierKey:
    """A verifier key as a line.

    Raises:
        NotProved: it is none.
    """
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    public = _decoded(encoded)
    digest = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    if len(public) != _PUBLIC_KEY_BYTES or public[0] != _ED25519 or digest.hex() != key_id:
        raise NotProved(Finding.MALFORMED)
    return VerifierKey(name, digest, public[1:])


def read_proof(text: str) -> Proof:
    """A proof as the ledger gives it.

    Raises:
        NotProved: it is none; where it is empty, no checkpoint covers the entry yet.
    """
    if not text:
        raise NotProved(Finding.NOT_COVERED)
    head, found, note = text.partition("\n\n")
    lines = head.split("\n")
    if not found or len(lines) < 2 or lines[0] != PROOF or not lines[1].startswith("index "):
        raise NotProved(Finding.MALFORMED)
    path = tuple(_decoded(line) for line in lines[2:])
    if any(len(one) != HASH_BYTES for one in path):
        raise NotProved(Finding.MALFORMED)
    return Proof(_number(lines[1].removeprefix("index ")), path, note)


def read_checkpoint(note: str, keys: Iterable[VerifierKey], verify: Verify) -> Checkpoint:
    """What a note says that one of the keys has signed, and none of them wrongly.

    Raises:
        NotProved: nobody has, or it is no such note.
    """
    text, found, signatures = note.rpartition("\n\n")
    text += "\n"
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        if not found or len(parts) != 3 or parts[0] != "—":
            raise NotProved(Finding.MALFORMED)
        content = _decoded(parts[2])
        key = known.get((parts[1], content[:4]))
        if key is not None:
            if not verify(key.public, content[4:], text.encode()):
                raise NotProved(Finding.FORGED)
            is_signed = True
    if not is_signed:
        raise NotProved(Finding.UNKNOWN_KEY)
    lines = text.split("\n")
    if len(lines) < 4:
        raise NotProved(Finding.MALFORMED)
    return Checkpoint(lines[0], _number(lines[1]), _decoded(lines[2]))


def check_entry(body: str, proof: str, keys: Sequence[VerifierKey], verify: Verify) -> Checkpoint:
    """The checkpoint under which an entry stands.

    Raises:
        NotProved: it does not, as far as this goes.
    """
    told = read_proof(proof)
    checkpoint = read_checkpoint(told.note, keys, verify)
    leaf = hashlib.sha256(b"\x00" + body.encode()).digest()
    if root_of(leaf, told.index, checkpoint.size, told.path) != checkpoint.root:
        raise NotProved(Finding.CHANGED)
    return checkpoint


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """To which root a path leads; empty where it cannot be one of a tree of that size."""
    if not 0 <= index < size:
        return b""
    at, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return b""
        if at & 1 or at == last:
            found = _node(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, one)
        at, last = at >> 1, last >> 1
    return found if last == 0 else b""


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise NotProved(Finding.MALFORMED) from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0")):
        raise NotProved(Finding.MALFORMED)
    return int(text)
