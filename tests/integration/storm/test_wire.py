"""The wire carries everything while it is whole, and each way of cutting it is what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from tests.integration.chassis.waiting import until
from tools.storm.wire import Wire


class Echo:
    """Answers whatever it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(1024):
                self.heard += chunk
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.ended += 1
            writer.close()


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[tuple[Echo, Wire]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    wire = Wire(lambda: f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await wire.open()
    yield echo, wire
    await wire.close()
    server.close()


@asynccontextmanager
async def client(wire: Wire) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the connection has ended, by an end or by a break."""
    try:
        return await asyncio.wait_for(reader.read(1), 10) == b""
    except ConnectionError:
        return True


async def is_silent(reader: asyncio.StreamReader) -> bool:
    """Whether nothing arrives for a moment, and the connection stays."""
    try:
        await asyncio.wait_for(reader.read(1), 0.2)
    except TimeoutError:
        return True
    return False


async def test_a_whole_wire_carries_everything_both_ways(echo: tuple[Echo, Wire]) -> None:
    _, wire = echo
    async with client(wire) as (reader, writer):
        sent = bytes(range(256)) * 4000
        writer.write(sent)
        assert await asyncio.wait_for(reader.readexactly(len(sent)), 10) == sent


async def test_a_cut_wire_ends_both_sides_and_refuses_until_it_is_mended(echo: tuple[Echo, Wire]) -> None:
    far, wire = echo
    async with client(wire) as (reader, writer):
        writer.write(b"a")
        await reader.readexactly(1)
        wire.cut()
        assert await ended(reader)
        await until(lambda: far.ended == 1)
    async with client(wire) as (reader, _):
        assert await ended(reader)
        assert wire.refused == 1
    wire.mend()
    async with client(wire) as (reader, writer):
        writer.write(b"b")
        assert await asyncio.wait_for(reader.readexactly(1), 10) == b"b"


async def test_a_stalled_wire_tells_neither_side_and_goes_on_after_it_is_mended(
    echo: tuple[Echo, Wire],
) -> None:
    far, wire = echo
    async with client(wire) as (reader, writer):
        wire.stall()
        writer.write(b"a")
        assert await is_silent(reader)
        assert (far.heard, far.ended) == (b"", 0)
        wire.mend()
        assert await asyncio.wait_for(reader.readexactly(1), 10) == b"a"


async def test_an_answer_is_lost_although_what_was_asked_has_arrived(echo: tuple[Echo, Wire]) -> None:
    far, wire = echo
    async with client(wire) as (reader, writer):
        wire.lose_answers_to(b"commit")
        writer.write(b"begin")
        assert await asyncio.wait_for(reader.readexactly(5), 10) == b"begin"
        writer.write(b"commit")
        await until(lambda: far.heard == b"begincommit")
        assert await is_silent(reader)
        wire.snap()
        assert await ended(reader)
    async with client(wire) as (reader, writer):
        writer.write(b"b")
        assert await asyncio.wait_for(reader.readexactly(1), 10) == b"b"


async def test_a_wire_is_cut_in_the_middle_of_an_answer(echo: tuple[Echo, Wire]) -> None:
    far, wire = echo
    async with client(wire) as (reader, writer):
        wire.cut_after(3)
        writer.write(b"answer")
        assert await asyncio.wait_for(reader.readexactly(3), 10) == b"ans"
        assert await ended(reader)
        assert far.heard == b"answer"


async def test_a_wire_is_cut_in_the_middle_of_a_request(echo: tuple[Echo, Wire]) -> None:
    far, wire = echo
    async with client(wire) as (reader, writer):
        wire.cut_after(3, of_requests=True)
        writer.write(b"request")
        assert await ended(reader)
        assert (far.heard, wire.torn) == (b"req", 1)


async def test_a_slow_wire_brings_everything_later(echo: tuple[Echo, Wire]) -> None:
    _, wire = echo
    async with client(wire) as (reader, writer):
        wire.delay_seconds = 0.3
        writer.write(b"a")
        assert await is_silent(reader)
        assert await asyncio.wait_for(reader.readexactly(1), 10) == b"a"
        wire.mend()
        assert wire.delay_seconds == 0


async def test_nobody_at_the_far_end_is_an_ended_connection(echo: tuple[Echo, Wire]) -> None:
    wire = Wire(lambda: "127.0.0.1:9")
    await wire.open()
    async with client(wire) as (reader, _):
        assert await ended(reader)
    await wire.close()
