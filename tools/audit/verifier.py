"""Verifies what a ledger of the referral hub hands out, without the hub. One file: take it along and read it.

    python verifier.py file city.kem-ledger [--since old-checkpoint.txt] [--key VKEY]
    python verifier.py file one.kem-trace [--key VKEY]
    python verifier.py proof entry.json entry.tlog-proof --key VKEY

It needs Python 3.11 and nothing else, but for the signatures: those take the package `cryptography`.
What it says is worth as much as the key that you give it: take the key, and an old checkpoint, from somewhere
else than from whoever hands you the ledger.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

FORMAT = "kem-ledger/1"
TRACE_FORMAT = "kem-trace/1"
BODY_VERSION = 1
PROOF = "c2sp.org/tlog-proof@v1"
MOST_SIGNATURES = 64


class Wrong(Exception):
    """Something does not hold. `entry` is the first entry concerned, counted from 0, where it is known."""

    def __init__(self, says: str, entry: int | None = None) -> None:
        super().__init__(says if entry is None else f"entry {entry}: {says}")
        self.entry = entry


# --- the tree: RFC 6962 § 2.1, verified as in RFC 9162 § 2.1.3.2 and § 2.1.4.2 ---------------------


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Passes where the leaf stands at `index` under the root of a tree of `size` leaves."""
    if len(leaf) != 32:
        raise Wrong("a leaf's hash has 32 bytes")
    if not 0 <= index < size:
        raise Wrong(f"a tree of {size} entries has no entry {index}")
    at, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            raise Wrong("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    if last != 0 or found != root:
        raise Wrong("the proof does not lead to the root")


def check_consistency(size1: int, root1: bytes, size2: int, root2: bytes, path: Sequence[bytes]) -> None:
    """Passes where the first tree is the beginning of the second. An empty one is no beginning to rely on."""
    if not 0 < size1 <= size2:
        raise Wrong(f"a tree of {size2} entries has no beginning of {size1}")
    if size1 == size2:
        if path or root1 != root2:
            raise Wrong("two trees of one size differ")
        return
    if not path:
        raise Wrong("the proof is empty")
    nodes = list(path) if size1 & (size1 - 1) else [root1, *path]
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = nodes[0]
    for one in nodes[1:]:
        if last == 0:
            raise Wrong("the proof is too long")
        if at & 1 or at == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, one)
        at, last = at >> 1, last >> 1
    if last != 0 or first != root1 or second != root2:
        raise Wrong("the proof does not lead to both roots")


@dataclass
class Tree:
    """Grows leaf by leaf and knows its root."""

    size: int = 0
    edge: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        bits, found = self.size, leaf
        while bits & 1:
            found, bits = node_hash(self.edge.pop(), found), bits >> 1
        self.edge.append(found)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.edge:
            return hashlib.sha256(b"").digest()
        found = self.edge[-1]
        for one in reversed(self.edge[:-1]):
            found = node_hash(one, found)
        return found


# --- signed notes: c2sp.org/signed-note, and checkpoints: c2sp.org/tlog-checkpoint -----------------


@dataclass(frozen=True)
class Key:
    """A verifier key, `name+hash+base64`."""

    name: str
    key_id: bytes
    public: bytes

    @staticmethod
    def read(text: str) -> "Key":
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        public = _decoded(encoded, "the key")
        if len(public) != 33 or public[0] != 1:
            raise Wrong("only keys of Ed25519 are known here")
        if hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() != key_id:
            raise Wrong("the key's hash is not its own: it was cut or mistyped")
        return Key(name, bytes.fromhex(key_id), public[1:])


@dataclass(frozen=True)
class Checkpoint:
    """A log's word for so many entries under a root."""

    origin: str
    size: int
    root: bytes


