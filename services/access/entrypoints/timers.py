"""Works off what is over, now and then: tells of it what is still to be told, and forgets it."""

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from chassis.changing_file import ChangingFile
from chassis.postgres import Transaction
from services.access.adapters.certificate_register import (
    CertificateAct,
    PostgresCertificatesTold,
    parse_register,
)
from services.access.use_cases.authenticate import SignInParts
from services.access.use_cases.forget_old_rows import forget_old_rows
from services.access.use_cases.tell_certificates import tell_certificates
from services.access.use_cases.tell_refusals import tell_refusals

PAUSE_SECONDS: Final = 60.0


class Retention:
    """Works off what is too old in batches, then rests for a minute; what is old the database decides."""

    def __init__(self, parts: SignInParts, name_retention_days: int) -> None:
        self._parts = parts
        self._name_retention = timedelta(days=name_retention_days)
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """One batch; answers how many rows are gone."""
        if time.monotonic() < self._rests_until:
            return 0
        parts = self._parts
        taken = await tell_refusals(tx, parts)
        taken += await forget_old_rows(tx, parts.accounts, parts.sessions, parts.tries, self._name_retention)
        if not taken:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken


class Certificates:
    """Looks at the register now and then, and tells what is new in it; a register that did not change costs
    a look at the file.
    """

    def __init__(self, register: Path) -> None:
        self._register = ChangingFile(register, parse_register)
        self._told = PostgresCertificatesTold()
        self._last: Sequence[CertificateAct] | None = None

    async def take(self, tx: Transaction) -> int:
        """Answers how many events were told.

        Raises:
            OSError, ValueError: the register is gone or none; what was told stays, the rest waits.
        """
        acts = self._register.value
        if acts is self._last:
            return 0
        tx.after_commit.append(partial(setattr, self, "_last", acts))
        await tell_certificates(acts, tx, self._told)
        return 0
