"""Golden bytes: how each event version looks on the wire, kept for ever in tests/unit/golden/<topic>/.

`<Fact>.<n>.binpb` is the n-th shape of a fact. A released file is never changed and never deleted: what was
once written must be readable for as long as an event log lives. A new shape gets the next number:
`KEM_WRITE_GOLDEN=1 ./kem test unit` writes files that are missing and touches none that is there.
"""

import os
from pathlib import Path

from google.protobuf.message import Message

from chassis.events import OutgoingEvent

FOLDER = Path(__file__).resolve().parents[1] / "unit" / "golden"


def golden_bytes(event: OutgoingEvent, number: int = 1) -> bytes:
    """The kept bytes of this shape of the event."""
    file = FOLDER / event.topic / f"{event.type}.{number}.binpb"
    if os.environ.get("KEM_WRITE_GOLDEN") and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(event.payload)
    return file.read_bytes()


def kept_files(topic: str) -> list[Path]:
    """Every shape of every fact of a topic that was ever kept."""
    return sorted((FOLDER / topic).glob("*.binpb"))


def facts_of(envelope: type[Message]) -> set[str]:
    """Names of the facts that an envelope can carry."""
    oneof = envelope.DESCRIPTOR.oneofs_by_name["fact"]
    return {field.message_type.name for field in oneof.fields if field.message_type is not None}


def fact_in(envelope: type[Message], content: bytes) -> tuple[str, Message]:
    """The name of the fact in these bytes, and the whole envelope."""
    message = envelope.FromString(content)
    name = message.WhichOneof("fact")
    return type(getattr(message, str(name))).__name__, message
