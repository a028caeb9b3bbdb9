"""Who audits: whoever reads the ledger, and the officer who decides beside that."""

from typing import Final

from kernel.vocabulary import Role

READERS: Final = frozenset({Role.AUDITOR, Role.DPO})
"""They read the ledger; whoever of them looks stands in it."""
OFFICERS: Final = frozenset({Role.DPO})
"""They read what is sealed too, and decide."""
REVIEWERS: Final = OFFICERS | {Role.SAFEGUARDING_OFFICER}
"""They look at emergencies afterwards, and see what was asked back."""
