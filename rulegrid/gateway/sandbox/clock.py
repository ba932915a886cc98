"""The clock that drives a sandbox."""

import asyncio

from rulegrid.exchange.ticks import TICKS
from rulegrid.gateway.sandbox.host import Host


async def keep_time(host: Host, slot_seconds: float) -> None:
    """Let tick after tick go by until the day is over.

    Each lasts until a fixed time, so that they do not drift. Time in which the machine stood still
    is not made up for.
    """
    loop = asyncio.get_running_loop()
    host.look_whether_time_goes_by()
    due = loop.time()
    while not host.is_over:
        if not host.moves.is_set():
            await host.moves.wait()
            due = loop.time()
        host.begin_tick()
        due = max(due + slot_seconds / TICKS, loop.time())
        await asyncio.sleep(due - loop.time())
        if not host.moves.is_set():
            await host.moves.wait()
            due = loop.time()
        host.end_tick()
