"""Rolls the key that signs the ledger's checkpoints: an operator at the running hub."""

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kem.audit.v1 import audit_service_pb2 as messages
from kernel.vocabulary import Role
from tools.office import Answer, Office, at_office, say
from tools.partner.calls import Refused
from tools.stack.credentials import replace_key
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout

_LOOK_SECONDS: Final = 0.5


def roll_key(patience_seconds: float, *, as_json: bool) -> None:
    """Replaces the key, waits until the ledger lists the new one, and says whom to tell what.

    Raises:
        StackFailure: nothing runs, or the ledger has not taken the key up in time. It does so by itself.
    """
    answer = at_office(lambda office: _rolled(office, Layout(DATA), patience_seconds), Role.OPERATOR)
    say(answer, as_json=as_json)


async def _rolled(office: Office, layout: Layout, patience_seconds: float) -> Answer:
    former = await _listed(office)
    if not former:
        raise StackFailure("The ledger does not answer, so nothing was done: ./kem status says why.")
    made = _public_in(replace_key(layout.ledger_key))
    until = time.monotonic() + patience_seconds
    while (listed := _of_public(made, await _listed(office))) is None:
        if time.monotonic() > until:
            raise StackFailure(
                f"The new key is in {layout.ledger_key}, and the ledger has not taken it up for"
                f" {patience_seconds:.0f} s. Nothing is lost: it goes on entering, and signs when it can."
                " ./kem logs audit says what keeps it; do not roll the key again for that."
            )
        await asyncio.sleep(_LOOK_SECONDS)
    return Answer(_sentences(listed, former[0]), {"verifier_key": listed, "former_verifier_key": former[0]})


async def _listed(office: Office) -> Sequence[str]:
    """The ledger's verifier keys, the newest first; none while it is away for a moment."""
    try:
        found = await office(office.hub.audit.GetCheckpoint, messages.GetCheckpointRequest())
    except Refused as refusal:
        if refusal.reason in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
            return ()
        raise
    return tuple(found.verifier_keys)


def _of_public(public: str, keys: Sequence[str]) -> str | None:
    return next((key for key in keys if key.endswith(f"+{public}")), None)


def _public_in(pem: bytes) -> str:
    """As the end of a verifier key has it."""
    public = load_pem_private_key(pem, password=None).public_key()
    return base64.b64encode(b"\x01" + public.public_bytes_raw()).decode()  # type: ignore[union-attr] # made so


def number_of(verifier_key: str) -> str:
    """By which people tell keys apart."""
    return verifier_key.split("+")[1]


def _sentences(made: str, former: str) -> list[str]:
    number = number_of(made)
    return [
        f"Another key signs the ledger from now on: {made}",
        f"The former one has left this machine and stays on the list: what it signed verifies by {former}",
        f"Tell every agency, by telephone or in person and not by the hub, that the key's number is {number}."
        f" At ./kem partner they accept it with: ledger accept {number}",
        f"Whoever verifies elsewhere needs both: ./kem audit verify FILE --key {former} --key {made}",
        "If the former key is in somebody else's hands, tell them too: what it signs after this moment is not"
        " the hub's, and a checkpoint that they kept from before still finds a ledger written anew.",
    ]
