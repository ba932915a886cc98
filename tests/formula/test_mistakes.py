"""What is said about each mistake. The formulas and the findings are in mistakes.txt."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from rulegrid.diagnostics import CODES
from rulegrid.formula import TRUTH, Kind
from rulegrid.units import PRICE
from tests.formula.examples import findings, written_out

MISTAKES = Path(__file__).with_name("mistakes.txt")
NEEDED: dict[str, Kind | None] = {
    "# a fee is needed": PRICE,
    "# a condition is needed": TRUTH,
    "# anything will do": None,
}


def told(lines: list[str]) -> Iterator[str]:
    """The lines as they are, with what is now said under each formula."""
    needed: Kind | None = None
    for line in lines:
        needed = NEEDED.get(line, needed)
        if not line.startswith(" "):
            yield line
        if line.startswith("> "):
            for problem in findings(written_out(line[2:]), needed):
                marks = "^" * max(1, problem.end - problem.start)
                yield f"  {' ' * problem.start}{marks} {problem.code} {problem.message}"
                if problem.hint:
                    yield f"    {' ' * problem.start}{problem.hint}"


def test_each_mistake_is_named_with_its_place_and_what_to_write(golden):
    """Every mistake gets its own code, place, message and hint."""
    golden(MISTAKES, "\n".join(told(MISTAKES.read_text().splitlines())) + "\n")


def test_every_formula_of_the_list_is_a_mistake():
    """Nothing in the list passes but what leans on a broken variable, of which nothing is said."""
    lines = list(told(MISTAKES.read_text().splitlines()))
    unmarked = [
        line
        for line, following in pairwise([*lines, ""])
        if line.startswith("> ") and not following.startswith("  ")
    ]
    assert ["> broken + 1"] == unmarked


def test_every_code_of_formulas_occurs():
    """The list shows each of the codes RG101 to RG113."""
    text = MISTAKES.read_text()
    assert [] == [code for code in CODES if code.startswith("RG1") and code not in text]
