"""Tells what became of the certificates of the hub's authority."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from services.access.adapters.certificate_register import (
    CertificateAct,
    PostgresCertificatesTold,
    certificate_event,
)


async def tell_certificates(
    acts: Sequence[CertificateAct], tx: Transaction, told: PostgresCertificatesTold
) -> int:
    """Tells each act once, however often the register is read; answers how many were new."""
    now = await tx.now()
    new = await told.note(tx, acts)
    for act, version in new:
        tx.publish(certificate_event(act, version, tx.caller, now))
    return len(new)
