"""What happened with the keys of the vault; told on kem.intake.v1 without any person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyEpochDestroyed:
    """A key of the vault is gone for ever: what only it could open is noise, in every backup too."""

    epoch: int
