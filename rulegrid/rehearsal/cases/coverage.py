"""Which parts of a rulebook its tests have tried, asked of the cycles' own columns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rulegrid.bodies import Band, Body, Dated, Sheet
from rulegrid.engine.decisions import Lacked, Moved, Part, Ruled, Took
from rulegrid.engine.limits import LIMIT_NAMES, Step
from rulegrid.engine.sheets import sheets_of
from rulegrid.engine.telling import row_time
from rulegrid.formula import Expression
from rulegrid.metrics import METRICS
from rulegrid.program import Limits, Program, Variable
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.model import LimitsEntry
from rulegrid.rulebook.proofs import Proof, Proofs

FULL = 100.0


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a rulebook that a test should try."""

    what: str
    """For a person: ``rule 2 of `Grid` ``."""
    line: int
    parts: frozenset[Part]
    """Any of them will do."""
    table: str = ""
    """The file of the table that it is a row of; empty for a part of the rulebook itself."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts of one rulebook, and those that no test has tried."""

    rulebook: str
    """The file."""
    items: tuple[Item, ...]
    uncovered: tuple[Item, ...]


def coverage(compiled: Compiled, tried: frozenset[Part]) -> Coverage:
    """What is covered of a rulebook without errors where some of its parts were tried."""
    items = tuple(items_of(compiled))
    untried = tuple(item for item in items if item.parts.isdisjoint(tried))
    return Coverage(compiled.source.name, items, untried)


def percent(coverages: Sequence[Coverage]) -> float:
    """How much of some rulebooks was tried, in percent, to one decimal and never rounded up."""
    items = sum(len(each.items) for each in coverages)
    covered = items - sum(len(each.uncovered) for each in coverages)
    return FULL if not items else covered * 1000 // items / 10


def items_of(compiled: Compiled) -> Iterator[Item]:
    """Every part of a rulebook without errors that a test can try.

    They are in the order of the file, and behind them come the rows of its tables.
    """
    if compiled.program is None or compiled.proofs is None:
        return
    program, proofs = compiled.program, compiled.proofs
    found = [
        *_rules(program),
        *_options(program),
        *_limits(program, proofs),
        *_lacks(program, proofs),
    ]
    yield from sorted(found, key=lambda item: item.line)
    for sheet in sheets_of(program):
        yield from _rows(sheet)


def _rules(program: Program) -> Iterator[Item]:
    for number, policy in enumerate(program.policies):
        for at, rule in enumerate(policy.rules):
            name = f"rule {at + 1}" if rule.when is not None else "otherwise"
            if len(policy.rules) == 1:
                name = "the fee"
            what = f"{name} of `{policy.selector}`"
            yield Item(what, rule.place.line, frozenset({Ruled(number, at)}))


def _options(program: Program) -> Iterator[Item]:
    for variable in program.variables:
        for body in _versions(variable):
            yield from _options_of(body, variable.name)


def _versions(variable: Variable) -> Iterator[Body]:
    if variable.shared is not None:
        yield variable.shared
    yield from variable.own.values()


def _options_of(body: Body, name: str) -> Iterator[Item]:
    """The options of a body; dated values inside an option are options of their own."""
    if isinstance(body, Expression | Sheet):
        return
    for number, option in enumerate(body.options):
        if isinstance(option.value, Dated):
            yield from _options_of(option.value, f"`{option.name}` of {name}")
        when = f" ({option.when})" if isinstance(body, Band) else ""
        what = f"`{option.name}`{when} of {name}"
        yield Item(what, option.place.line, frozenset({Took(body, number)}))


def _rows(sheet: Sheet) -> Iterator[Item]:
    """The rows of a table; a row is tried as soon as any area has taken its cell."""
    for row, line in enumerate(sheet.table.lines):
        parts = frozenset({Took(sheet, row)})
        file = sheet.table.source.name
        yield Item(f"row {row_time(sheet, row)} of {sheet.name}", line, parts, file)


def _limits(program: Program, proofs: Proofs) -> Iterator[Item]:
    """The limits that are written and can move a fee.

    Left out are `decimals`, which says how a fee is written, what is as the language has it
    anyway, and a `min` or `max` that is proven to be out of reach.
    """
    numbers = {policy.selector: at for at, policy in enumerate(program.policies)}
    shared = proofs.reading.rulebook.limits
    for name, step in _WRITTEN.items():
        served = [proof for proof in proofs.areas if not _says(proof.area.entry.limits, name)]
        if shared is not None and _says(shared, name):
            yield from _limit(proofs, shared, (name, step), served, numbers)
        for proof in proofs.areas:
            own = proof.area.entry.limits
            if own is not None and _says(own, name):
                yield from _limit(proofs, own, (name, step), [proof], numbers)


