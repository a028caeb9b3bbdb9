"""What may be asked of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.stack.servers import ServersAsked


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How a stack differs from the one that `./kem up` starts.

    Args:
        base_port: the first of its ports; None takes a free hundred.
        is_durable: off for stacks of tests: a crash of the machine would lose their data.
        has_sample_city: whether an empty directory is filled.
        has_sample_staff: whether the sample city's staff get accounts.
        is_watched: whether a person reads what is said, and nothing keeps it: first logins are said then.
        services: only these; None for all that this checkout has.
        settings: added to every service's environment.
        settings_of: added to one service's environment, by its name.
        servers: on which PostgreSQL and broker it runs.
        advertised_broker_port: where its one broker sends clients, if something stands in between.
    """

    base_port: int | None = None
    is_durable: bool = True
    has_sample_city: bool = True
    has_sample_staff: bool = False
    is_watched: bool = False
    services: Sequence[str] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    settings_of: dict[str, dict[str, str]] = field(default_factory=dict)
    servers: ServersAsked = field(default_factory=ServersAsked)
    advertised_broker_port: int = 0
