"""`make bench`: every figure, its target, and whether it is met; exit code 1 where one is not."""

import platform
import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks import decade, deciding, whole, years


def main() -> int:
    """Measure everything and print the table."""
    rows = []
    for part in (deciding, whole, years, decade):
        Console(stderr=True).print(part.__doc__.splitlines()[0], style="dim")
        rows += part.measure()
    table = Table(title=f"Python {platform.python_version()}, {platform.machine()}", box=None)
    for heading in ("what", "measured", "target", ""):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row.what,
            row.measured,
            row.target,
            "" if not row.target else "ok" if row.ok else "MISSED",
        )
    Console().print(table)
    return 0 if all(row.ok for row in rows) else 1


sys.exit(main())
