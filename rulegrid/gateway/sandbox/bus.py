"""The Redis wire of a sandbox."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from rulegrid.exchange.messages import Wire, channels, controls
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.sandbox.host import Heard, Host
from rulegrid.gateway.sandbox.simulation import without_secrets
from rulegrid.gateway.sandbox.state import SandboxError

NAME = "rulegrid-sandbox"
"""The name of our own connections."""

HEARTBEAT_SECONDS = 5.0
CONNECT_SECONDS = 3.0
AGAIN_SECONDS = 0.2
"""After so long a lost connection is made again."""

CLOSING_SECONDS = 0.5
MOST_WAITING = 10_000

_LOST = (RedisError, OSError, TimeoutError)


class Bus:
    """Hears and says what the exchange does on the channels of Redis. It is an outlet of the host.

    A connection that is lost is made again; what is said meanwhile is lost, as Redis keeps
    nothing. A real exchange would hear no command any more.
    """

    def __init__(self, url: str, host: Host) -> None:
        self._host = host
        self._redis = Redis.from_url(
            url,
            protocol=2,
            client_name=NAME,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a lost reply must not say everything twice
        )
        self._place = without_secrets(url)
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._waiting: list[Said] = []
        self._is_cut = False
        self._wake = asyncio.Event()
        self._speaking = asyncio.Lock()

    async def start(self) -> PubSub:
        """Connect and listen to all channels. Raises `SandboxError`."""
        try:
            return await self._subscribed()
        except _LOST as error:
            reason = str(error) or type(error).__name__
            raise SandboxError(f"{self._place} cannot be reached: {reason}") from None

    def tasks(self, ears: PubSub) -> list[asyncio.Task[None]]:
        """Hearing and speaking, until they are cancelled."""
        work = (self._listen(ears), self._hear(), self._speak(), self._beat())
        return [asyncio.create_task(each) for each in work]

    async def stop(self) -> None:
        """Say what still waits, and let go."""
        with suppress(*_LOST):
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._publish()
                await self._redis.aclose()

    def say(self, said: Sequence[Said]) -> None:
        """Publish it soon; where Redis does not take it, the oldest is lost."""
        self._waiting.extend(said)
        del self._waiting[:-MOST_WAITING]
        self._wake.set()

    def cut(self) -> None:
        """Cut every connection to this Redis but our own, soon."""
        self._is_cut = True
        self._wake.set()

    async def _subscribed(self) -> PubSub:
        ears = self._redis.pubsub(ignore_subscribe_messages=True)
        await ears.subscribe(*_channels(self._host.exchange.wire))
        await ears.psubscribe(*_patterns())
        return ears

    async def _listen(self, ears: PubSub) -> None:
        while True:
            try:
                while True:
                    message = await ears.get_message(timeout=None)
                    if message is not None:
                        channel = message["channel"].decode(errors="replace")
                        self._heard.put_nowait((channel, message["data"]))
            except _LOST:
                self._host.mishap("falls deaf: its connection to Redis was lost")
            ears = await self._subscribed_again()

    async def _hear(self) -> None:
        """Let the exchange hear all that is there at once: its state is then kept once."""
        while True:
            heard = [await self._heard.get()]
            while not self._heard.empty():
                heard.append(self._heard.get_nowait())
            self._host.hear(heard)

    async def _subscribed_again(self) -> PubSub:
        while True:
            try:
                return await self._subscribed()
            except _LOST:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _speak(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            with suppress(*_LOST):
                if self._is_cut:
                    self._is_cut = False
                    await self._cut_others()
                await asyncio.shield(self._publish())  # an end does not tear it in two

    async def _publish(self) -> None:
        async with self._speaking:
            waiting, self._waiting = self._waiting, []
            if waiting:
                pipeline = self._redis.pipeline(transaction=False)
                for said in waiting:
                    pipeline.publish(said.channel, said.payload)
                await pipeline.execute()

    async def _cut_others(self) -> None:
        for client in await self._redis.client_list():
            if client["name"] != NAME:
                await self._redis.client_kill_filter(_id=client["id"])

    async def _beat(self) -> None:
        """A sign of life every five seconds, paused or not, deaf or not."""
        while True:
            self.say([Said(channels.HEARTBEAT, controls.heartbeat(int(time.time())))])
            await asyncio.sleep(HEARTBEAT_SECONDS)


def _channels(wire: Wire) -> Iterator[str]:
    yield from (channels.BATCHES, channels.AREA_MAP, channels.aggregator_commands(wire))
    yield from (f"/{control}" for control in channels.CONTROLS)


def _patterns() -> Iterator[str]:
    """The channels of all markets."""
    for ending in (
        channels.REGISTER,
        channels.UNREGISTER,
        channels.GRID_FEES,
        channels.STATISTICS,
    ):
        yield f"*{ending}"
