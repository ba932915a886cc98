"""From a rulebook's text to a program: the pipeline of author time, one line a stage."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulegrid.bodies import Band, Body, Calendar, Sheet
from rulegrid.diagnostics import Diagnostic, Switch, has_errors, in_reading_order, left_on
from rulegrid.program import NamedArea, NamedGroup, Policy, Program, Rule, Variable
from rulegrid.rulebook import checks, named_files, structure
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.document import Document, Path, load
from rulegrid.rulebook.model import AreaEntry, Rulebook, build
from rulegrid.rulebook.named_files import Files
from rulegrid.rulebook.proofs import Proofs, prove
from rulegrid.rulebook.reading import ReadArea, Reading, ReadRule, read_texts
from rulegrid.rulebook.switches import switches, useless_switches
from rulegrid.source import Place, Source


@dataclass(frozen=True, slots=True)
class Opened:
    """A rulebook's text as YAML, before the files that it names are read.

    `document` is None where the text cannot be read to its end.
    """

    source: Source
    document: Document | None
    findings: tuple[Diagnostic, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that have to be read to compile it."""
        return () if self.document is None else named_files.readable(self.document)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of reading a rulebook.

    All findings in reading order, and a program if none is an error.
    """

    source: Source
    program: Program | None
    findings: tuple[Diagnostic, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What was read of the files that the rulebook names."""
    proofs: Proofs | None = None
    """What is proven of it; None where there are errors."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A rulebook that was read as far as it can be, and all findings in reading order."""

    reading: Reading | None
    findings: tuple[Diagnostic, ...]
    switches: tuple[Switch, ...] = ()
    proofs: Proofs | None = None
    """None where there are errors."""


def open_source(source: Source) -> Opened:
    """Read a rulebook's text as YAML, to know which files it names."""
    return Opened(source, *load(source))


def compile_opened(
    opened: Opened, schema: Mapping[str, Any], files: Files, digest: str
) -> Compiled:
    """Check and compile a rulebook.

    `schema` is the JSON Schema of rulebooks; `files` what became of each of the opened one's
    `files`; `digest` names the exact bytes of the rulebook and of those files. Whatever the text
    and the files, there are findings or a program, never an exception.
    """
    checked = check_opened(opened, schema, files)
    program = None
    if checked.proofs is not None:
        program = _program(checked.proofs.reading, digest, checked.switches)
    read = {name: file for name, file in files.items() if isinstance(file, bytes)}
    return Compiled(opened.source, program, checked.findings, read, checked.proofs)


def check_opened(opened: Opened, schema: Mapping[str, Any], files: Files | None) -> Checked:
    """Read and check a rulebook without making a program of it; as `compile_opened` otherwise.

    Without files, nothing is said of those that it names.
    """
    document, findings = opened.document, opened.findings
    if document is None:
        return Checked(None, in_reading_order(findings))
    shape = structure.findings(document, schema)
    reading = read_texts(build(document), files)
    found = (*findings, *shape, *checks.findings(reading))
    proofs = None if has_errors(found) else prove(reading)
    found = (*found, *(checks.proven(proofs) if proofs else ()))
    off = switches(document)
    kept = left_on((*found, *useless_switches(document, found)), off)
    return Checked(reading, in_reading_order(kept), off, proofs)


def _program(reading: Reading, digest: str, off: tuple[Switch, ...]) -> Program:
    rulebook, amounts = reading.rulebook, reading.amounts
    choosers = _choosers(reading)
    return Program(
        rulebook.name,
        digest,
        amounts.fee_unit.dimension,
        amounts.timezone,
        amounts.slot_length,
        tuple(_variables(reading)),
        tuple(_policy(reading, area, choosers) for area in reading.areas),
        tuple(_named_areas(reading)),
        tuple(_named_groups(rulebook)),
        amounts.holidays,
        off,
    )


def _variables(reading: Reading) -> list[Variable]:
    rulebook = reading.rulebook
    paths: dict[str, Path] = {}
    for entry in rulebook.all_variables:
        paths.setdefault(entry.name, entry.path)
    own: dict[str, dict[str, Body]] = {}
    for area in reading.areas:
        for name, body in area.variables.items():
            own.setdefault(name, {})[area.entry.selector] = body
    return [
        Variable(
            name,
            _key_place(rulebook.document, paths[name]),
            reading.variables.get(name),
            own.get(name, {}),
        )
        for name in reading.order
    ]


def _policy(reading: Reading, area: ReadArea, choosers: frozenset[str]) -> Policy:
    amounts = reading.amounts
    entry = area.entry
    document = reading.rulebook.document
    when_no_data = area.when_no_data if area.when_no_data is not None else amounts.when_no_data
    return Policy(
        entry.selector,
        _key_place(document, entry.path),
        tuple(
            _rule(document, rule, _reason(entry, number), choosers)
            for number, rule in enumerate(area.rules)
        ),
        merged_limits(amounts, entry.selector),
        "keep" if when_no_data is None else when_no_data,
    )


def _reason(entry: AreaEntry, number: int) -> str:
    """What a rule is called in a reason where it says nothing itself."""
    if not entry.has_rules:
        return "fee"
    return "otherwise" if entry.rules[number].is_otherwise else f"rule {number + 1}"


def _rule(document: Document, rule: ReadRule, name: str, choosers: frozenset[str]) -> Rule:
    if rule.fee is None:
        raise ValueError("a rule without a fee was not found by the checks")
    span = document.spans[rule.entry.path]
    line = document.source.position(span.start).line
    tree, because = rule.fee.tree, rule.entry.because
    chooser = ""
    if isinstance(tree, ast.Name) and tree.id in choosers and not because:
        chooser = tree.id
    return Rule(rule.when, rule.fee, rule.entry.because or name, Place(span, line), chooser)


def _choosers(reading: Reading) -> frozenset[str]:
    """The names that some area reads as a band, a calendar or a table."""
    versions = (reading.variables, *(area.variables for area in reading.areas))
    return frozenset(
        name
        for variables in versions
        for name, body in variables.items()
        if isinstance(body, Band | Calendar | Sheet)
    )


def _named_areas(reading: Reading) -> list[NamedArea]:
    document = reading.rulebook.document
    named: dict[str, NamedArea] = {}
    for path, parsed in reading.parsed.items():
        for name in parsed.names_read:
            area = name.reference.area
            if area is not None and name.reference.scope == "area" and area not in named:
                span = document.place(path, name.start, name.end)
                line = document.source.position(span.start).line
                named[area] = NamedArea(area, Place(span, line))
    return list(named.values())


def _named_groups(rulebook: Rulebook) -> Iterator[NamedGroup]:
    document = rulebook.document
    for group in rulebook.groups:
        spans = [(each.text, document.spans[each.path]) for each in group.selectors]
        yield NamedGroup(
            group.name,
            tuple(
                NamedArea(text, Place(span, document.source.position(span.start).line))
                for text, span in spans
            ),
        )


def _key_place(document: Document, path: Path) -> Place:
    span = document.key_spans[path]
    return Place(span, document.source.position(span.start).line)
