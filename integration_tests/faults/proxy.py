"""A TCP proxy between a client and a broker, whose network a test makes slow, silent, lossy or absent."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any

_HOST = "127.0.0.1"
_CHUNK_BYTES = 16 * 1024
_CHUNKS = 64
_PAUSE = 0.01
_SECONDS = 10.0
# Closing with this option sends a reset instead of a polite end.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards the connections of one port to another while the block lasts. A fault is a value that a test sets."""

    def __init__(self, port: int, target: int) -> None:
        """Listen on `port` of this machine, 0 for any, and forward to `target`."""
        self.port = port
        self.latency = 0.0
        """Seconds by which each direction is late."""
        self.bytes_per_second = float("inf")
        """What the connection to the broker carries, all connections together."""
        self.silent = False
        """A black hole: nothing is forwarded in either direction, and no connection is closed."""
        self.loses_answers = False
        """What the broker answers is thrown away."""
        self.cut_after: int | None = None
        """Reset the connections after so many more bytes towards the broker, once."""
        self._target = target
        self._free_at = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._resetting: asyncio.Task[None] | None = None

    def __enter__(self) -> Proxy:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def up(self) -> None:
        """Listen, again after `down`."""
        self._do(self._listen())

    def down(self) -> None:
        """Refuse connections, and reset those that there are."""
        self._do(self._close())

    def reset(self) -> None:
        """Reset all connections. New ones are taken."""
        self._do(self._reset())

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._writers) // 2

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()

    async def _end(self) -> None:
        await self._close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reset(self) -> None:
        # Others may come in while these go.
        there = set(self._writers)
        for writer in there:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        while there & self._writers:
            await asyncio.sleep(_PAUSE)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker_reader, broker_writer = await asyncio.open_connection(_HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, broker_writer}
        self._writers |= ends
        try:
            await asyncio.gather(
                self._forward(reader, broker_writer, to_broker=True),
                self._forward(broker_reader, writer, to_broker=False),
            )
        except OSError:
            pass
        finally:
            for end in ends:
                end.transport.abort()
            self._writers -= ends

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_broker: bool) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS)
        delivering = asyncio.create_task(self._deliver(late, writer, to_broker=to_broker))
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                await late.put((self._loop.time() + self.latency, chunk))
            raise ConnectionResetError("one end left")
        finally:
            delivering.cancel()

    async def _deliver(
        self, late: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, *, to_broker: bool
    ) -> None:
        while True:
            due, chunk = await late.get()
            await asyncio.sleep(due - self._loop.time())
            while self.silent:
                await asyncio.sleep(_PAUSE)
            if to_broker:
                await self._carry(len(chunk))
                if self._is_cut(len(chunk)):
                    # Not awaited: what is reset includes this connection.
                    self._resetting = asyncio.create_task(self._reset())
                    return
            elif self.loses_answers:
                continue
            writer.write(chunk)
            await writer.drain()

    async def _carry(self, size: int) -> None:
        now = self._loop.time()
        self._free_at = max(self._free_at, now) + size / self.bytes_per_second
        await asyncio.sleep(self._free_at - now)

    def _is_cut(self, size: int) -> bool:
        if self.cut_after is None:
            return False
        self.cut_after -= size
        if self.cut_after > 0:
            return False
        self.cut_after = None
        return True
