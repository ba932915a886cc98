"""A Redis, a sandbox and an agent, and somebody who listens to all they say."""

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import monotonic, time
from typing import Any

import redis

from rulegrid.exchange.messages import Wire, channels
from rulegrid.gateway.link import Link
from rulegrid.gateway.links import live_link
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.settings import Settings
from rulegrid.gateway.waiting import Patience
from rulegrid.grid import read_slot
from tests.exchange.session_laws import Rhythm
from tests.faults.processes import Agent, Running, Start, until
from tests.faults.proxy import Proxy, Way
from tests.gateway.exchanges import RedisServer
from tests.gateway.web_exchange import PASSWORD, USERNAME
from tests.yardstick import pace

SLOT = 1 / 6
"""Seconds of a slot, on a machine that has nothing else to do."""

FLAT = """areas: {"*": {fee: "default(volume, 0 kWh) * 1 ct/kWh / 1 kWh"}}
limits: {decimals: 3, max: 1000}"""
"""Fees that differ in each slot and remember nothing."""

REMEMBERS = """areas: {"*": {fee: "average(default(volume, 0 kWh), 4 slots) * 1 ct/kWh / 1 kWh"}}
limits: {decimals: 3, max: 1000}"""
"""Fees that need the slots before."""

ASKS = """areas: {"*": {fee: "abs(import - export) * 1 ct/kWh / 1 kWh"}}
limits: {decimals: 3, max: 1000}"""
"""Fees that need statistics."""

LOGIN = {"API_CLIENT_USERNAME": USERNAME, "API_CLIENT_PASSWORD": PASSWORD}


@dataclass(slots=True)
class Heard:
    """All that was said on Redis, in order."""

    events: dict[str, dict[str, float | None]] = field(default_factory=dict)
    """By slot, the fees in force of all areas."""
    volumes: dict[str, dict[str, float]] = field(default_factory=dict)
    """By slot, what was traded in all areas in the slot before, in kWh."""
    batches: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Fees with their transaction."""
    channel: str = ""
    """Where the events are said."""
    told_at: dict[str, float] = field(default_factory=dict)
    """When each slot's event was heard, in Unix seconds."""


class Tap:
    """Listens on a Redis, and connects anew when it is gone."""

    def __init__(self, url: str) -> None:
        self.heard = Heard()
        self._url = url
        self._closing = Event()
        self._listening = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._listening.wait(10)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            with suppress(redis.RedisError):
                self._listen()
            self._closing.wait(0.01)

    def _listen(self) -> None:
        with redis.Redis.from_url(self._url, protocol=2).pubsub() as hearing:
            hearing.psubscribe("external-aggregator//*")
            while not self._closing.is_set():
                message = hearing.get_message(timeout=0.02)
                self._listening.set()
                if message and message["type"] == "pmessage":
                    self._take(message["channel"].decode(), message["data"])

    def _take(self, channel: str, payload: bytes) -> None:
        try:
            self._take_message(channel, json.loads(payload))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return  # garbage

    def _take_message(self, channel: str, said: dict[str, Any]) -> None:
        if channel == channels.BATCHES:
            self._batch(said)
        elif said["event"] == "market":
            fees = dict(_fees(said["grid_tree"]))
            if not fees:
                return  # garbage
            self.heard.channel = channel
            self.heard.told_at.setdefault(said["market_slot"], time())
            self.heard.events.setdefault(said["market_slot"], fees)
            volumes = dict(_volumes(said["grid_tree"]))
            self.heard.volumes.setdefault(said["market_slot"], volumes)

    def _batch(self, said: dict[str, Any]) -> None:
        fees = {
            area: listed[0]["data"]["fee_const"]
            for area, listed in said["batch_commands"].items()
            if listed[0]["type"] == "grid_fees"
        }
        if fees:
            self.heard.batches.append((said["transaction_id"], fees))


def _fees(tree: Mapping[str, Any]) -> Any:
    for area, node in tree.items():
        if node.get("children") is not None:
            yield area, node.get("current_market_fee")
            yield from _fees(node["children"])


def _volumes(tree: Mapping[str, Any]) -> Any:
    for area, node in tree.items():
        if node.get("children") is not None:
            trades = node.get("last_market_stats") or {}
            yield area, trades.get("total_traded_energy_kWh") or 0.0
            yield from _volumes(node["children"])


TRANSACTION = re.compile(rb'"transaction_id":"([^"]+)"')
FEE = re.compile(rb'"([^"]+)":\[{"type":"grid_fees","data":{"fee_const":([^}]+)}}')


