"""Writes the parts of the documentation that the code knows better: `make docs`.

`docs/diagnostics.md` is all pages of `rulegrid/pages`; the tables of `docs/language.md` stand
between two comments each, `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rulegrid.diagnostics import CODES, WARNINGS
from rulegrid.metrics import AGGREGATES, CLOCK, FUNCTIONS, METRICS
from rulegrid.units import (
    ENERGY,
    MONEY,
    PERCENT,
    POWER,
    PRICE,
    SLOT_UNITS,
    TIME,
    UNITS,
    Dimension,
)

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "rulegrid" / "pages"
DIAGNOSTICS = ROOT / "docs" / "diagnostics.md"
LANGUAGE = ROOT / "docs" / "language.md"

INTRODUCTION = """\
# Findings

<!-- Written by `make docs` from rulegrid/pages; change it there. -->

What `rulegrid check` can say about a rulebook, and `rulegrid run` about a rulebook, a grid or a
recording. `rulegrid explain CODE` shows the same page in a terminal. A code never changes its
meaning. A finding that is an error keeps a rulebook from being used; a warning asks for a second
look, counts with `--strict`, and can be left out with `--ignore CODE`.
"""

KINDS: dict[str, Dimension] = {
    "energy": ENERGY,
    "power": POWER,
    "money": MONEY,
    "price, and fee in ct/kWh": PRICE,
    "share, and fee in percent": PERCENT,
    "time": TIME,
}


def severity(code: str) -> str:
    """How grave a finding is, with the cases in which it is otherwise."""
    if code in {"RG501", "RG504", "RG605", "RG607"}:
        return "warning; error with `check --grid`"
    if code == "RG701":
        return "error; warning where a part can be read"
    return "warning" if code in WARNINGS else "error"


def diagnostics() -> str:
    """The whole of docs/diagnostics.md."""
    rows = (
        (f"[{c}](#{anchor(f'{c}: {title}')})", title, severity(c)) for c, title in CODES.items()
    )
    pages = (demoted((PAGES / f"{code}.md").read_text()) for code in CODES)
    return "\n".join([INTRODUCTION, table(("code", "title", "severity"), rows), *pages])


def anchor(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def demoted(page: str) -> str:
    """A page with its headings one level down; what looks like one inside code stays."""
    parts = re.split(r"^(```.*?^```$)", page, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [re.sub(r"^#", "##", part, flags=re.MULTILINE) for part in parts[::2]]
    return "".join(parts)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    heads = tuple(heads)
    lines = (heads, ("---",) * len(heads), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def metrics() -> str:
    """Every metric with its unit."""
    rows = (
        (
            f"`{name}`",
            str(metric.dimension or "as the fees"),
            metric.meaning,
            metric.no_data_when,
        )
        for name, metric in METRICS.items()
    )
    return table(("metric", "unit", "meaning", "no data when"), rows)


def clock() -> str:
    """Every clock name."""
    rows = (
        (f"`{name}`", "condition" if known.is_truth else "number", known.meaning)
        for name, known in CLOCK.items()
    )
    return table(("name", "is a", "meaning"), rows)


def functions() -> str:
    """Every function."""
    rows = ((f"`{known.signature}`", known.meaning) for known in FUNCTIONS.values())
    return table(("function", "gives"), rows)


def aggregates() -> str:
    """Every function over areas."""
    rows = ((f"`{known.signature}`", known.meaning) for known in AGGREGATES.values())
    return table(("aggregate", "gives"), rows)


def units() -> str:
    """Every unit, by what it measures."""
    return table(
        ("amount", "units"), ((kind, ", ".join(_units_of(d))) for kind, d in KINDS.items())
    )


def _units_of(dimension: Dimension) -> Iterator[str]:
    names = [name for name, unit in UNITS.items() if unit.dimension == dimension]
    return (f"`{name}`" for name in (*names, *(SLOT_UNITS if dimension == TIME else ())))


TABLES = {
    "metrics": metrics,
    "clock": clock,
    "functions": functions,
    "aggregates": aggregates,
    "units": units,
}
_GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def language(text: str) -> str:
    """docs/language.md with its tables written anew."""
    return _GENERATED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


def main() -> None:
    """Write all of it."""
    DIAGNOSTICS.write_text(diagnostics())
    LANGUAGE.write_text(language(LANGUAGE.read_text()))


if __name__ == "__main__":
    main()
