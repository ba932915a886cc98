"""Serving a sandbox from its start to its end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from rulegrid.exchange.faults import Faults
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.playlist import Playlist
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.gateway.logs import Logger
from rulegrid.gateway.sandbox.clock import keep_time
from rulegrid.gateway.sandbox.host import Host
from rulegrid.gateway.sandbox.state import StateFile

Address = tuple[str, int]
"""A name or number, and a port; 0 is any free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a sandbox is to be served."""

    playlist: Playlist
    wire: Wire
    listen: Address | None = None
    """Where the web server listens."""
    redis: str | None = None
    """The URL of a Redis that nobody else's exchange uses."""
    login: tuple[str, str] | None = None
    slot_seconds: float = 1.0
    token_seconds: float = 48 * 3600.0
    faults: Mapping[str, float]
    seed: int = 0
    state: str | None = None
    waits: bool = False
    """Whether time stands still until a client controls a market and listens."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how a sandbox fares."""

    log: Logger
    on_start: Callable[[Host, Address | None], None]
    """It serves from now on, at this address."""
    on_slot: Callable[[Host], None]
    """A slot has ended."""


def serve(plan: Plan, watcher: Watcher) -> Host:
    """Serve until the day is over or a signal comes; how it went is in the host.

    Raises `SandboxError` where it cannot begin or go on.
    """
    return asyncio.run(_serve(plan, watcher))


async def _serve(plan: Plan, watcher: Watcher) -> Host:
    host = _host(plan, watcher.log)
    host.on_slot = lambda: watcher.on_slot(host)
    async with AsyncExitStack() as closing:
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(_signal().wait())]
        address = None
        if plan.redis is not None:
            tasks += await closing.enter_async_context(_redis(plan.redis, host))
        if plan.listen is not None:
            address = await closing.enter_async_context(_web(plan, plan.listen, host))
        watcher.on_start(host, address)
        tasks.append(asyncio.create_task(keep_time(host, plan.slot_seconds)))
        closing.push_async_callback(_cancel, tasks)
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    if host.is_over and host.state is not None:
        host.state.forget()
    return host


def _host(plan: Plan, log: Logger) -> Host:
    day = plan.playlist.day
    state = StateFile(plan.state, day) if plan.state else None
    memory = state.restored() if state else None
    exchange = RecordedExchange(day, plan.wire, plan.playlist, memory)
    host = Host(exchange, Faults(plan.faults, plan.seed), plan.slot_seconds, log)
    host.state = state
    host.waits = plan.waits
    return host


@asynccontextmanager
async def _redis(url: str, host: Host) -> AsyncIterator[list[asyncio.Task[Any]]]:
    from rulegrid.gateway.sandbox.bus import Bus  # noqa: PLC0415 - redis is an extra

    bus = Bus(url, host)
    try:
        ears = await bus.start()
        host.outlets.append(bus)
        yield bus.tasks(ears)
    finally:
        await bus.stop()


@asynccontextmanager
async def _web(plan: Plan, listen: Address, host: Host) -> AsyncIterator[Address]:
    from rulegrid.gateway.sandbox.tokens import Tokens  # noqa: PLC0415 - only for the web
    from rulegrid.gateway.sandbox.web import WebServer  # noqa: PLC0415 - aiohttp is an extra

    tokens = Tokens(plan.token_seconds)
    server = WebServer(host, plan.playlist.day.slots[0].payload, tokens, plan.login)
    host.on_expiry = tokens.expire_all
    host.outlets.append(server)
    try:
        yield await server.start(*listen)
    finally:
        await server.stop()


def _signal() -> asyncio.Event:
    """Set by Ctrl-C or a polite end."""
    signalled = asyncio.Event()
    with suppress(NotImplementedError):  # Windows knows no handlers: there Ctrl-C interrupts
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, signalled.set)
    return signalled


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
