"""What a named value gave, with every value on the way kept: what `worked_out` does, told."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from rulegrid.bodies import Band, Body, Calendar, Dated, Option, Sheet
from rulegrid.columns import Trace, Value, trace
from rulegrid.engine.bodies import takes, worked_out
from rulegrid.engine.sheets import rows_of
from rulegrid.formula import Expression

_FORMS = {Dated: "dated", Band: "band", Calendar: "calendar"}
_TEXTS = {Dated: "dated values", Band: "a band", Calendar: "a calendar"}


def told(body: Body, columns: Mapping[str, Value]) -> Trace:
    """What `worked_out` gives for the same columns, with the value of every part of the body.

    Of a body with options, each is a child that counts where it was taken.
    """
    if isinstance(body, Expression):
        return trace(body, columns)
    if isinstance(body, Sheet):
        return _cell(body, columns)
    inputs = (trace(body.input, columns),) if isinstance(body, Band) else ()
    return Trace(
        text=_TEXTS[type(body)],
        form=_FORMS[type(body)],
        name="",
        value=worked_out(body, columns),
        children=(*inputs, *(_option(option, columns) for option in body.options)),
        takes=(*(None for _ in inputs), *takes(body, columns)),
        lack=_lack(body),
    )


def _cell(sheet: Sheet, columns: Mapping[str, Value]) -> Trace:
    """The cell of a table; its column is named where the columns are those of one area."""
    column = columns[sheet.column_key]
    of = ""
    if isinstance(column, np.ndarray) and column.size == 1 and not np.isnan(column).any():
        of = f" for `{sheet.table.areas[int(column.flat[0])]}`"
    row = int(rows_of(sheet, columns))
    return Trace(
        text=f"{row_time(sheet, row)}{of} in {sheet.file}, its line {sheet.table.lines[row]}",
        form="table",
        name="",
        value=worked_out(sheet, columns),
        children=(),
        lack=f"{sheet.file} has no column for this area",
    )


def row_time(sheet: Sheet, row: int) -> str:
    """The time of a row, as its clock shows it."""
    hours, minutes = divmod(row * sheet.table.slot_minutes, 60)
    return f"{hours:02}:{minutes:02}"


def _option(option: Option, columns: Mapping[str, Value]) -> Trace:
    value = told(option.value, columns)
    when = f" ({option.when})" if option.when else ""
    return Trace(
        text=f"{option.name}{when}",
        form="option",
        name="",
        value=value.value,
        children=(value,),
        line=option.place.line,
    )


def _lack(body: Dated | Band | Calendar) -> str:
    """Why a body has no data where nothing that it reads lacks any."""
    if isinstance(body, Dated):
        return f"no value before {date.fromordinal(body.first_days[0]).isoformat()}"
    return "not finite: the sum of windows" if isinstance(body, Calendar) else ""
