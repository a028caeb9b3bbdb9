"""Who keeps what the hub stands on."""

from typing import Final

from kernel.vocabulary import Role

KEEPERS: Final = frozenset({Role.OPERATOR, Role.DPO})
