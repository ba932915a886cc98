"""What a named value gave, with every value on the way kept: what `worked_out` does, told."""

from collections.abc import Mapping
from datetime import date

from rulegrid.bodies import Band, Body, Calendar, Dated, Option
from rulegrid.columns import Trace, Value, trace
from rulegrid.engine.bodies import takes, worked_out
from rulegrid.formula import Expression

_FORMS = {Dated: "dated", Band: "band", Calendar: "calendar"}
_TEXTS = {Dated: "dated values", Band: "a band", Calendar: "a calendar"}


def told(body: Body, columns: Mapping[str, Value]) -> Trace:
    """What `worked_out` gives for the same columns, with the value of every part of the body.

    Of a body with options, each is a child that counts where it was taken.
    """
    if isinstance(body, Expression):
        return trace(body, columns)
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
