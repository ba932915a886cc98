"""The documented interface of the exchange, for operators who write code instead of a rulebook.

A thin door: it passes messages on as they are. The rulebook agent does not use it.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from rulegrid.diagnostics import did_you_mean
from rulegrid.exchange.messages import Wire, batch_command
from rulegrid.exchange.messages.kinds import Unreadable
from rulegrid.exchange.messages.raw import RawMessage, checked_commands, markets_in, read_raw
from rulegrid.gateway.link import Link, LinkChange
from rulegrid.gateway.links import live_link
from rulegrid.gateway.replay import SCHEME, open_replay
from rulegrid.gateway.settings import read_settings
from rulegrid.grid import AreaId

ANSWER_SECONDS = 10.0
"""How long a batch waits for its answer: an exchange takes up to two ticks, a fifth of a slot."""

EVENTS_WITHOUT_ANSWER = 2
"""Market events after which an answer will not come: a batch is executed within two ticks."""


AREAS_NAMED = 3
"""How many areas of a batch an error names."""


class NoAnswerError(TimeoutError):
    """A batch was sent and not answered. What it commands may have been done all the same."""


class GridOperator:
    """An agent of your own: override `on_market_cycle`, send fees with `batch_command`, `run`.

    `exchange` is a `Link`, or the address of an exchange or a replay; how a running exchange is
    reached is read from the environment. The areas that can be set are selected before the first
    event is passed on; on Redis that event is what tells which there are.
    """

    def __init__(self, exchange: Link | str = "replay:") -> None:
        self._link = _link(exchange) if isinstance(exchange, str) else exchange
        self._waiting: deque[RawMessage] = deque()
        self.areas: Mapping[AreaId, str] = self._link.open(self.is_wanted).areas
        """The areas that can be set: names by uuid."""
        self._markets: Mapping[AreaId, str] = {}
        self.unreadable = 0
        """How many messages could not be read."""

    def is_wanted(self, name: str) -> bool:
        """Whether to control the areas of a name: all of them, unless you override it."""
        del name
        return True

    def on_market_cycle(self, market_info: dict[str, Any]) -> None:
        """Called for each market event, with the message as the exchange sent it."""

    def on_market_slot(self, market_info: dict[str, Any]) -> None:
        """Today's name of `on_market_cycle`; override either."""
        self.on_market_cycle(market_info)

    def on_finish(self, finish_info: dict[str, Any]) -> None:
        """Called once, when the exchange has ended its run."""

    def run(self) -> None:
        """Follow the exchange until it finishes.

        An exception in one of your methods ends the run, with the market slot noted on it.
        """
        try:
            while (message := self._next()) is not None and message.kind != "finish":
                if message.kind == "market":
                    self._claim(markets_in(message.body))
                    self._call(self.on_market_slot, message)
            if message is not None:
                self._call(self.on_finish, message)
        finally:
            self._link.close()

    def batch_command(
        self, batch_commands: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> dict[str, Any]:
        """Send a batch and wait for its answer: the message as the exchange sent it.

        Events that come meanwhile are kept for later. Raises `NoAnswerError` when no answer comes,
        and `ValueError` for a batch that an exchange would die of, refuse or never answer.
        """
        commands = checked_commands(batch_commands, self._link.wire)
        transaction = str(uuid4())
        self._link.send(batch_command(self._link.aggregator, transaction, commands))
        deadline = time.monotonic() + ANSWER_SECONDS
        events = 0
        while events < EVENTS_WITHOUT_ANSWER:
            message = self._receive(max(0.0, deadline - time.monotonic()))
            if message is None:
                break
            if message.kind == "answer" and message.transaction == transaction:
                return message.body
            if message.kind in {"market", "finish"}:
                self._waiting.append(message)
                events += 1 if message.kind == "market" else EVENTS_WITHOUT_ANSWER
        raise NoAnswerError(
            f"no answer to the batch for {self._named(commands)}: an exchange does not answer for "
            "areas that it does not know or that nobody has selected"
        )

    def area_uuid(self, name: str) -> AreaId:
        """The uuid of the area of a name. Raises `LookupError` unless there is exactly one."""
        found = [area for area, known in self.areas.items() if known == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"{len(found)} areas are called {name!r}: {', '.join(found)}")
        hint = did_you_mean(name, self.areas.values())
        raise LookupError(f"there is no area {name!r}" + (f", {hint}" if hint else ""))

    def _claim(self, markets: Mapping[AreaId, str]) -> None:
        """Select the wanted markets of an event, where they are not those of the one before."""
        if markets != self._markets:
            self._markets = markets
            wanted = [area for area, name in markets.items() if self.is_wanted(name)]
            self.areas = self._link.select(wanted).areas

    def _next(self) -> RawMessage | None:
        return self._waiting.popleft() if self._waiting else self._receive(None)

    def _receive(self, timeout: float | None) -> RawMessage | None:
        """The next message; one that cannot be read is counted and of no kind."""
        payload = self._link.receive(timeout)
        if payload is None:
            return None
        if isinstance(payload, LinkChange):
            return RawMessage("other", {})
        message = read_raw(payload)
        if isinstance(message, Unreadable):
            self.unreadable += 1
            return RawMessage("other", {})
        return message

    def _named(self, commands: Mapping[AreaId, Any]) -> str:
        """The areas of a batch as a person knows them, the first few."""
        names = [self.areas.get(area, area) for area in commands]
        more = f" and {len(names) - AREAS_NAMED} more" if len(names) > AREAS_NAMED else ""
        return ", ".join(names[:AREAS_NAMED]) + more

    def _call(self, method: Callable[[dict[str, Any]], None], message: RawMessage) -> None:
        """Call a method of the operator; an exception gets a note of where the run stood."""
        try:
            method(message.body)
        except Exception as error:
            where = f"market slot {message.slot}" if message.slot else "the end of the run"
            error.add_note(f"raised by {type(self).__name__} for {where}")
            raise


def _link(url: str) -> Link:
    if not url.startswith(SCHEME):
        return live_link(url, Wire(), settings=read_settings({}, os.environ))
    link, findings = open_replay(url, Wire())
    if link is None:
        raise ValueError("; ".join(finding.message for finding in findings))
    return link
