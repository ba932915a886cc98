"""What the scanner finds in a formula, and where it stands in the scan."""

from dataclasses import dataclass, field

from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem

MOST_TOKENS = 512
MOST_NESTED = 32
MOST_SIGNS = 16
"""`-` and `not` in a row: ast.parse would recurse once for each."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written. `owner` is what stands before the dot: empty, `parent`, or an area's name or path."""

    start: int
    end: int
    word: str
    owner: str = ""
    is_parent: bool = False


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
    """The state of one scan. `skeleton` is the text with every atom as a run of `_`, so that offsets stay."""

    text: str
    at: int = 0
    want_operand: bool = True
    last: str = ""
    """The last token: an operator or a parenthesis as it is, `name`, `area` or `number` for an atom."""
    last_start: int = 0
    signs: int = 0
    tokens: int = 0
    stopped: bool = False
    skeleton: list[str] = field(default_factory=list)
    atoms: dict[int, Atom] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=lambda: [Group(0)])
    problems: list[Problem] = field(default_factory=list)

    def find(
        self,
        code: str,
        message: str,
        hint: str = "",
        *,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        """Note a problem, by default at the character the scan has come to."""
        first = self.at if start is None else start
        last = first + 1 if end is None else end
        self.problems.append(Problem(first, last, code, message, hint))

    def stop(
        self,
        code: str,
        message: str,
        hint: str = "",
        *,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        """Note a problem behind which nothing sensible can be read."""
        self.find(code, message, hint, start=start, end=end)
        self.stopped = True

    def take(self, token: str, length: int, *, then_operand: bool) -> None:
        """Accept a token of that length at the place of the scan."""
        self.skeleton[self.at : self.at + length] = self.text[self.at : self.at + length]
        self._pass(token, length, then_operand=then_operand)

    def take_atom(self, token: str, atom: Atom) -> None:
        """Accept an atom, which ends at or behind the place of the scan."""
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
            self.stop(
                "RG110",
                f"a formula has at most {MOST_TOKENS} parts",
                "split it into variables",
                start=0,
                end=len(self.text),
            )
        elif self.signs > MOST_SIGNS:
            self.stop("RG110", f"more than {MOST_SIGNS} signs in a row", start=self.last_start)