def open_checkpoint(note: str, keys: Iterable[Key]) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed, and none of them wrongly."""
    text, found, signatures = note.rpartition("\n\n")
    text += "\n"
    lines = signatures.removesuffix("\n").split("\n")
    if not found or not note.endswith("\n") or len(lines) > MOST_SIGNATURES:
        raise Wrong("this is no signed note")
    if any(ord(letter) < 0x20 and letter != "\n" for letter in note):
        raise Wrong("this is no signed note: it has control characters in it")
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for line in lines:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise Wrong("this is no signed note: a line of its signatures is none")
        _, name, encoded = parts
        content = _decoded(encoded, "a signature")
        key = known.get((name, content[:4]))
        if key is not None:
            _check_signature(key, content[4:], text.encode())
            is_signed = True
    if not is_signed:
        raise Wrong("no key that you trust has signed this checkpoint")
    return _checkpoint(text)


def _checkpoint(text: str) -> Checkpoint:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _is_number(lines[1]):
        raise Wrong("this is no checkpoint")
    root = _decoded(lines[2], "a root")
    if len(root) != 32:
        raise Wrong("a root has 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def _check_signature(key: Key, signature: bytes, text: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text)
    except InvalidSignature:
        raise Wrong(f"the signature of {key.name} is forged, or the text was changed") from None


# --- a proof of one entry: c2sp.org/tlog-proof -----------------------------------------------------


def check_proof(body: bytes, proof: str, keys: Sequence[Key]) -> tuple[int, Checkpoint]:
    """The entry's index and the checkpoint under which it stands."""
    head, found, note = proof.partition("\n\n")
    lines = head.split("\n")
    if not found or lines[0] != PROOF:
        raise Wrong("this is no tlog-proof")
    if len(lines) > 1 and lines[1].startswith("extra "):
        del lines[1]
    if len(lines) < 2 or not lines[1].startswith("index ") or not _is_number(lines[1].removeprefix("index ")):
        raise Wrong("this is no tlog-proof: it names no index")
    index = int(lines[1].removeprefix("index "))
    path = [_decoded(line, "a hash of the proof") for line in lines[2:]]
    if any(len(one) != 32 for one in path):
        raise Wrong("a hash of the proof has not 32 bytes")
    checkpoint = open_checkpoint(note, keys)
    check_inclusion(leaf_hash(body), index, checkpoint.size, path, checkpoint.root)
    return index, checkpoint


# --- a whole ledger --------------------------------------------------------------------------------


@dataclass
class Report:
    """What was found to hold."""

    entries: int = 0
    checkpoints: int = 0
    unsigned: int = 0
    """Entries behind the last checkpoint: nobody has stood for them yet."""
    recorded_time: str = ""
    """When the last one was entered."""
    sources: dict[str, int] = field(default_factory=dict)
    """How far each source is in the ledger; every one of its positions from 1 on is."""


def check_ledger(
    lines: Iterable[bytes],
    keys: Sequence[Key],
    since: Checkpoint | None = None,
    tell: Callable[[int, int], None] = lambda done, all_: None,
) -> Report:
    """Goes through an exported ledger line by line.

    A ledger is a header, the checkpoints, and the entries, one a line: the leaf's hash, a space, the body.
    """
    rest = iter(lines)
    header = _header(next(rest, b""))
    checkpoints = _checkpoints(
        [next(rest, b"") for _ in range(header["checkpoints"])], keys, header["origin"]
    )
    if since is not None:
        checkpoints = _with_older(checkpoints, since, header["origin"])
    tree, report = Tree(), Report(checkpoints=header["checkpoints"])
    due = iter(sorted((one for one in checkpoints if one.size), key=lambda one: one.size))
    following, held = next(due, None), 0
    for line in rest:
        _check_entry(line, tree, report)
        if following is not None and tree.size == following.size:
            if tree.root != following.root:
                whose = "the checkpoint that you brought" if following is since else "a signed checkpoint"
                raise Wrong(
                    "from here on something was changed, left out, put in or moved, at the latest in entry"
                    f" {tree.size - 1}: {whose} of {following.size} entries has another root",
                    held,
                )
            held = following.size
            while following is not None and following.size <= tree.size:
                following = next(due, None)
        if tree.size % 10_000 == 0:
            tell(tree.size, header["entries"])
    report.entries, report.unsigned = tree.size, tree.size - held
    if following is not None:
        raise Wrong(f"the ledger ends here, and a checkpoint stands for {following.size} entries", tree.size)
    if tree.size != header["entries"]:
        raise Wrong(f"the ledger ends here, and its header speaks of {header['entries']} entries", tree.size)
    _check_complete(header["sources"], report)
    return report


