"""The tables that a rulebook names, read as they are asked for."""

from dataclasses import dataclass, replace
from datetime import timedelta

from rulegrid.bodies import Table
from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.amounts import Amounts
from rulegrid.rulebook.document import decode
from rulegrid.rulebook.named_files import MOST_FILES, Files, Unread, refused, without_mark
from rulegrid.rulebook.sheets import Measure, read_sheet
from rulegrid.units import Unit

Found = tuple[Table | None, tuple[Diagnostic, ...]]
"""A table, or what is wrong with it."""

_TOO_MANY = Unread(f"a rulebook names at most {MOST_FILES} files")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tables:
    """The files of one rulebook."""

    rulebook: str
    """The name of the rulebook's source: a table is known by its place beside it."""
    amounts: Amounts
    files: Files | None
    """None where they are not to be looked at."""

    def read(self, name: str, unit: Unit) -> Found | Unread:
        """The table of a file in a unit, what is wrong in it, or why it is not read at all."""
        if self.files is None:
            return None, ()
        file = refused(name) or self.files.get(name, _TOO_MANY)
        if isinstance(file, Unread):
            return file
        folder = self.rulebook.rpartition("/")[0]
        source, findings = decode(f"{folder}/{name}" if folder else name, without_mark(file))
        if findings:
            return None, tuple(replace(finding, source=source) for finding in findings)
        is_fee = unit.dimension == self.amounts.fee_unit.dimension
        measure = Measure(unit.factor, self.amounts.slot_length // _MINUTE, is_fee)
        return read_sheet(source, measure)