_WRITTEN = {name: step for step, name in LIMIT_NAMES.items() if step is not Step.DECIMALS}


def _says(limits: LimitsEntry | None, name: str) -> bool:
    return limits is not None and name in limits.amounts


def _limit(
    proofs: Proofs,
    entry: LimitsEntry,
    limit: tuple[str, Step],
    served: Sequence[Proof],
    numbers: dict[str, int],
) -> Iterator[Item]:
    name, step = limit
    movable = [proof for proof in served if _CAN_MOVE[step](proof)]
    if movable:
        line = _line(proofs, entry.amounts[name].path)
        parts = frozenset(Moved(numbers[each.area.entry.selector], step) for each in movable)
        owner = f" of `{entry.path[1]}`" if len(entry.path) > 1 else ""
        yield Item(f"`{name}`{owner}", line, parts)


def _is_under(proof: Proof) -> bool:
    return proof.fee.raw.low < proof.limits.minimum or _number(proof) < proof.limits.minimum


def _is_over(proof: Proof) -> bool:
    return proof.fee.raw.high > proof.limits.maximum or _number(proof) > proof.limits.maximum


def _number(proof: Proof) -> float:
    """The number of `when_no_data`, else one that every limit allows."""
    number = proof.when_no_data
    return number if isinstance(number, float) else proof.limits.minimum


def _varies(proof: Proof, limit: Callable[[Limits], float | None]) -> bool:
    """Whether a limit on changes is set, and there is more than one fee to change between."""
    return bool(limit(proof.limits)) and proof.fee.settled.point is None


_CAN_MOVE: dict[Step, Callable[[Proof], bool]] = {
    Step.MIN: _is_under,
    Step.MAX: _is_over,
    Step.MAX_CHANGE: partial(_varies, limit=lambda limits: limits.max_change),
    Step.DEAD_BAND: partial(_varies, limit=lambda limits: limits.dead_band),
    Step.HOLD: partial(_varies, limit=lambda limits: limits.hold_slots),
}


def _lacks(program: Program, proofs: Proofs) -> Iterator[Item]:
    """What is done without data: each `when_no_data` that is written, else that fees are kept.

    Only where metrics can leave a fee without data.
    """
    numbers = {policy.selector: at for at, policy in enumerate(program.policies)}
    shared: list[Proof] = []
    for proof in proofs.areas:
        entry = proof.area.entry
        if not proof.fee.raw.lacking or not _reads_metrics(program, numbers[entry.selector]):
            continue
        if entry.when_no_data is None:
            shared.append(proof)
            continue
        line = _line(proofs, entry.when_no_data.path)
        parts = frozenset({Lacked(numbers[entry.selector])})
        yield Item(f"no data in `{entry.selector}`", line, parts)
    if shared:
        written = proofs.reading.rulebook.when_no_data
        path = shared[0].area.entry.path if written is None else written.path
        parts = frozenset(Lacked(numbers[each.area.entry.selector]) for each in shared)
        yield Item(f"no data in {_some(shared)}", _line(proofs, path), parts)


def _some(proofs: Sequence[Proof]) -> str:
    names = [f"`{proof.area.entry.selector}`" for proof in proofs]
    return " or ".join(names) if len(names) <= _FEW else f"{names[0]} or {len(names) - 1} others"


_FEW = 3


def _reads_metrics(program: Program, number: int) -> bool:
    """Whether something that the exchange reports is behind the fees of a policy."""
    policy = program.policies[number]
    variables = {each.name: each for each in program.variables}
    waiting = [each for rule in policy.rules for each in (rule.when, rule.fee) if each]
    known: set[str] = set()
    while waiting:
        for read in waiting.pop().all_reads().values():
            if read.name in METRICS:
                return True
            if read.name in variables and read.name not in known:
                known.add(read.name)
                waiting.extend(variables[read.name].expressions())
    return False


def _line(proofs: Proofs, path: Path) -> int:
    document = proofs.reading.rulebook.document
    span = document.key_spans.get(path) or document.spans[path]
    return document.source.position(span.start).line