def _header(line: bytes) -> dict[str, Any]:
    header = _object(line, "the first line is no header of a ledger")
    counts = (header.get("entries"), header.get("checkpoints"), *_marks(header))
    if header.get("format") != FORMAT:
        raise Wrong(f"this is no ledger of a form that is known here ({FORMAT})")
    if not all(type(one) is int and one >= 0 for one in counts) or not isinstance(
        header.get("sources"), dict
    ):
        raise Wrong("the header of the ledger is damaged")
    return header


def _marks(header: dict[str, Any]) -> list[Any]:
    """How far each source had published; -1 where the header does not say it."""
    return list(header["sources"].values()) if isinstance(header.get("sources"), dict) else [-1]


def _checkpoints(lines: Sequence[bytes], keys: Sequence[Key], origin: str) -> list[Checkpoint]:
    """Each signed, of this log, and no two of one size that differ."""
    found: dict[int, Checkpoint] = {}
    for line in lines:
        note = _parsed(line, "a checkpoint cannot be read")
        one = open_checkpoint(note if isinstance(note, str) else "", keys)
        if one.origin != origin:
            raise Wrong(f"a checkpoint is of another log, {one.origin}")
        if found.setdefault(one.size, one).root != one.root:
            raise Wrong("the log was forked: two checkpoints of one size have different roots", one.size)
    return list(found.values())


def _with_older(checkpoints: Sequence[Checkpoint], since: Checkpoint, origin: str) -> list[Checkpoint]:
    if since.origin != origin:
        raise Wrong(f"the older checkpoint is of another log, {since.origin}")
    return [since, *(one for one in checkpoints if one.size != since.size or one.root != since.root)]


def _check_entry(line: bytes, tree: Tree, report: Report) -> None:
    number = tree.size
    encoded, _, body = line.removesuffix(b"\n").partition(b" ")
    entry = _object(body, "the entry cannot be read", number)
    if entry.get("v") != BODY_VERSION:
        raise Wrong(f"the entry's form {entry.get('v')!r} is not known here", number)
    if entry.get("index") != number:
        raise Wrong(
            f"the entry that stands here was entry {entry.get('index')}: one was left out or moved", number
        )
    if canonical(entry) != body:
        raise Wrong("the entry is not written in the one form that it may have (RFC 8785)", number)
    leaf = leaf_hash(body)
    if base64.b64encode(leaf) != encoded:
        raise Wrong("the entry was changed: it does not fit its hash", number)
    recorded_time = str(entry.get("recorded_time"))
    if recorded_time < report.recorded_time:
        raise Wrong(f"the entry is back-dated: {recorded_time} is before the entry before it", number)
    report.recorded_time = recorded_time
    source, position = str(entry.get("source")), entry.get("position")
    expected = report.sources.get(source, 0) + 1
    if position != expected:
        raise Wrong(f"position {expected} of {source} is missing: this is {position}", number)
    report.sources[source] = expected
    tree.append(leaf)


def _check_complete(marks: dict[str, int], report: Report) -> None:
    """Every source has published so many events; each has to be here."""
    for source, mark in sorted(marks.items()):
        found = report.sources.get(source, 0)
        if found < mark:
            raise Wrong(f"{source} has published {mark} events, the ledger has {found}", report.entries)


def canonical(entry: object) -> bytes:
    """RFC 8785, as far as an entry goes: whole numbers, texts, lists, and objects with plain names."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# --- small things ----------------------------------------------------------------------------------


def _parsed(line: bytes, otherwise: str, number: int | None = None) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise Wrong(otherwise, number) from None


def _object(line: bytes, otherwise: str, number: int | None = None) -> dict[str, Any]:
    found = _parsed(line, otherwise, number)
    if not isinstance(found, dict):
        raise Wrong(otherwise, number)
    return found


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise Wrong(f"{what} is not base64") from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0")


# --- the command ----------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything holds, 1 where something does not, 2 where nothing could be looked at."""
    parser = argparse.ArgumentParser(description="Verifies ledgers and proofs of the referral hub.")
    parser.add_argument("--key", action="append", default=[], help="a verifier key that you trust")
    kinds = parser.add_subparsers(dest="kind", required=True)
    whole = kinds.add_parser("file", help="a whole ledger, or a trace with its proofs")
    whole.add_argument("file")
    whole.add_argument("--since", help="a file with a checkpoint that you were given earlier")
    single = kinds.add_parser("proof", help="one entry")
    single.add_argument("entry", help="a file with the entry's body")
    single.add_argument("proof", help="its .tlog-proof")
    for kind in (whole, single):  # a key may stand before what is verified, or behind it
        kind.add_argument("--key", action="append", default=argparse.SUPPRESS, help="likewise")
    given = parser.parse_args(arguments)
    try:
        if given.kind == "proof":
            return _verify_proof(given)
        return _verify_trace(given) if _is_trace(given.file) else _verify_ledger(given)
    except Wrong as wrong:
        print(f"NOT VERIFIED: {wrong}")
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}", file=sys.stderr)
        return 2


