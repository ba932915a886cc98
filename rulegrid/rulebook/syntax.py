"""Why a text is not YAML, in plain words: the parser's complaint and the characters around it.

The two parsers word their complaints differently, so only what they share is looked at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.rulebook.refusals import no_space, question_mark, second_document
from rulegrid.source import Span


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where a parser stopped (`at`), what it was reading and where that began (`opened`)."""

    text: str
    problem: str
    context: str
    at: int
    opened: int

    @property
    def character(self) -> str:
        """The character at which the parser stopped; empty at the end of the text."""
        return self.text[self.at : self.at + 1]

    @property
    def before(self) -> str:
        """The line up to where the parser stopped."""
        return self.text[self.text.rfind("\n", 0, self.at) + 1 : self.at]

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the text of the line of an offset ends."""
        end = self.text.find("\n", offset)
        line = self.text[offset : None if end < 0 else end]
        return offset + len(line.rstrip())

    @property
    def is_on_one_line(self) -> bool:
        """Whether the parser stopped on the line where it began to read."""
        return self.line_start(self.opened) == self.line_start(self.at)


def explain(trouble: Trouble) -> Diagnostic:
    """The finding for a text that is no YAML."""
    found = (cause(trouble) for cause in _CAUSES)
    return next((finding for finding in found if finding), _unknown(trouble))


def _finding(message: str, start: int, end: int, hint: str) -> Diagnostic:
    return Diagnostic("RG004", message, Span(start, max(start, end)), hint=hint)


def _second_document(trouble: Trouble) -> Diagnostic | None:
    above = trouble.text[: trouble.line_start(trouble.at)].rstrip()
    if "document start" not in trouble.problem or not above.endswith("..."):
        return None
    return second_document(len(above) - 3)


def _sign(trouble: Trouble) -> Diagnostic | None:
    """A value that begins with a sign to which YAML gives a meaning of its own."""
    for context, code, hint in _SIGNS:
        if context in trouble.context:
            sign = trouble.text[trouble.opened : trouble.opened + 1]
            message = f"an unquoted value cannot begin with `{sign}`"
            return Diagnostic(code, message, Span(trouble.opened, trouble.opened + 1), hint=hint)
    return None


_SIGNS = (
    ("scanning an alias", "RG005", 'put a name with a star in quotes: "House *"'),
    ("scanning an anchor", "RG005", "write `and`, or put the text in quotes"),
    ("scanning a tag", "RG005", "write `not`, or put the text in quotes"),
    ("scanning a block scalar", "RG004", "write what is compared first: `import > 10 kWh`"),
)


def _first_character(trouble: Trouble) -> Diagnostic | None:
    if "cannot start any token" not in trouble.problem:
        return None
    message = f"an unquoted value cannot begin with `{shown(trouble.character)}`"
    return _finding(message, trouble.at, trouble.at + 1, "put the text in quotes")


def _open_quote(trouble: Trouble) -> Diagnostic | None:
    if "quoted scalar" not in trouble.context or "found unexpected" not in trouble.problem:
        return None
    quote = trouble.text[trouble.opened : trouble.opened + 1]
    hint = f"write {quote} where the text ends"
    return _finding("a quote that is never closed", trouble.opened, trouble.opened + 1, hint)


def _escape(trouble: Trouble) -> Diagnostic | None:
    if "quoted scalar" not in trouble.context:
        return None
    start = max(trouble.text.rfind("\\", 0, trouble.at + 1), trouble.opened)
    escape = trouble.text[start : start + 2]
    if "invalid Unicode" in trouble.problem:
        end = start + {"x": 4, "u": 6}.get(escape[1:], 10)
        message = f"`{trouble.text[start:end]}` is no character"
        return Diagnostic("RG003", message, Span(start, end), hint="delete it")
    hint = "write two backslashes, or put the text in single quotes"
    return _finding(f"`{shown(escape)}` is no escape of YAML", start, start + 2, hint)


def _behind_quote(trouble: Trouble) -> Diagnostic | None:
    """Text behind a closing quote: a formula that begins with a quoted name, or a lost quote."""
    before = trouble.before.rstrip()
    quote = before[-1:]
    if quote not in {'"', "'"} or trouble.character in {"", ":"}:
        return None
    start = trouble.line_start(trouble.at) + before.rfind(quote, 0, -1)
    if before.count(quote) % 2:
        hint = "close the quote that was opened on an earlier line"
        return _finding("text behind a closing quote", trouble.at, trouble.at + 1, hint)
    end = start + len(re.split(r" #|[,}\]]", trouble.text[start:])[0].split("\n")[0].rstrip())
    whole = trouble.text[start:end]
    return _finding("text behind a closing quote", trouble.at, end, _quote_whole(whole, quote))


def _quote_whole(whole: str, quote: str) -> str:
    other = '"' if quote == "'" else "'"
    if quote == "'" and re.match(r"'[^']*'\w", whole):
        return "write an apostrophe inside single quotes twice, or put the text in double quotes"
    if other in whole:
        return "put the formula in quotes as a whole"
    return f"put the formula in quotes as a whole: {other}{shown(whole)}{other}"


_NO_SPACE = re.compile(r"^ *(?:- +)*[A-Za-z_][A-Za-z_ ]*(:)[^\s/:]")


def _colon(trouble: Trouble) -> Diagnostic | None:
    """A line that should be `key: value`."""
    if "could not find expected ':'" not in trouble.problem:
        return None
    start = trouble.line_start(trouble.opened)
    line = trouble.text[start : trouble.line_end(trouble.opened)]
    if without_space := _NO_SPACE.match(line):
        return no_space(start + without_space.start(1))
    first = start + len(line) - len(line.lstrip())
    return _finding("a line without a key", first, start + len(line), _KEY_AND_VALUE)


_KEY_AND_VALUE = "write `key: value`; a text that goes on from the line above is indented deeper"


def _second_colon(trouble: Trouble) -> Diagnostic | None:
    """A colon in a text that is not quoted."""
    if not _is_colon_of_no_key(trouble) or not re.search(r":\s", trouble.before):
        return None
    hint = "put a text that holds a colon and a space in quotes"
    return _finding("a second colon in one line", trouble.at, trouble.at + 1, hint)


def _text_goes_on(trouble: Trouble) -> Diagnostic | None:
    """A key where the line above goes on: indented too deep, or a colon is missing there."""
    if not _is_colon_of_no_key(trouble):
        return None
    end = len(trouble.text[: trouble.line_start(trouble.at)].rstrip())
    above = trouble.text[trouble.line_start(end) : end]
    if without_space := _NO_SPACE.match(above):
        return no_space(end - len(above) + without_space.start(1))
    if above.strip() and not re.search(r":(?:\s|$)", above):
        start = end - len(above.lstrip(" -"))
        return _finding("a line without a key", start, end, _KEY_AND_VALUE)
    first = trouble.line_start(trouble.at) + len(trouble.before) - len(trouble.before.lstrip())
    message = "a key where none is possible: the text of the line above goes on here"
    hint = "indent this line as much as the keys it belongs to"
    return _finding(message, first, trouble.at, hint)


def _is_colon_of_no_key(trouble: Trouble) -> bool:
    return "mapping values are not allowed" in trouble.problem


def _behind_bracket(trouble: Trouble) -> Diagnostic | None:
    """Text behind a closing bracket or brace."""
    before = trouble.before.rstrip()
    if before[-1:] not in {"]", "}"} or "parsing a flow" in trouble.context:
        return None
    end = trouble.line_end(trouble.at)
    message = f"text behind a closing `{before[-1:]}`"
    hint = "put the text in quotes as a whole"
    return _finding(message, trouble.at, end, hint)


def _bracket(trouble: Trouble) -> Diagnostic | None:
    """A list or mapping in brackets that does not go on as it should."""
    if "parsing a flow" not in trouble.context:
        return None
    opened = _open_bracket(trouble)
    opening = trouble.text[opened : opened + 1]
    closing = {"{": "}", "[": "]"}.get(opening, "a closing bracket")
    here = Span(opened, opened + 1)
    if not trouble.character or (trouble.character == ":" and not trouble.is_on_one_line):
        hint = f"write `{closing}` where it ends"
        return _finding(f"a `{opening}` that is never closed", here.start, here.end, hint)
    if trouble.character == "?":
        return question_mark(Span(trouble.at, trouble.at + 1))
    hint = f"write a comma or `{closing}` here, or put the text in quotes"
    message = f"`{shown(trouble.character)}` is not possible here"
    related = (Related(f"`{opening}` was opened here", here),)
    return Diagnostic(
        "RG004", message, Span(trouble.at, trouble.at + 1), hint=hint, related=related
    )


def _open_bracket(trouble: Trouble) -> int:
    """Where the innermost bracket was opened, also where a value is missing at the very end."""
    closed = 0
    for at in range(trouble.opened, -1, -1):
        character = trouble.text[at : at + 1]
        if character and character in "]}":
            closed += 1
        elif character and character in "[{":
            if not closed:
                return at
            closed -= 1
    return trouble.opened


def _colon_in_braces(trouble: Trouble) -> Diagnostic | None:
    if "unexpected ':'" not in trouble.problem:
        return None
    return no_space(trouble.text.find(":", trouble.opened))


def _no_value(trouble: Trouble) -> Diagnostic | None:
    if "node content" not in trouble.problem:
        return None
    message = f"`{shown(trouble.character)}` where a value is needed"
    hint = "write a value, or put the text in quotes"
    return _finding(message, trouble.at, trouble.at + 1, hint)


def _list_in_line(trouble: Trouble) -> Diagnostic | None:
    if "entries are not allowed" not in trouble.problem:
        return None
    hint = "begin a list on a line of its own; put a text that begins with `- ` in quotes"
    return _finding("a list cannot begin here", trouble.at, trouble.at + 1, hint)


def _indentation(trouble: Trouble) -> Diagnostic | None:
    """A line whose indentation is that of no mapping or list above it."""
    if trouble.before.strip() or not trouble.character:
        return None
    line_end = trouble.line_end(trouble.at)
    if trouble.character == ":":
        message = "a colon without a key in front of it"
        return _finding(message, trouble.at, trouble.at + 1, "write `key: value`")
    if trouble.text.startswith("- ", trouble.at):
        hint = "indent the items of a list alike, below the key they belong to"
        return _finding("a list item where a key is needed", trouble.at, line_end, hint)
    message = "the indentation of this line does not fit the lines above"
    hint = "indent keys that belong together alike"
    return _finding(message, trouble.at, line_end, hint)


def _unknown(trouble: Trouble) -> Diagnostic:
    start = min(trouble.at, len(trouble.text.rstrip()))
    hint = "check quotes, brackets, colons and indentation here and in the line above"
    return _finding("this cannot be read as YAML", start, start + 1, hint)


_CAUSES: tuple[Callable[[Trouble], Diagnostic | None], ...] = (
    _second_document,
    _sign,
    _first_character,
    _open_quote,
    _escape,
    _behind_quote,
    _colon,
    _second_colon,
    _text_goes_on,
    _behind_bracket,
    _bracket,
    _colon_in_braces,
    _no_value,
    _list_in_line,
    _indentation,
)
