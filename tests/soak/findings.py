"""What a soak has shown."""

from dataclasses import dataclass
from typing import Any, Self

import msgspec

from rulegrid.gateway.journal import verify
from tests.soak.trial import Trial


@dataclass(frozen=True, slots=True)
class Findings:
    """All of these must be nothing."""

    older_after_newer: int
    differing_duplicates: list[str]
    unexplained_misses: list[str]
    unhealed: list[str]
    journal: str
    """What is wrong with it."""

    @classmethod
    def of(cls, trial: Trial) -> Self:
        stage = trial.stage
        # All goes on meanwhile: first what was said is taken down, then the journal that knows it.
        announced = sorted(stage.tap.heard.events)
        seen = (list(stage.tap.heard.batches), list(stage.sniffer.batches))
        path = stage.folder / "journal.jsonl"
        journal = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
        return cls(
            sum(_older_after_newer(journal, batches) for batches in seen),
            [told for batches in seen for told in _differing(journal, batches)],
            _unexplained(journal, announced),
            trial.unhealed,
            verify(path).fault,
        )

    @property
    def are_bad(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    def table(self, trial: Trial) -> str:
        """What is found, and what was measured."""
        begin, end = (f"{trial.memory[at] / 1e6:.1f}" for at in (0, -1))
        first, last = trial.handles[0], trial.handles[-1]
        rows = {
            "older slots after newer": self.older_after_newer,
            "differing duplicates": len(self.differing_duplicates),
            "unexplained misses": len(self.unexplained_misses),
            "not healed by the next event": len(self.unhealed),
            "faults of the journal": self.journal or 0,
            "memory of the agent, MB": f"{begin} at the start, {end} at the end",
            "its handles": f"{first} at the start, {last} at the end",
            "batches that left the agent": f"{len(trial.stage.sniffer.batches):,}",
            "slots by outcome": _outcomes(trial),
        }
        lines = [f"{name:30} {told}" for name, told in rows.items()]
        faults = [f"  {times:4}  {name}" for name, times in sorted(trial.faults.items())]
        return "\n".join(
            [
                *faults,
                *lines,
                *self.differing_duplicates,
                *self.unhealed,
                *self.unexplained_misses,
            ]
        )


def _outcomes(trial: Trial) -> str:
    told: dict[str, int] = {}
    for agent in trial.stage.agents:
        for record in agent.records:
            told[record["status"]] = told.get(record["status"], 0) + 1
    return ", ".join(f"{count:,} {status}" for status, count in sorted(told.items()))


Batches = list[tuple[str, dict[str, float]]]


def _older_after_newer(journal: list[dict[str, Any]], batches: Batches) -> int:
    """Batches whose slot is older than that of one before them."""
    slots = {r["transaction"]: r["slot"] for r in journal if r["kind"] == "intent"}
    newest, count = "", 0
    for transaction, _ in batches:
        slot = slots.get(transaction, newest)
        count += slot < newest
        newest = max(newest, slot)
    return count


def _differing(journal: list[dict[str, Any]], batches: Batches) -> list[str]:
    """Batches that are not what was first intended, or a part of it."""
    first: dict[str, dict[str, Any]] = {}
    for record in journal:
        if record["kind"] == "intent":
            first.setdefault(record["transaction"], record["fees"])
    return [
        f"differs: {sent}: {sorted(fees.items() - first.get(sent, {}).items())[:3]} "
        f"of {len(fees)}, intended {len(first.get(sent, {}))}"
        for sent, fees in batches
        if not fees.items() <= first.get(sent, {}).items()
    ]


def _unexplained(journal: list[dict[str, Any]], announced: list[str]) -> list[str]:
    """Slots that were announced, and of which the journal has no word, or no reason."""
    told: dict[str, bool] = {}
    for record in journal:
        if record["kind"] == "intent":
            told.setdefault(record["slot"], True)
        elif record["kind"] == "cycle":
            is_fine = record["status"] == "sent" or bool(record.get("why"))
            told[record["slot"]] = told.get(record["slot"], False) or is_fine
    first, last = min(told), max(told)
    return [s for s in announced if first <= s <= last and not told.get(s)]
