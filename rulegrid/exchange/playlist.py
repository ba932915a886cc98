"""The slots of a recorded day in the order in which they are played, once or for ever."""

from dataclasses import dataclass, replace
from datetime import timedelta

from rulegrid.exchange.day import Day, RecordedSlot
from rulegrid.grid import MarketSlot

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Playlist:
    """Which recorded slot is the n-th to open, counted from 0.

    A day that is looped goes on with the next date. The first slot of a recording has no event,
    so that a full day lacks one: there the last one is shown again, and every time of day stays
    itself. A recording of another length goes on where it ends.
    """

    day: Day
    loop: bool = False
    slots: int | None = None
    """The run ends after so many; else after the recording, or never where it is looped."""

    def slot(self, number: int) -> RecordedSlot | None:
        """A slot with the time at which it is played; None before the first and after the last."""
        recorded = self.day.slots
        if number < 0 or (self.slots is not None and number >= self.slots):
            return None
        if not self.loop:
            return recorded[number] if number < len(recorded) else None
        turn, place = divmod(number, len(recorded) + self._repeats)
        is_repeat = place == len(recorded)
        shown = recorded[place - is_repeat]
        since = turn * self._turn + is_repeat * self.day.slot_length
        return replace(shown, slot=MarketSlot(shown.slot + since))

    @property
    def _span(self) -> timedelta:
        """From the first slot of the recording to the end of the last."""
        recorded = self.day.slots
        return recorded[-1].slot - recorded[0].slot + self.day.slot_length

    @property
    def _repeats(self) -> int:
        """How often the last slot is shown again before the recording begins anew."""
        return 1 if (self._span + self.day.slot_length) % _A_DAY == timedelta(0) else 0

    @property
    def _turn(self) -> timedelta:
        """From one beginning of the recording to the next."""
        return self._span + self._repeats * self.day.slot_length

    def __len__(self) -> int:
        """How many slots are played; of a loop without an end, how many in a turn."""
        recorded = len(self.day.slots)
        if self.loop:
            return recorded + self._repeats if self.slots is None else self.slots
        return recorded if self.slots is None else min(self.slots, recorded)