class Sniffer:
    """Notes through a proxy when an agent got events and sent fees."""

    def __init__(self) -> None:
        self.events: dict[str, float] = {}
        """When each slot's event arrived."""
        self.batches: list[tuple[str, dict[str, float]]] = []
        """Fees with their transaction, in order."""
        self.left_at: list[float] = []
        """When each of them left."""

    def __call__(self, way: Way, piece: bytes) -> None:
        if way == "to_client":
            for slot in re.findall(rb'"market_slot":"([^"]+)"', piece):
                self.events.setdefault(slot.decode(), monotonic())
            return
        for command in piece.split(b'"type":"BATCHED"'):  # what had to wait goes out in one piece
            named = TRANSACTION.search(command)
            fees = {area.decode(): float(fee) for area, fee in FEE.findall(command)}
            if named and fees:
                self.batches.append((named[1].decode(), fees))
                self.left_at.append(monotonic())


def impatient_link(url: str, simulation: str = "") -> Link:
    """A link that gives up after a second or so what takes half a minute otherwise."""
    patience = Patience(answer=3, call=0.3, silence=0.8, ping=0.3, pong=0.3, ceiling=0.1)
    password = Secret(LOGIN["API_CLIENT_PASSWORD"])
    username = LOGIN["API_CLIENT_USERNAME"]
    settings = Settings(username=username, password=password, simulation=simulation)
    return live_link(url, Wire(), None, settings, patience)


