"""A real broker for tests: the embedded one, on a free port, one a session."""

from collections.abc import Callable, Iterator

import pytest

from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.topics import create_topics


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this session with every topic of the product; its `bootstrap` is its address."""
    started = Broker(free_port(), tmp_path_factory.mktemp("broker") / "broker.log")
    started.start()
    try:
        create_topics(started.bootstrap)
        yield started
    finally:
        started.stop()


@pytest.fixture
def fresh_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Broker]]:
    """Starts brokers that one test may stop, empty and start again; topics are made."""
    started: list[Broker] = []

    def start() -> Broker:
        one = Broker(free_port(), tmp_path_factory.mktemp("broker") / "broker.log")
        one.start()
        started.append(one)
        create_topics(one.bootstrap)
        return one

    yield start
    for one in started:
        one.stop()
