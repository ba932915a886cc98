"""Recorded conversations held again: what was said to the exchange then is said to ours."""

import gzip
import json
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

from rulegrid.exchange.day import Day, read_day
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said

RECORDINGS = Path(__file__).parent.parent / "recordings"
TODAY = Wire()


class Difference(NamedTuple):
    """A place where our exchange said something else than the real one."""

    slot: str
    path: str
    ours: Any
    recorded: Any


def recorded(name: str, case: str = "") -> list[dict[str, Any]]:
    """The lines of a recording, or of one case of it."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        read = [json.loads(line) for line in lines]
    return [line for line in read if not case or line["case"] == case]


def day_of(lines: list[dict[str, Any]]) -> Day:
    """The day that recorded lines tell of."""
    day, findings = read_day(json.dumps(line).encode() for line in lines)
    assert day is not None
    assert findings == ()
    return day


def messages(name: str) -> list[dict[str, Any]]:
    """What the exchange said in a recording."""
    said = [line.get("data") for line in recorded(name)]
    return [
        each for each in said if isinstance(each, dict) and {"event", "responses"} & each.keys()
    ]


class Played:
    """A recorded conversation, held again line by line."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self.exchange = RecordedExchange(day_of(lines), TODAY)
        self.differences: list[Difference] = []
        self.answers = self.events = 0
        self._said: deque[Said] = deque()
        self._slot = ""
        for line in lines:
            self._line(line["channel"], line["data"])
        self.unasked = [*self._said, *self.exchange.tick()]

    def _line(self, channel: str, data: Any) -> None:
        if channel.endswith("/events/all"):
            self.events += 1
            self._slot = data.get("market_slot", "")
            self._expect(channel, data, self.exchange.open_slot)
        elif "response" in channel:
            self.answers += 1
            self._expect(channel, data, self.exchange.tick)
        else:
            payload = data if isinstance(data, str) else json.dumps(data)
            self._said.extend(self.exchange.hear(channel, payload.encode()))

    def _expect(self, channel: str, data: Any, otherwise: Any) -> None:
        """Find what was said on a channel; if nothing was, let the exchange go on."""
        if not any(said.channel == channel for said in self._said):
            self._said.extend(otherwise())
        said = next((said for said in self._said if said.channel == channel), None)
        if said is None:
            self.differences.append(Difference(self._slot, channel, None, data))
            return
        self._said.remove(said)
        self.differences.extend(self._compared("", json.loads(said.payload), data))

    def _compared(self, path: str, ours: Any, theirs: Any) -> list[Difference]:
        if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
            return [
                d for key in ours for d in self._compared(f"{path}/{key}", ours[key], theirs[key])
            ]
        if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
            pairs = enumerate(zip(ours, theirs, strict=True))
            return [d for i, (a, b) in pairs for d in self._compared(f"{path}/{i}", a, b)]
        same = ours == theirs and type(ours) is type(theirs)
        return [] if same else [Difference(self._slot, path, ours, theirs)]
