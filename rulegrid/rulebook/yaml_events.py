"""YAML as parser events: no composer, which recurses, and no constructor, which guesses types.

The parser reads on only as events are asked for, so a walk that stops at a limit has not read what
lies behind it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Protocol

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.syntax import Trouble, explain


class EventSource(Protocol):
    """A parser that is asked for one event after the other, None after the last."""

    def get_event(self) -> yaml.Event | None:
        """The next event."""


Parse = Callable[[str], EventSource]


class PurePythonParser(Reader, Scanner, Parser):
    """PyYAML's parser without C: the same verdicts, ten times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


try:
    from yaml._yaml import CParser
except ImportError:  # a PyYAML that was built without libyaml
    FASTEST: Parse = PurePythonParser
else:
    FASTEST = CParser


def read_events(text: str, parse: Parse = FASTEST) -> Iterator[yaml.Event | Diagnostic]:
    """The events of a text; the last is a finding if the text is not YAML.

    Tabs between words are read as spaces, as YAML says; the two parsers differ in that.
    """
    try:
        parser = parse(text.replace("\t", " "))
        yield from iter(parser.get_event, None)
    except yaml.MarkedYAMLError as error:
        yield explain(_trouble(text, error))
    except (yaml.YAMLError, ValueError, OverflowError):  # an escape beyond the last character
        found = _BEYOND.search(text)
        at = found.start() if found else len(text)
        yield explain(Trouble(text, "invalid Unicode", "quoted scalar", at, at))


_BEYOND = re.compile(r"\\U(?!0010|000[0-9a-fA-F])")


def _trouble(text: str, error: yaml.MarkedYAMLError) -> Trouble:
    at = error.problem_mark.index if error.problem_mark else len(text)
    opened = error.context_mark.index if error.context_mark else at
    return Trouble(text, error.problem or "", error.context or "", at, opened)
