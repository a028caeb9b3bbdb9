"""An operator's look at the vault's keys, and the wait for a roll of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from kem.intake.v1 import key_service_pb2 as messages
from kernel.vocabulary import Role
from tools.office import Answer, Office, at_office, say
from tools.operate.progress import Bar
from tools.partner.calls import Refused
from tools.stack.failure import StackFailure
from tools.trace.story import athens

LONGEST_WAIT: Final = timedelta(days=7)
"""So long after an erasure backups may still hold something that can be opened; then the keys are rolled."""
_LOOK_SECONDS: Final = 0.25


def act(do: Callable[[Office], Awaitable[Answer]], *, as_json: bool) -> None:
    """Does it at the running hub and says what came of it.

    Raises:
        StackFailure: nothing runs, or the hub refuses, in its own words.
    """
    say(at_office(do, Role.OPERATOR), as_json=as_json)


async def standing(office: Office) -> Answer:
    """How the keys stand."""
    found = await office(office.hub.keys.GetKeys, messages.GetKeysRequest())
    return Answer(_sentences(found), _as_dict(found))


async def roll_keys(office: Office, patience_seconds: float) -> Answer:
    """Has the keys rolled and waits for the end of it.

    Raises:
        StackFailure: nothing has got on for so long. The hub tries on; nothing was destroyed.
    """
    request = messages.RollKeysRequest(request_id=str(uuid4()))
    asked = (await office(office.hub.keys.RollKeys, request)).roll
    got_on_at, seen = time.monotonic(), ""
    with Bar(f"rolling the keys to epoch {asked.to_epoch}") as bar:
        while True:
            found = await _look(office)
            if found is not None:
                roll = found.last_roll
                if roll.to_epoch != asked.to_epoch or roll.HasField("destroyed_time"):
                    return Answer(_sentences(found), _as_dict(found))
                bar.show(roll.rewrapped, roll.keys if roll.HasField("keys") else None)
                if str(roll) != seen:
                    got_on_at, seen = time.monotonic(), str(roll)
                if roll.HasField("due_time") and roll.due_time.ToDatetime(UTC) > datetime.now(UTC):
                    got_on_at = time.monotonic()
            if time.monotonic() - got_on_at > patience_seconds:
                raise StackFailure(
                    f"The roll to epoch {asked.to_epoch} has not got on for {patience_seconds:.0f} s. Nothing"
                    " is lost and nothing was destroyed: intake goes on with it as soon as it can. ./kem logs"
                    " intake says what keeps it (docs/runbooks/keys.md), ./kem keys status how far it is."
                )
            await asyncio.sleep(_LOOK_SECONDS)


async def _look(office: Office) -> Any | None:
    """How the keys stand; None while intake is away, which ends no roll."""
    try:
        return await office(office.hub.keys.GetKeys, messages.GetKeysRequest())
    except Refused as refusal:
        if refusal.reason in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
            return None
        raise


def _sentences(found: Any) -> list[str]:
    said = [f"People's keys are wrapped in epoch {found.current_epoch}."]
    roll = found.last_roll
    if found.HasField("last_roll") and roll.HasField("destroyed_time"):
        said.append(
            f"The last roll ended at {athens(roll.destroyed_time.ToDatetime(UTC))}: the key before is"
            " destroyed. A backup from before opens nothing any more, and a copy of the keys from before"
            " opens nothing of today: make both anew now, if that was not done since."
        )
    elif found.HasField("last_roll"):
        said.append(f"A roll to epoch {roll.to_epoch} is under way: {_how_far(roll)}.")
    if found.waiting_erasures:
        since = found.waiting_since_time.ToDatetime(UTC)
        late = "" if datetime.now(UTC) - since < LONGEST_WAIT else f", more than {LONGEST_WAIT.days} days ago"
        said.append(
            f"{found.waiting_erasures} people were erased since, or something of them was destroyed as it was"
            f" due, the first at {athens(since)}{late}: backups from before can still be opened for them"
            " until ./kem keys roll."
        )
    else:
        said.append("No erasure waits for a roll.")
    return said


def _how_far(roll: Any) -> str:
    if not roll.HasField("keys"):
        return "it has not begun yet"
    if not roll.HasField("due_time"):
        return f"{roll.rewrapped:,} of {roll.keys:,} keys are wrapped anew"
    return f"every key is wrapped anew, the older epochs end at {athens(roll.due_time.ToDatetime(UTC))}"


def _as_dict(found: Any) -> dict[str, Any]:
    roll = found.last_roll
    return {
        "current_epoch": found.current_epoch,
        "last_roll": {
            "to_epoch": roll.to_epoch,
            "asked_time": _instant(roll, "asked_time"),
            "keys": roll.keys if roll.HasField("keys") else None,
            "rewrapped": roll.rewrapped,
            "due_time": _instant(roll, "due_time"),
            "destroyed_time": _instant(roll, "destroyed_time"),
        }
        if found.HasField("last_roll")
        else None,
        "waiting_erasures": found.waiting_erasures,
        "waiting_since_time": _instant(found, "waiting_since_time"),
    }


def _instant(message: Any, field: str) -> str | None:
    if not message.HasField(field):
        return None
    return str(getattr(message, field).ToDatetime(UTC).isoformat())
