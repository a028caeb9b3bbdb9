"""What intake is told beside what every service is told."""

from pathlib import Path

from pydantic import Field, FilePath, ValidationInfo, field_validator

from chassis.settings import ServiceSettings
from services.intake.adapters.backlog import MAX_WAITING_EVENTS
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import KeyKeeper
from services.intake.domain.search_allowance import SearchLimits
from services.intake.use_cases.roll_keys import REST


class IntakeSettings(ServiceSettings):
    """`KEM_INTAKE_…`, and `KEM_KEYS_DIR`, which no other service may read."""

    keys_dir: Path = Field(validation_alias="KEM_KEYS_DIR")
    pkcs11_module: FilePath | None = None
    """The library of a PKCS#11 token that holds the keys; without it they are files in `keys_dir`."""
    pkcs11_label: str = "kem-vault"
    pkcs11_pin_file: FilePath | None = Field(default=None, validate_default=True)
    """A file that holds the token's PIN and nothing else."""
    epoch_rest_seconds: float = Field(default=REST.total_seconds(), ge=0, le=86_400)
    """How long a roll keeps the older epochs once no key needs them: longer than any transaction lasts."""
    referral_address: str = Field(validation_alias="KEM_REFERRAL_GRPC_ADDRESS")
    """host:port of referral's gRPC door, asked what a receipt may tell."""
    desk_contact: str = Field(default="", max_length=200)
    """Telephone and address of the desk as receipts print them, in Greek; without it, a line to write on."""
    receipt_checks_per_minute: int = Field(default=300, ge=1, le=100_000)
    """So many codes of receipts are asked about within a minute, by everybody together."""
    max_waiting_events: int = Field(default=MAX_WAITING_EVENTS, ge=1, le=1_000_000)
    """New needs are refused for a moment while so many events wait to be sent, or to be read by referral."""
    searches_per_minute: int = Field(default=SearchLimits().searches_per_minute, ge=1, le=10_000)
    """A worker who searches more often is asked to wait."""
    searched_people_per_hour: int = Field(default=SearchLimits().people_per_hour, ge=1, le=1_000_000)
    """More different people than these, shown to one worker by searches, raise an alarm."""
    remembered_keys: int = Field(default=8192, ge=100, le=1_000_000)
    """How many people's opened keys stay in memory (about 1 KB each)."""

    @field_validator("pkcs11_pin_file")
    @classmethod
    def _come_with_the_module(cls, file: Path | None, told: ValidationInfo) -> Path | None:
        if file is None and told.data.get("pkcs11_module") is not None:
            raise ValueError(
                "KEM_INTAKE_TOKEN_MODULE names a token, so a file with its PIN must be named too"
            )
        return file

    @property
    def key_keeper(self) -> KeyKeeper:
        """Where the vault's keys lie."""
        if self.pkcs11_module is None or self.pkcs11_pin_file is None:
            return KeyFolder(self.keys_dir)
        # a library that is loaded only where a token is used
        from services.intake.adapters.pkcs11_keys import Token

        return Token(self.pkcs11_module, self.pkcs11_label, self.pkcs11_pin_file)

    @property
    def search_limits(self) -> SearchLimits:
        """What searches are held against."""
        return SearchLimits(self.searches_per_minute, self.searched_people_per_hour)
