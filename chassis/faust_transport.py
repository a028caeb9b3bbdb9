"""Faust's Kafka driver with a fetch wait of our choosing.

Faust fixes the wait of a fetch at 1,500 ms and has no setting for it. The embedded broker does not wake a
waiting fetch when something arrives, so that wait would be most of the time from a need to its offer.
"""

from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport


class FetchWaitThread(AIOKafkaConsumerThread):
    """The thread in which Faust's consumer lives."""

    fetch_wait_milliseconds: ClassVar[int]

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.fetch_wait_milliseconds  # read when it starts
        return consumer


def transport_with(fetch_wait_milliseconds: int) -> type[Transport]:
    """A transport class whose fetches wait that long at most."""

    class Thread(FetchWaitThread):
        pass

    Thread.fetch_wait_milliseconds = fetch_wait_milliseconds

    class FetchWaitConsumer(Consumer):
        def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
            return Thread(self, loop=self.loop, beacon=self.beacon)

    class FetchWaitTransport(Transport):
        pass

    FetchWaitTransport.Consumer = FetchWaitConsumer
    return FetchWaitTransport
