"""Proofs: that an entry stands under a checkpoint, and that one checkpoint goes on from another."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from kernel.errors import Invalid, NotFound, NotYetKnown
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints, SignedCheckpoint
from services.audit.adapters.postgres_entries import FoundEntry
from services.audit.domain.note import proof_file
from services.audit.domain.tree import Span, consistency_path, folded, inclusion_path, places_of


class CheckpointNotFound(NotFound):
    """No checkpoint was signed for so many entries."""

    reason = "CHECKPOINT_NOT_FOUND"


class EntryNotFound(NotFound):
    """The ledger has no such entry."""

    reason = "ENTRY_NOT_FOUND"


async def find_checkpoint(
    size: int | None, tx: Transaction, checkpoints: PostgresCheckpoints
) -> SignedCheckpoint:
    """The checkpoint of a size, or the newest.

    Raises:
        CheckpointNotFound: there is none of this size.
        NotYetKnown: none was signed yet.
    """
    if size is None:
        newest = await checkpoints.newest(tx)
        if newest is None:
            raise NotYetKnown("No checkpoint was signed yet; the first one follows within seconds.")
        return newest
    found = await checkpoints.of_size(tx, size)
    if found is None:
        raise _no_checkpoint(size)
    return found


def _no_checkpoint(size: int | None) -> CheckpointNotFound:
    return CheckpointNotFound(f"No checkpoint stands for {size} entries; ask for the newest one.")


async def prove_inclusion(
    index: int, size: int | None, tx: Transaction, checkpoints: PostgresCheckpoints
) -> tuple[FoundEntry, str]:
    """An entry, and the file that proves it (c2sp.org/tlog-proof).

    Args:
        size: of the checkpoint under which it is proved; None for the newest.

    Raises:
        EntryNotFound: there is none at this index.
        CheckpointNotFound: there is none of this size.
        NotYetKnown: the entry is under no checkpoint yet.
        Invalid: the checkpoint stands for entries before this one only.
    """
    entry, under = await checkpoints.entry_under(tx, index, size)
    if entry is None:
        raise EntryNotFound(f"The ledger has no entry {index}.")
    if size is None and (under is None or index >= under.size):
        raise NotYetKnown(f"No checkpoint covers entry {index} yet; one follows within seconds.")
    if under is None:
        raise _no_checkpoint(size)
    if index >= under.size:
        raise Invalid(
            f"The checkpoint of {under.size} entries was signed before entry {index} was made.",
            reason="ENTRY_NOT_COVERED",
        )
    path = await _hashes(inclusion_path(index, under.size), tx, checkpoints)
    return entry, proof_file(index, path, under.note)


async def prove_those_covered(
    indices: Sequence[int], tx: Transaction, checkpoints: PostgresCheckpoints
) -> dict[int, str]:
    """The files that prove entries, all under the newest checkpoint, but for those that it does not cover."""
    newest = await checkpoints.newest(tx)
    if newest is None:
        return {}
    paths = {index: inclusion_path(index, newest.size) for index in indices if index < newest.size}
    hashes = await _hashes([span for path in paths.values() for span in path], tx, checkpoints)
    proofs, at = {}, 0
    for index, path in paths.items():
        proofs[index] = proof_file(index, hashes[at : at + len(path)], newest.note)
        at += len(path)
    return proofs


async def prove_consistency(
    old_size: int, size: int, tx: Transaction, checkpoints: PostgresCheckpoints
) -> list[bytes]:
    """The hashes that prove the tree of `size` to go on from the one of `old_size`.

    Raises:
        CheckpointNotFound: one of them was never signed.
        Invalid: the older one is the larger one.
    """
    for one in (old_size, size):
        await find_checkpoint(one, tx, checkpoints)
    if old_size > size:
        raise Invalid("The older checkpoint has more entries than the newer one.", reason="SIZES_SWAPPED")
    return await _hashes(consistency_path(old_size, size), tx, checkpoints)


async def _hashes(path: Sequence[Span], tx: Transaction, checkpoints: PostgresCheckpoints) -> list[bytes]:
    made_of = [places_of(span) for span in path]
    nodes = await checkpoints.nodes(tx, (place for places in made_of for place in places))
    return [folded([nodes[place] for place in places]) for places in made_of]