class Stage:
    """A Redis, a sandbox on it, and what they say; agents come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pace = pace()
        """How many times as long as usual things take here and now."""
        self.slot = SLOT * self.pace
        """Seconds of a slot."""
        self.redis = RedisServer()
        self.tap = Tap(self.redis.url)
        self.sniffer = Sniffer()
        self.agents: list[Agent] = []
        self.tick = 0.0
        """Seconds of a tenth of a slot."""
        self._sandbox: Running | None = None
        self._ending = ExitStack()
        self._ending.callback(self.redis.kill)
        self._ending.callback(self.tap.close)

    def close(self) -> None:
        self._ending.close()

    def proxy(self, *, web: bool = False) -> Proxy:
        """A proxy before Redis or the web server of the sandbox; its first is sniffed at."""
        port = self.web_port if web else self.redis.port
        return self._ending.enter_context(Proxy(port, self.sniffer))

    def link(self, port: int, *, web: bool = False) -> Link:
        """A link of our own, that soon loses its patience."""
        if web:
            return impatient_link(f"http://127.0.0.1:{port}", self.simulation)
        return impatient_link(f"redis://127.0.0.1:{port}/0")

    def say(self, payload: bytes) -> None:
        """Say something on the channel of the events."""
        with self.redis.client() as client:
            client.publish(self.tap.heard.channel, payload)

    def another_redis(self) -> RedisServer:
        """A Redis with nobody on it."""
        server = RedisServer()
        self._ending.callback(server.kill)
        return server

    # The exchange

    @property
    def sandbox(self) -> Running:
        assert self._sandbox is not None
        return self._sandbox

    def open(self, *options: str, speed: float = 0.0) -> Running:
        """Start the sandbox; it waits for its first client, and goes on where it was."""
        speed = speed or 1 / self.slot
        self.tick = 0.1 / speed
        listen = "127.0.0.1:0" if self._sandbox is None else f"127.0.0.1:{self.web_port}"
        told = ("--redis", self.redis.url, "--listen", listen, "--speed", str(speed), "--wait")
        state = ("--state", str(self.folder / "sandbox.json"), "--log-format", "json")
        name = f"sandbox{len(list(self.folder.glob('sandbox*.out')))}"
        start = Start(("sandbox", *told, *state, *options), self.folder, name, {})
        self._sandbox = self._ending.enter_context(Running(start))
        until(lambda: "Ctrl-C" in "".join(self.sandbox.output), "the sandbox")
        return self.sandbox

    @property
    def web_port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", "\n".join(self.sandbox.output))
        assert found
        return int(found[1])

    @property
    def simulation(self) -> str:
        found = re.search(r"--simulation-id (\S+)", "\n".join(self.sandbox.output))
        assert found
        return found[1]

    # Agents

    def agent(
        self, rules: str, *options: str, port: int = 0, web: bool = False, harm: str = ""
    ) -> Agent:
        """Start an agent on Redis or the web, through another port where one is given."""
        name = f"agent{len(self.agents)}"
        rulebook = self._rulebook(rules)
        reached = self._web(port) if web else (f"redis://127.0.0.1:{port or self.redis.port}/0",)
        journal = ("--journal", str(self.folder / "journal.jsonl"))
        if "--journal" in options:
            journal = ()
        form = ("--format", "json", "--log-format", "json", "--wait", "10")
        told = ("run", str(rulebook), "--exchange", *reached, *journal, *form, *options)
        environment = {**LOGIN, "XDG_STATE_HOME": str(self.folder / "state")}
        start = Start(told, self.folder, name, environment, harm)
        self.agents.append(self._ending.enter_context(Agent(start)))
        return self.agents[-1]

    def _rulebook(self, rules: str) -> Path:
        rulebook = self.folder / "rules.yaml"
        rulebook.write_text(f"rulegrid: 1\nname: A test\n{rules}\n")
        return rulebook

    def _web(self, port: int) -> tuple[str, ...]:
        host = f"127.0.0.1:{port or self.web_port}"
        websocket = ("--websocket-url", f"ws://{host}/external-ws")
        return (f"http://{host}", "--simulation-id", self.simulation, *websocket)

    def rehearsed(self, rules: str, *options: str) -> None:
        """Run a rulebook on the recorded day itself."""
        told = ("run", str(self._rulebook(rules)), "--format", "json", *options)
        with Agent(Start(told, self.folder, "rehearsed", {})) as run:
            assert 0 == run.wait()

    # What must hold

    def records(self) -> dict[str, dict[str, Any]]:
        """What all agents have concluded, by slot."""
        return {r["slot"]: r for agent in self.agents for r in agent.records}

    def right_from(self, slot: str) -> bool:
        """Whether the fees decided in a slot are those in force in the next."""
        record = self.records()[slot]
        shown = self.tap.heard.events[record["applies_to"]]
        decided = {fee["uuid"]: fee["fee"] for fee in record["fees"] if fee["fee"] is not None}
        return bool(decided) and all(shown[area] == fee for area, fee in decided.items())

    def goes_on(self, slots: int) -> list[str]:
        """Wait until so many more slots have been announced; which they are."""
        known = set(self.tap.heard.events)
        until(lambda: len(self.tap.heard.events) >= len(known) + slots, "events")
        return sorted(set(self.tap.heard.events) - known)[:slots]

    def heals(self, slots: int = 2) -> None:
        """Once all is well: the next event is answered in its slot, and fees are right from then.

        Only a slot in which this machine was too busy to answer in time is passed over.
        """
        until(lambda: self.agents[-1].told("grid met"), "the first event of the newest agent")
        right = 0
        for _ in range(slots + 3):
            (slot,) = self.goes_on(1)
            after = until(lambda s=slot: self._slot_after(s), "the next event")
            record = until(lambda s=slot: self.records().get(s), "its conclusion")
            if not self._was_in_time(slot, after):
                continue
            assert "sent" == record["status"], slot
            assert self.right_from(slot), slot
            right += 1
            if right == slots:
                return
        raise AssertionError("this machine is too busy for these slots")

    def _slot_after(self, slot: str) -> str:
        return min((s for s in self.tap.heard.events if s > slot), default="")

    def _was_in_time(self, slot: str, after: str) -> bool:
        """Whether the fees of a slot were confirmed well before the next event.

        An answer that comes within a tick of it was executed too late.
        """
        lines = [line for each in self.agents for line in each.told("fees confirmed")]
        confirmed = {line["slot"]: line["timestamp"] for line in lines}
        if slot not in confirmed:
            return True
        at = datetime.fromisoformat(confirmed[slot]).timestamp()
        return at < self.tap.heard.told_at[after] - 1.5 * self.tick

    def sends_in_time(self) -> None:
        """Every batch that a proxy saw left its agent before its slot's deadline."""
        slots = {r["transaction"]: r["slot"] for a in self.agents for r in a.records}
        rhythm, deadlines = Rhythm(timedelta(minutes=15)), {}
        for slot, at in self.sniffer.events.items():
            rhythm.take(read_slot(slot), at)
            if rhythm.intervals:
                deadlines[slot] = at + 0.75 * median(rhythm.intervals)
        for (transaction, _), at in zip(self.sniffer.batches, self.sniffer.left_at, strict=True):
            slot = slots.get(transaction, "")
            assert at < deadlines.get(slot, inf) + 0.03, slot

    def holds_the_laws(self) -> None:
        """Never an older slot after a newer; never two different batches for one transaction."""
        slots = {r["transaction"]: r["slot"] for a in self.agents for r in a.records}
        for batches in (self.tap.heard.batches, self.sniffer.batches):
            known = [slots[transaction] for transaction, _ in batches if transaction in slots]
            assert sorted(known) == known, "an older slot after a newer"
            first: dict[str, dict[str, float]] = {}
            for transaction, fees in batches:
                whole = first.setdefault(transaction, fees)
                assert fees.items() <= whole.items(), "two different batches for one slot"
        for agent in self.agents:
            explained = {line["slot"] for line in agent.told("slot ") if line["reason"]}
            assert set(agent.slots("missed", "held")) <= explained