def _verify_ledger(given: argparse.Namespace) -> int:
    with open(given.file, "rb") as file:
        keys = _trusted(given.key, _header(file.readline()).get("keys"))
        file.seek(0)
        since = _older(given.since, keys)
        report = check_ledger(file, keys, since, _progress)
    print(f"VERIFIED: {report.entries} entries, {report.checkpoints} signed checkpoints.")
    if since is not None:
        print(f"It goes on from your checkpoint of {since.size} entries.")
    if report.unsigned:
        print(f"The last {report.unsigned} entries are under no checkpoint yet.")
    for source, position in sorted(report.sources.items()):
        print(f"  {source}: every position from 1 to {position}")
    return 0


def _is_trace(name: str) -> bool:
    """A trace is one object over many lines, or one that says so in its only one."""
    with open(name, "rb") as file:
        try:
            first = json.loads(file.readline())
        except ValueError:
            return True
    return isinstance(first, dict) and first.get("format") == TRACE_FORMAT


def _verify_trace(given: argparse.Namespace) -> int:
    """What is shown of an entry is made of its proved body: words beside it would be anybody's."""
    if given.since:
        raise Wrong("a trace does not show that the ledger goes on from your checkpoint: export the ledger")
    with open(given.file, "rb") as file:
        trace = _object(file.read(), "this is neither a ledger nor a trace")
    entries = trace.get("entries")
    if trace.get("format") != TRACE_FORMAT or not isinstance(entries, list) or not entries:
        raise Wrong(f"this is no trace of a form that is known here ({TRACE_FORMAT})")
    keys = _trusted(given.key, trace.get("keys"))
    last, shown = -1, []
    for one in entries:
        if not isinstance(one, dict):
            raise Wrong("an entry of the trace is none")
        body = str(one.get("body")).encode()
        index, checkpoint = check_proof(body, str(one.get("proof")), keys)
        entry = _object(body, "the entry cannot be read", index)
        if index <= last or entry.get("index") != index:
            raise Wrong("the entry does not stand where it says", index)
        last = index
        fact = json.dumps(entry.get("fact"), sort_keys=True, ensure_ascii=False)
        shown.append(f"{entry.get('event_time')} #{index} {entry.get('type')} {fact}")
    print("\n".join(shown))
    print(f"VERIFIED: {len(shown)} entries stand in {checkpoint.origin} as they are told here, the last")
    print(f"under a signed checkpoint of {checkpoint.size}. That nothing is left out, a ledger shows.")
    return 0


def _trusted(given: Sequence[str], own: object) -> list[Key]:
    if given:
        return [Key.read(text) for text in given]
    print("No --key was given: the file's own are used, so it can only be shown to agree with itself.")
    return [Key.read(str(text)) for text in own] if isinstance(own, list) else []


def _older(file: str | None, keys: Sequence[Key]) -> Checkpoint | None:
    if file is None:
        return None
    with open(file, encoding="utf-8") as older:
        return open_checkpoint(older.read(), keys)


def _verify_proof(given: argparse.Namespace) -> int:
    with open(given.entry, "rb") as body, open(given.proof, encoding="utf-8") as proof:
        if not given.key:
            raise Wrong("a proof says nothing without a key that you trust: --key VKEY")
        found, text = body.read(), proof.read()
    index, checkpoint = check_proof(found.removesuffix(b"\n"), text, [Key.read(text) for text in given.key])
    print(f"VERIFIED: this is entry {index} of {checkpoint.origin}, under a checkpoint of {checkpoint.size}.")
    return 0


def _progress(done: int, all_: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {all_} entries", end="" if done < all_ else "\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
