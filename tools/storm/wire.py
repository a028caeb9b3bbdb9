"""A stretch of network between two parts on this machine, which can be cut: a TCP proxy, and nothing else.

What travels is not looked at. Real connections break, so what a part does about it is what it would do.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

_CHUNK_BYTES: Final = 65_536


class Wire:
    """Listens on 127.0.0.1 from `open` to `close` and connects each client to where `target` is by then.

    Args:
        target: answers host:port, anew for each connection.
    """

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._passing = asyncio.Event()
        self._passing.set()
        self._unanswered: bytes | None = None
        self._bytes_to_cut: int | None = None
        self._are_requests_cut = False
        self.delay_seconds = 0.0
        """How much later everything arrives."""
        self.refused = 0
        """How many connections were asked for while the wire was cut."""
        self.torn = 0
        """How often `cut_after` has cut."""

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None  # noqa: S101  it is open
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def open(self, port: int = 0) -> None:
        """Listens; on any free port unless one is given."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port)

    async def close(self) -> None:
        """Ends every connection and listens no more."""
        if self._server is not None:
            self._server.close()
        self._abort_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Both ends lose every connection at once; nobody gets through until `mend`."""
        self._is_cut = True
        self.refused = 0
        self._abort_all()

    def snap(self) -> None:
        """Both ends lose every connection at once; new ones get through."""
        self._abort_all()

    def cut_after(self, number: int, *, of_requests: bool = False) -> None:
        """Passes so many bytes more of answers (or of requests), to the middle of whatever, then snaps."""
        self._bytes_to_cut, self._are_requests_cut = number, of_requests

    def stall(self) -> None:
        """Nothing arrives any more, and neither end is told: a half-open network. After `mend` it goes on."""
        self._passing.clear()

    def lose_answers_to(self, asked: bytes) -> None:
        """Whoever asks this (b"": anything) is heard, and answered no more on that connection until `snap`.

        The bytes are looked for within what arrives at once: a short request is never split here.
        """
        self._unanswered = asked

    def mend(self) -> None:
        """Everything passes at once again."""
        self._is_cut = False
        self._bytes_to_cut = None
        self.delay_seconds = 0.0
        self._passing.set()

    def _is_cut_now(self) -> bool:
        return self._is_cut

    def _abort_all(self) -> None:
        self._unanswered = None
        for pair in list(self._pairs):
            pair.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut_now():
            self.refused += 1
            writer.transport.abort()
            return
        host, _, port = self._target().rpartition(":")
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer, far_writer)
        self._pairs.add(pair)
        pumps = [
            asyncio.create_task(self._carry_requests(reader, far_writer, pair)),
            asyncio.create_task(self._carry_answers(far_reader, writer, pair)),
        ]
        self._tasks.update(pumps)
        try:
            if self._is_cut_now():  # it was cut while the far end was reached
                pair.abort()
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._tasks.difference_update(pumps)
            self._pairs.discard(pair)
            pair.close()

    async def _carry_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: "_Pair"
    ) -> None:
        async for chunk in self._arriving(reader):
            if self._unanswered is not None and self._unanswered in chunk:
                pair.is_answered = False
            await self._pass_on(chunk, writer, are_requests=True)

    async def _carry_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: "_Pair"
    ) -> None:
        async for chunk in self._arriving(reader):
            if pair.is_answered:
                await self._pass_on(chunk, writer, are_requests=False)

    async def _pass_on(self, chunk: bytes, writer: asyncio.StreamWriter, *, are_requests: bool) -> None:
        """Writes it, or as much of it as is still to pass before the cut."""
        left = self._bytes_to_cut if are_requests == self._are_requests_cut else None
        if left is not None:
            chunk = chunk[:left]
            self._bytes_to_cut = left - len(chunk)
        writer.write(chunk)
        await writer.drain()
        if left is not None and self._bytes_to_cut == 0:
            self._bytes_to_cut = None
            self.torn += 1
            self._abort_all()

    async def _arriving(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """What comes, as late as it does, until the connection ends in whatever way."""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                await self._passing.wait()
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                yield chunk


class _Pair:
    """The two connections of one client."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._ends = (near, far)
        self.is_answered = True

    def abort(self) -> None:
        """Neither end gets what is still under way."""
        for end in self._ends:
            end.transport.abort()

    def close(self) -> None:
        """Each end gets what is still under way, and then the end."""
        for end in self._ends:
            end.close()
