"""The explanation of a fee, as a tree for people and as JSON for machines."""

import math
from collections.abc import Iterator
from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from rulegrid.cli.amounts import amount, local
from rulegrid.cli.members import gone_over
from rulegrid.columns import Trace
from rulegrid.diagnostics import shown_path
from rulegrid.engine.explain import Condition, Definition, Explanation
from rulegrid.engine.limits import LIMIT_NAMES, Step
from rulegrid.exchange.record import number
from rulegrid.grid import Grid, write_slot
from rulegrid.metrics import METRICS

WIDTH = 110

_STEPS = {
    Step.KEPT: "no data, so the fee in force is kept",
    Step.REPLACED: "no data, so `when_no_data` is taken",
    Step.MIN: "not under `min`",
    Step.MAX: "not over `max`",
    Step.MAX_CHANGE: "no further than `max_change` from the fee in force",
    Step.DEAD_BAND: "too small a change for `dead_band`",
    Step.HOLD: "changed a short time ago, so `hold` keeps it",
    Step.DECIMALS: "rounded to `decimals`",
}
_LEAF_FORMS = frozenset({"name", "window", "aggregate"})


def as_text(explanation: Explanation, *, colourful: bool) -> str:
    """The explanation as a tree: the fee, the rules looked at, what they lean on, the limits."""
    cycle = explanation.cycle
    tree = Tree(_headline(explanation))
    for condition in explanation.conditions:
        _add_condition(tree, condition)
    rule = explanation.rule
    if explanation.fee is not None:
        what = "fee" if rule.when is not None else "otherwise" if explanation.conditions else "fee"
        _add_formula(tree, f"{what} (line {rule.place.line}): ", explanation.fee)
    if explanation.definitions:
        where = tree.add(Text("where", style="bold"))
        for definition in reversed(explanation.definitions):
            _add_definition(where, definition, cycle.binding.grid)
    _add_limits(tree, explanation)
    out = StringIO()
    console = Console(
        file=out, width=WIDTH, force_terminal=colourful, no_color=not colourful, highlight=False
    )
    console.print(tree, soft_wrap=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain data.

    Amounts are in the units of the documentation, null is no data.
    """
    cycle, place = explanation.cycle, explanation.place
    return {
        "area": cycle.binding.grid.paths[place],
        "uuid": cycle.binding.grid.ids[place],
        "slot": write_slot(cycle.applies_to),
        "decided_in": write_slot(cycle.slot),
        "rulebook": cycle.binding.program.digest,
        "selector": explanation.policy.selector,
        "line": explanation.rule.place.line,
        "reason": explanation.reason.text,
        "no_data": list(explanation.reason.no_data),
        "raw": number(cycle.raw, place),
        "before": number(cycle.before, place),
        "fee": number(cycle.fee, place),
        "conditions": [
            {"line": c.rule.place.line, "holds": c.holds, **_trace_fields(c.trace)}
            for c in explanation.conditions
        ],
        "formula": None if explanation.fee is None else _trace_fields(explanation.fee),
        "definitions": [
            {
                "name": d.name,
                "value": d.value,
                "slots": d.slots,
                "history": list(d.history),
                "areas": [
                    {"area": cycle.binding.grid.paths[at], "value": value}
                    for at, value in d.areas or ()
                ],
                "formula": None if d.trace is None else _trace_fields(d.trace),
            }
            for d in explanation.definitions
        ],
        "steps": [
            {
                "step": LIMIT_NAMES.get(step, "when_no_data"),
                "fee": None if math.isnan(fee) else fee,
            }
            for step, fee in explanation.stages
        ],
    }


def _headline(explanation: Explanation) -> Text:
    cycle, place = explanation.cycle, explanation.place
    program = cycle.binding.program
    fee, before = float(cycle.fee[place]), float(cycle.before[place])
    when = local(cycle.applies_to, program.timezone)
    zone = program.timezone.key if program.timezone else "UTC"
    told = Text(f"{shown_path(cycle.binding.grid.paths[place])}: ", style="bold")
    told.append("no fee is sent" if math.isnan(fee) else f"{amount(fee)} {program.fee_unit}")
    told.append(f" from {when} ({zone})", style="not bold")
    told.append(f"\n`{explanation.policy.selector}`: {explanation.reason.text}", style="not bold")
    told.append(f"\nfee in force before: {amount(before)}", style="not bold")
    return told


def _add_condition(tree: Tree, condition: Condition) -> None:
    verdict = {True: "true", False: "false", None: "no data"}[condition.holds]
    style = {True: "green", False: "dim", None: "yellow"}[condition.holds]
    label = Text(f"when (line {condition.rule.place.line}): {condition.trace.text}")
    label.append(f"  {verdict}", style=style)
    branch = tree.add(label)
    for child in condition.trace.children:
        _add_trace(branch, child)


def _add_formula(tree: Tree, label: str, trace: Trace) -> None:
    branch = tree.add(Text(f"{label}{_told(trace)}"))
    for child in trace.children:
        _add_trace(branch, child)


def _add_trace(tree: Tree, trace: Trace) -> None:
    """A part and its own parts; written numbers say all there is to say themselves."""
    if trace.form == "number":
        return
    branch = tree.add(Text(_told(trace)))
    for child in trace.counting():
        _add_trace(branch, child)


def _add_definition(tree: Tree, definition: Definition, grid: Grid) -> None:
    label = Text(f"{definition.name} = {_shown(definition.value)}")
    if definition.trace is None:
        label.append(f"  {gone_over(definition.areas or (), grid)}", style="dim")
        tree.add(label)
        return
    if definition.slots:
        have = sum(value is not None for value in definition.history)
        values = ", ".join(amount(value) for value in definition.history)
        label.append(f"  of {values} ({have} of {definition.slots} slots)", style="dim")
    else:
        label.append(f"  {definition.trace.text}", style="dim")
    branch = tree.add(label)
    parts = definition.trace.counting() or (
        (definition.trace,) if definition.trace.form in _LEAF_FORMS else ()
    )
    for part in parts:
        _add_trace(branch, part)


def _add_limits(tree: Tree, explanation: Explanation) -> None:
    raw = float(explanation.cycle.raw[explanation.place])
    if not explanation.stages:
        return
    branch = tree.add(Text(f"limits, from {amount(raw)}", style="bold"))
    for step, fee in explanation.stages:
        branch.add(Text(f"{_STEPS[step]}: {amount(fee)}"))


def _told(trace: Trace) -> str:
    """A part with its value, and for a metric its unit."""
    value = trace.at()
    if trace.form == "number":
        return trace.text
    if trace.line:
        return f"{trace.text}, line {trace.line} = {_shown(value)}"
    metric = METRICS.get(trace.name.rpartition(".")[2]) if trace.form == "name" else None
    unit = f" {metric.dimension}" if metric and metric.dimension and value is not None else ""
    return f"{trace.text} = {_shown(value)}{unit}"


def _shown(value: float | bool | None) -> str:  # noqa: FBT001 - a truth is a value here
    if value is None:
        return "no data"
    if isinstance(value, bool):
        return "true" if value else "false"
    return amount(value)


def _trace_fields(trace: Trace) -> dict[str, Any]:
    parts = [_trace_fields(child) for child in _parts(trace)]
    line = {"line": trace.line} if trace.line else {}
    return {"text": trace.text, "value": trace.at(), **line, **({"parts": parts} if parts else {})}


def _parts(trace: Trace) -> Iterator[Trace]:
    return (child for child in trace.counting() if child.form != "number")
