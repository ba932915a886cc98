"""From a rulebook's text to a program: the pipeline of author time, one line a stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulegrid.diagnostics import Diagnostic, has_errors, in_reading_order
from rulegrid.formula import Expression
from rulegrid.program import NamedArea, Place, Policy, Program, Rule, Variable
from rulegrid.rulebook import checks, structure
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.document import Document, Path, load
from rulegrid.rulebook.model import build
from rulegrid.rulebook.reading import ReadArea, Reading, ReadRule, read_texts
from rulegrid.source import Source


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of reading a rulebook.

    All findings in reading order, and a program if none is an error.
    """

    source: Source
    program: Program | None
    findings: tuple[Diagnostic, ...]


def compile_source(source: Source, schema: Mapping[str, Any], digest: str) -> Compiled:
    """Read, check and compile a rulebook.

    `schema` is the JSON Schema of rulebooks; `digest` names the exact bytes of the rulebook and of
    the files it names. Whatever the text, there are findings or a program, never an exception.
    """
    document, findings = load(source)
    if document is None:
        return Compiled(source, None, in_reading_order(findings))
    shape = structure.findings(document, schema)
    reading = read_texts(build(document))
    found = in_reading_order((*findings, *shape, *checks.findings(reading)))
    program = None if has_errors(found) else _program(reading, digest)
    return Compiled(source, program, found)


def _program(reading: Reading, digest: str) -> Program:
    rulebook, amounts = reading.rulebook, reading.amounts
    return Program(
        rulebook.name,
        digest,
        amounts.fee_unit.dimension,
        amounts.timezone,
        amounts.slot_length,
        tuple(_variables(reading)),
        tuple(_policy(reading, area) for area in reading.areas),
        tuple(_named_areas(reading)),
    )


def _variables(reading: Reading) -> list[Variable]:
    rulebook = reading.rulebook
    paths: dict[str, Path] = {}
    for entry in rulebook.all_variables:
        paths.setdefault(entry.name, entry.path)
    own: dict[str, dict[str, Expression]] = {}
    for area in reading.areas:
        for name, expression in area.variables.items():
            own.setdefault(name, {})[area.entry.selector] = expression
    return [
        Variable(
            name,
            _key_place(rulebook.document, paths[name]),
            reading.variables.get(name),
            own.get(name, {}),
        )
        for name in reading.order
    ]


def _policy(reading: Reading, area: ReadArea) -> Policy:
    amounts = reading.amounts
    entry = area.entry
    document = reading.rulebook.document
    when_no_data = area.when_no_data if area.when_no_data is not None else amounts.when_no_data
    return Policy(
        entry.selector,
        _key_place(document, entry.path),
        tuple(
            _rule(document, number, rule, has_rules=entry.has_rules)
            for number, rule in enumerate(area.rules, start=1)
        ),
        merged_limits(amounts, entry.selector),
        "keep" if when_no_data is None else when_no_data,
    )


def _rule(document: Document, number: int, rule: ReadRule, *, has_rules: bool) -> Rule:
    if rule.fee is None:
        raise ValueError("a rule without a fee was not found by the checks")
    name = "fee" if not has_rules else "otherwise" if rule.entry.is_otherwise else f"rule {number}"
    span = document.spans[rule.entry.path]
    line = document.source.position(span.start).line
    return Rule(rule.when, rule.fee, rule.entry.because or name, Place(span, line))


def _named_areas(reading: Reading) -> list[NamedArea]:
    document = reading.rulebook.document
    named: dict[str, NamedArea] = {}
    for path, parsed in reading.parsed.items():
        for name in parsed.names_read():
            area = name.reference.area
            if area is not None and area not in named:
                span = document.place(path, name.start, name.end)
                line = document.source.position(span.start).line
                named[area] = NamedArea(area, Place(span, line))
    return list(named.values())


def _key_place(document: Document, path: Path) -> Place:
    span = document.key_spans[path]
    return Place(span, document.source.position(span.start).line)
