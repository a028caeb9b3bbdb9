"""Who audits: whoever reads the ledger, and the officer who decides beside that."""

from typing import Final

from kernel.vocabulary import Role

READERS: Final = frozenset({Role.AUDITOR, Role.DPO})
"""They read the ledger; whoever of them looks stands in it."""
OFFICERS: Final = frozenset({Role.DPO})
"""They read what is sealed too, and decide."""
