"""A line between a client and a server that a test may cut, tear or silence: TCP on 127.0.0.1."""

import asyncio
import contextlib
from typing import Final

_CHUNK: Final = 65_536


class Line:
    """Listens on `port` and speaks to `target`; what is lost is lost without a word to either side."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.loses_requests = False
        self.loses_answers = False
        self.tears_after: int | None = None
        """So many bytes of the next request go through; then its connection breaks."""
        self.torn = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int) -> None:
        """Listens."""
        self.port = port
        self._server = await asyncio.start_server(self._join, "127.0.0.1", port)

    async def stop(self) -> None:
        """Ends every connection and listens no more."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Breaks every connection that there is now."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._requests(reader, back), self._answers(there, writer))
        except OSError:
            pass
        finally:
            self._open -= {writer, back}
            for one in (writer, back):
                one.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            if self.loses_requests:
                continue
            if self.tears_after is not None:
                chunk, self.tears_after = chunk[: self.tears_after], None
                self.torn += 1
                writer.write(chunk)
                with contextlib.suppress(OSError):
                    await writer.drain()
                raise ConnectionResetError
            writer.write(chunk)
            await writer.drain()
        raise ConnectionResetError

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            if not self.loses_answers:
                writer.write(chunk)
                await writer.drain()
        raise ConnectionResetError
