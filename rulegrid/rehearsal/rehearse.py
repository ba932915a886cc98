"""A rulebook on a recorded day, by the same conversation and the same fold as a live run."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.exchange.effects import Concluded, Ended, Refused
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.link import Link
from rulegrid.gateway.loop import Conversation
from rulegrid.program import Program


class RehearsalError(Exception):
    """A rulebook that cannot be rehearsed on this recording.

    `findings` say why, where they can, in the text of the rulebook that `program` was made of.
    """

    def __init__(
        self,
        message: str,
        findings: tuple[Diagnostic, ...] = (),
        program: Program | None = None,
    ) -> None:
        super().__init__(message)
        self.findings = findings
        self.program = program


def rehearse(program: Program, link: Link) -> Iterator[Concluded]:
    """Every slot of a recorded day; our own fees count as sent and confirmed, and nothing is sent.

    Raises `RehearsalError` where the rulebook does not fit the recording.
    """
    link.open()
    settings = Settings(link.aggregator, "rehearsal", link.wire, dry_run=True)
    for effect in Conversation(Session(program, settings), link):
        if isinstance(effect, Refused):
            raise RehearsalError("the rulebook does not fit the recorded grid", effect.findings)
        if isinstance(effect, Ended) and effect.fault:
            raise RehearsalError(effect.fault)
        if isinstance(effect, Concluded):
            yield effect
