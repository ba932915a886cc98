"""What a run does when its journal cannot be written."""

from collections.abc import Callable
from typing import Literal

from rulegrid.exchange.effects import Effect, Send
from rulegrid.gateway.journal.files import JournalError
from rulegrid.gateway.journal.writing import Journal

OnError = Literal["hold", "continue"]


class Bookkeeper:
    """Keeps the journal of a run, and says what may be sent.

    Nothing that it is told ever fails. What cannot be written is an alarm, at least once a slot,
    and with `hold` no fee is sent until it works again.
    """

    def __init__(self, journal: Journal, on_error: OnError, alarm: Callable[[str], None]) -> None:
        self._journal = journal
        self._on_error = on_error
        self._alarm = alarm
        if journal.torn:
            alarm(f"half a record at the end of the journal was set aside into {journal.torn}")

    def __call__(self, effect: Effect) -> None:
        """Keep what an effect tells; of a `Send` nothing."""
        is_known = self._journal.is_failing
        error = self._error_of(lambda: self._journal(effect))
        if error and not is_known:
            self._alarm(error)

    def intend(self, send: Send) -> bool:
        """Write down what is about to be sent; whether it may be.

        What is sent again may be, where its intent is in the journal already.
        """
        if send.cycle is None:
            return True
        is_known = send.again and send.transaction == self._journal.intended
        goes_out = is_known or self._on_error == "continue"
        error = self._error_of(lambda: self._journal.intend(send, keep=goes_out))
        if error:
            self._alarm(f"{error}{'' if goes_out else ': no fees are sent'}")
        return goes_out or not error

    def end(self, why: str) -> None:
        """Write down why the run ends, unless the conversation has told it already."""
        error = self._error_of(lambda: self._journal.end(why))
        if error:
            self._alarm(error)

    def _error_of(self, write: Callable[[], None]) -> str:
        """Why something could not be written, or an empty text."""
        was_failing = self._journal.is_failing
        try:
            write()
        except JournalError as error:
            return str(error)
        if was_failing and not self._journal.is_failing:
            self._alarm("the journal can be written again")
        return ""
