"""What the ledger says of itself to everybody."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckpointGiven:
    """A checkpoint for everybody to keep.

    Args:
        origin: the ledger's name.
        number: 1 for the first that was given.
        size: for how many entries it stands.
        note: as it was signed.
    """

    origin: str
    number: int
    size: int
    note: str


@dataclass(frozen=True, slots=True)
class SigningKeyBegun:
    """A key signs from now on."""

    origin: str
    verifier_key: str
