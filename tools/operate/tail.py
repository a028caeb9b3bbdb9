"""`./kem events tail`: what goes over the broker, decoded, as it comes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kafka.errors import KafkaError
from rich.markup import escape

from chassis.events import IncomingEvent
from chassis.incoming import Malformed, Message, read_message
from chassis.plain_events import fact_of, plain_name
from chassis.topics import TOPICS
from tools.operate.decoding import decode, in_one_line, plain_id, plain_source
from tools.operate.reading import ends_of, places_of, reader_of
from tools.operate.running import broker_failed
from tools.stack.failure import StackFailure
from tools.trace.story import athens

_POLL_MILLISECONDS: Final = 200

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it lies in a topic; `event` is None where it is not one of ours."""

    topic: str
    partition: int
    offset: int
    bytes: int
    event: IncomingEvent | None
    envelope: dict[str, Any] | None

    @property
    def event_time(self) -> datetime | None:
        return self.event.event_time if self.event else None

    def as_json(self) -> dict[str, Any]:
        """One line of `--json`; whatever is not an id, a code, a number or a time is withheld."""
        event, fact = self.event, fact_of(self.topic, self.envelope)
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "source": plain_source(event.source) if event else None,
            "position": event.position if event else None,
            "event_id": event.event_id if event else None,
            "event_time": event.event_time if event else None,
            "key": plain_id(event.key) if event else None,
            "type": plain_name(event.type) if event else None,
            "fact": fact[0] if fact else None,
            "envelope": self.envelope,
            "bytes": self.bytes,
        }

    def line(self) -> str:
        """One line for people, with rich's marks."""
        place = f"{self.topic}/{self.partition}"
        if self.event is None:
            return f"[yellow]{place} at offset {self.offset}: {self.bytes} bytes that are not one of ours[/]"
        fact = fact_of(self.topic, self.envelope)
        says = in_one_line(fact[1]) if fact else "newer than this version, or not readable"
        return (
            f"[cyan]{athens(self.event.event_time)}[/]  [bold]{escape(plain_name(self.event.type))}[/]"
            f"  {escape(says)} [dim]{place} · {plain_source(self.event.source)} {self.event.position}"
            f" · {self.event.event_id}[/]"
        )


def tail(bootstrap: str, topic: str | None, say: Say) -> Iterator[Heard]:
    """Whatever comes from now on, for as long as it is asked for; a lost broker is waited for.

    Raises:
        StackFailure: there is no such topic, or the broker does not answer at first.
    """
    if topic is not None and topic not in TOPICS:
        raise StackFailure(f"There is no topic {topic!r}; there are: {', '.join(TOPICS)}.", 2)
    try:
        with reader_of(bootstrap) as consumer:
            places = places_of([topic] if topic else TOPICS)
            consumer.assign(places)
            for place, end in ends_of(consumer, places).items():
                consumer.seek(place, end)
            say(f"Listening to {topic or 'every topic'}; Ctrl-C ends it.")
            while True:
                for found in consumer.poll(timeout_ms=_POLL_MILLISECONDS).values():
                    for record in found:
                        yield heard(_message(record))
                _begin_again_where_all_is_lost(consumer, places, say)
    except (KafkaError, OSError) as error:
        raise broker_failed(error) from None


def heard(message: Message) -> Heard:
    """The message, decoded as far as it is one of ours."""
    read = read_message(message)
    event = None if isinstance(read, Malformed) else read
    payload = message.value or b""
    envelope = decode(message.topic, payload) if event else None
    return Heard(message.topic, message.partition, message.offset, len(payload), event, envelope)


def _begin_again_where_all_is_lost(consumer: Any, places: Sequence[Any], say: Say) -> None:
    """A partition that ends before where we stand is another one: the broker has forgotten and was filled."""
    lost = [place for place in places if (consumer.highwater(place) or 0) < consumer.position(place)]
    if lost:
        say("The broker has lost what it held; what it is filled with again follows.")
        consumer.seek_to_beginning(*lost)


def _message(record: Any) -> Message:
    return Message(
        record.topic, record.partition, record.offset, record.key, record.value, record.headers or ()
    )
