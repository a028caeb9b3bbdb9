"""What may stand at a partner's address instead of a gRPC server, byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

_PREFACE: Final = 24
_HEADERS, _DATA, _SETTINGS = 1, 0, 4
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class OddServer:
    """Listens on a port of this machine, and counts who comes."""

    port: int = 0
    connections: int = 0


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[OddServer]:
    """Answers each connection in its own way."""
    server = OddServer()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    opened = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.port = opened.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        opened.close()
        opened.close_clients() if hasattr(opened, "close_clients") else None


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Listens to the whole call, then hangs up without a word."""
    await _whole_call(reader, writer)


def redirects_in_http_1(to_port: int) -> Answer:
    """A web server of the old kind that sends callers elsewhere."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_PREFACE)
        place = f"http://127.0.0.1:{to_port}/"
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        await reader.read()

    return answer


def redirects_in_http_2(http_status: int, to_port: int) -> Answer:
    """A proxy that speaks HTTP/2 and sends callers elsewhere."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = await _whole_call(reader, writer)
        headers = _field(":status", str(http_status)) + _field("location", f"http://127.0.0.1:{to_port}/")
        writer.write(_frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, headers))
        await writer.drain()
        await reader.read()

    return answer


async def _whole_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Reads one call to its end; answers the number of its stream."""
    await reader.readexactly(_PREFACE)
    writer.write(_frame(_SETTINGS, 0, 0, b""))
    while True:
        head = await reader.readexactly(9)
        await reader.readexactly(int.from_bytes(head[:3]))
        kind, flags = head[3], head[4]
        if kind == _SETTINGS and not flags & _ACK:
            writer.write(_frame(_SETTINGS, _ACK, 0, b""))
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            return int.from_bytes(head[5:9])


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """RFC 9113 § 4.1."""
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content


def _field(name: str, value: str) -> bytes:
    """RFC 7541 § 6.2.2: a literal without indexing, both texts short and plain."""
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
