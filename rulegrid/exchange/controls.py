"""The operator's controls of an exchange: pause, resume, stop."""

from rulegrid.exchange.messages.controls import control, control_answer
from rulegrid.exchange.registrations import Said


class Controls:
    """Whether an exchange stands still or has been told to end."""

    def __init__(self) -> None:
        self.is_paused = False
        self.is_stopped = False

    def hear(self, channel: str, payload: bytes) -> tuple[Said, ...] | None:
        """Obey and answer, or None where the channel is no control. Raises `DeafeningError`."""
        command = control(channel)
        if not command:
            return None
        answer = Said(*control_answer(command, payload))
        self.is_stopped = self.is_stopped or command == "stop"
        if command != "stop":
            self.is_paused = command == "pause"
        return (answer,)
