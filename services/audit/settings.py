"""What audit is told by its environment, beside what every service is told."""

from pathlib import Path

from pydantic import Field, FilePath

from chassis.settings import ServiceSettings


class AuditSettings(ServiceSettings):
    """`KEM_AUDIT_…`."""

    signing_key_file: FilePath
    """The Ed25519 key (PEM) that signs checkpoints, outside of the database and of every backup. It is read
    again when it is replaced (`./kem audit roll-key`); what the former key signed stays verifiable."""

    origin: str = Field(default="kem.athens/ledger", pattern=r"^[a-z0-9./-]{3,100}$")
    """By which name this ledger is known in its checkpoints; never changed once one was given away."""

    checkpoint_entries: int = Field(default=256, ge=1)
    checkpoint_seconds: float = Field(default=10, gt=0)
    """A checkpoint is signed when so many entries, or the oldest for so long, are under none."""

    giving_seconds: float = Field(default=3600, gt=0)
    """So often the newest one goes to every agency's inbox."""

    def policy_files(self, root: Path) -> dict[str, Path]:
        """No service runs by the alarms' rules, so the one that keeps the history tells of them."""
        rules = root / "deploy" / "prometheus" / "rules.yml"
        return super().policy_files(root) | {rules.name: rules}
