"""What the scanner finds in a formula, and how far it has come."""

import re
from dataclasses import dataclass, field

from rulegrid.diagnostics import shown
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.formula.words import Refusal

MOST_TOKENS = 512
MOST_SIGNS = 16
"""`-` and `not` in a row: ast.parse would recurse once for each."""
BLANKS = " \t\r\n"
_SIGN = re.compile(
    r"===|!==|\*\*|//|<<|>>|<>|==|!=|<=|>=|=<|=>|:=|&&|\|\||.",
    re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written.

    `owner` is what stands before the dot: empty, `parent`, `children`, `all`, a group, or the name
    or path of an area.
    """

    start: int
    end: int
    word: str
    owner: str = ""
    is_quoted: bool = False
    """Whether the owner stands in quotes: then it is an area's name, whatever it says."""


Atom = Number | Name


@dataclass(slots=True)
class Group:
    """An open parenthesis, or the formula as a whole."""

    start: int
    is_call: bool = False
    open_if: int | None = None
    """Where the `if` stands that still lacks its `else`."""


@dataclass(slots=True)
class Scan:
    """The state of one scan.

    `skeleton` is the text with every atom as a run of `_`, so that offsets stay.
    """

    text: str
    skeleton: list[str]
    at: int = 0
    want_operand: bool = True
    last: str = ""
    """The last token: a sign, a word or a parenthesis as it is; `name`, `area`, `number` or
    `function` for what has many spellings, `sign` for a minus before an operand."""
    last_start: int = 0
    signs: int = 0
    tokens: int = 0
    stopped: bool = False
    atoms: dict[int, Atom] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=lambda: [Group(0)])
    problems: list[Problem] = field(default_factory=list)

    @property
    def last_text(self) -> str:
        """The last token as it is written."""
        return shown(self.text[self.last_start : self.at].rstrip(BLANKS))

    def sign(self) -> str:
        """The sign that begins here, as long as it may be."""
        found = _SIGN.match(self.text, self.at)
        return found[0] if found else ""

    def word(self) -> str:
        """The word that begins here."""
        found = _WORD.match(self.text, self.at)
        return found[0] if found else ""

    def find(self, refusal: Refusal, start: int, end: int) -> None:
        """Note a problem and go on."""
        code, message, hint = refusal
        self.problems.append(Problem(start, end, code, message, hint))

    def stop(self, refusal: Refusal, start: int, end: int) -> None:
        """Note a problem behind which nothing sensible can be read."""
        self.find(refusal, start, end)
        self.stopped = True

    def take(self, token: str, length: int, *, then_operand: bool) -> None:
        """Accept a token of that length as ast.parse is to see it."""
        self.skeleton[self.at : self.at + length] = self.text[self.at : self.at + length]
        self._pass(token, length, then_operand=then_operand)

    def take_atom(self, token: str, atom: Atom) -> None:
        """Accept an atom that begins here."""
        self.atoms[atom.start] = atom
        self._take_hidden(token, atom.end - atom.start, then_operand=False)

    def take_function(self, length: int) -> None:
        """Accept the word before an opening parenthesis."""
        self._take_hidden("function", length, then_operand=True)

    def _take_hidden(self, token: str, length: int, *, then_operand: bool) -> None:
        """Accept a token in whose place ast.parse is to see a plain name."""
        self.skeleton[self.at : self.at + length] = "_" * length
        self._pass(token, length, then_operand=then_operand)

    def _pass(self, token: str, length: int, *, then_operand: bool) -> None:
        self.signs = self.signs + 1 if token in {"not", "sign"} else 0
        self.last, self.last_start = token, self.at
        self.at += length
        self.want_operand = then_operand
        self.tokens += 1
        if self.tokens > MOST_TOKENS:
            message = f"a formula has at most {MOST_TOKENS} words, numbers and signs"
            self.stop(("RG110", message, "split it into variables"), 0, len(self.text))
        elif self.signs > MOST_SIGNS:
            message = f"more than {MOST_SIGNS} signs in a row"
            self.stop(("RG110", message, ""), self.last_start, self.at)

    def close(self) -> None:
        """Accept a closing parenthesis."""
        if len(self.groups) == 1:
            hint = "leave it out, or add the `(`"
            self.find(("RG102", "this `)` closes nothing", hint), self.at, self.at + 1)
        else:
            self.end_part()
            self.groups.pop()
        self.take(")", 1, then_operand=False)

    def end_part(self) -> None:
        """At the end of a group or an argument, an `if` must have had its `else`."""
        start = self.groups[-1].open_if
        if start is not None:
            refusal = ("RG102", "this `if` has no `else`", "write `A if C else B`")
            self.find(refusal, start, start + 2)
            self.groups[-1].open_if = None
