"""What a service is told by its environment, checked once at start; a secret is always a file."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BeforeValidator, Field, FilePath, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.group import EMBEDDED_FETCH_WAIT_MILLISECONDS, KAFKA_FETCH_WAIT_MILLISECONDS, SESSION_SECONDS
from chassis.kafka_address import KafkaAddress
from chassis.tls import TlsFiles
from chassis.topics import REPLICATION

ALL_ROLES: Final = ("grpc", "stream", "relay", "timers")


def split_list(value: Any) -> Any:
    """For a field that lists things: `a, b` in the environment are two of them."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Roles = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_list)]
"""The parts of a service that a process runs."""


class SettingsInvalid(Exception):
    """A setting is missing or wrong; the message says which and what to do."""


class ProcessSettings(BaseSettings):
    """What every process of the hub is told, whether or not it has data of its own.

    `KEM_<SERVICE>_<NAME>` for its own settings, `KEM_<NAME>` for what all share.
    """

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    service: str
    metrics_address: str = ""
    identity_file: FilePath
    """The Ed25519 key (PEM) by which the service speaks for itself, and from which its other keys follow."""
    certificate_file: FilePath
    """The service's certificate and its key in one file (PEM), for the calls that it takes and makes."""
    otlp_endpoint: str = Field(default="", validation_alias="KEM_OTLP_ENDPOINT")
    trace_ratio: float = Field(default=0.01, ge=0, le=1, validation_alias="KEM_TRACE_RATIO")
    authorities_file: FilePath = Field(validation_alias="KEM_AUTHORITIES_FILE")
    """The certificates (PEM) that vouch for every other one."""
    log_level: str = Field(
        default="INFO", pattern="^(?i:debug|info|warning|error)$", validation_alias="KEM_LOG_LEVEL"
    )

    @classmethod
    def load(cls, service: str, **given: Any) -> Self:
        """Reads the environment; `given` overrides it.

        Raises:
            SettingsInvalid: with one line per setting that is missing or wrong.
        """
        prefix = f"KEM_{service.upper()}_"
        try:
            values: dict[str, Any] = {"_env_prefix": prefix, "service": service, **given}
            return cls(**values)
        except ValidationError as error:
            lines = [_sentence(prefix, one["loc"], one["msg"]) for one in error.errors(include_input=False)]
            raise SettingsInvalid("\n".join(lines)) from None

    @property
    def tls_files(self) -> TlsFiles:
        """What the service shows to those who call it, and to those whom it calls."""
        return TlsFiles(self.certificate_file, self.certificate_file, self.authorities_file)


class ServiceSettings(ProcessSettings):
    """The settings of a service that keeps data and takes calls.

    A service's subclass adds fields of its own, which are read as `KEM_<SERVICE>_<NAME>`.
    """

    known_roles: ClassVar[tuple[str, ...]] = ALL_ROLES
    """What `roles` may name; a service with a part of its own adds it in both."""

    database_url_file: FilePath
    worker_database_url_file: FilePath
    grpc_address: str
    roles: Roles = ALL_ROLES
    kafka_bootstrap: str = Field(validation_alias="KEM_KAFKA_BOOTSTRAP")
    kafka_idempotence: bool = Field(default=True, validation_alias="KEM_KAFKA_IDEMPOTENCE")
    """False for the embedded broker, on which an idempotent producer fails."""
    kafka_fetch_wait_milliseconds: int | None = Field(
        default=None, ge=1, le=5000, validation_alias="KEM_KAFKA_FETCH_WAIT_MILLISECONDS"
    )
    kafka_replication: int | None = Field(default=None, ge=1, le=3, validation_alias="KEM_KAFKA_REPLICATION")
    kafka_session_seconds: float = Field(
        default=SESSION_SECONDS, ge=1, le=60, validation_alias="KEM_KAFKA_SESSION_SECONDS"
    )
    kafka_tls: bool = Field(default=False, validation_alias="KEM_KAFKA_TLS")
    """Whether brokers are spoken to by TLS, over the service's certificate where it has no other for them."""
    kafka_authorities_file: FilePath | None = Field(
        default=None, validation_alias="KEM_KAFKA_AUTHORITIES_FILE"
    )
    """The certificates (PEM) that vouch for the brokers, where the hub's own authority does not."""
    kafka_certificate_file: FilePath | None = None
    """Certificate and key in one file (PEM), where the brokers take another authority's only."""
    assertion_keys_file: FilePath = Field(validation_alias="KEM_ASSERTION_KEYS_FILE")
    revoked_certificates_file: FilePath = Field(validation_alias="KEM_REVOKED_CERTIFICATES_FILE")

    @field_validator("roles")
    @classmethod
    def _know_every_role(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(roles) - set(cls.known_roles))
        if unknown or not roles:
            raise ValueError(f"choose from {', '.join(cls.known_roles)}, not {', '.join(unknown) or 'none'}")
        return roles

    @property
    def database_url(self) -> str:
        """For calls: the login that row-level security binds."""
        return self.database_url_file.read_text().strip()

    @property
    def worker_database_url(self) -> str:
        """For batches, timers and the relay."""
        return self.worker_database_url_file.read_text().strip()

    @property
    def kafka(self) -> KafkaAddress:
        """Where Kafka is, and what is shown there."""
        if not self.kafka_tls:
            return KafkaAddress(self.kafka_bootstrap)
        own = self.kafka_certificate_file or self.certificate_file
        return KafkaAddress(
            self.kafka_bootstrap, TlsFiles(own, own, self.kafka_authorities_file or self.authorities_file)
        )

    def policy_files(self, root: Path) -> dict[str, Path]:
        """The files beside the program that decide what it does, by the names by which they are told.

        Args:
            root: the checkout.
        """
        return {file.name: file for file in (root / "kernel" / "data").glob("*.toml")}

    @property
    def fetch_wait_milliseconds(self) -> int:
        """How long a fetch may wait at the broker; follows from the kind of broker where it is not set."""
        if self.kafka_fetch_wait_milliseconds is not None:
            return self.kafka_fetch_wait_milliseconds
        return KAFKA_FETCH_WAIT_MILLISECONDS if self.kafka_idempotence else EMBEDDED_FETCH_WAIT_MILLISECONDS

    @property
    def replication(self) -> int:
        """By how many brokers each topic is to be kept; follows from the kind of broker, too."""
        if self.kafka_replication is not None:
            return self.kafka_replication
        return REPLICATION if self.kafka_idempotence else 1


def _sentence(prefix: str, place: tuple[int | str, ...], complaint: str) -> str:
    if not place:  # several of them together
        return f"{complaint.removeprefix('Value error, ')}."
    name = str(place[0])
    variable = name if name.startswith("KEM_") else prefix + name.upper()
    if complaint == "Field required":
        return f"{variable} is not set; the service cannot start without it."
    return f"{variable} is wrong: {complaint.removeprefix('Value error, ')}."
