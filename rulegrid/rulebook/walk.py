"""The walk over YAML events that builds plain data and finds what rulebooks do without."""

from collections.abc import Callable, Iterable
from typing import Any

import yaml

from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.rulebook import refusals
from rulegrid.rulebook.commas import cuts
from rulegrid.rulebook.nodes import (
    BLOCK_STYLES,
    BROKEN,
    Branch,
    Entry,
    Leaf,
    Node,
    bounds,
    leaf,
    span_of,
)
from rulegrid.source import Span

DEEPEST = 32
MOST_NODES = 250_000
"""Twice as many would take more than a second; a file of 2 MiB that people read has 150,000."""


class Walk:
    """Plain data, its nodes and findings, gathered event by event."""

    def __init__(self, text: str) -> None:
        self.top = Branch.of_list(0, is_flow=False)
        """A list whose one item is the file's value; empty if there is none."""
        self.findings: list[Diagnostic] = []
        self.is_whole = True
        """Whether the file was read to its end."""
        self._raw = refusals.Raw.of(text)
        self._text = text
        self._nodes = 0
        self._is_done = False
        self._branch = self.top
        self._above: list[Branch] = []
        self._steps: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            Diagnostic: self._no_yaml,
        }

    def run(self, events: Iterable[yaml.Event | Diagnostic]) -> None:
        """Take in all events, or those before the first that makes an end."""
        steps = self._steps
        for event in events:
            if step := steps.get(type(event)):
                step(event)
            if self._is_done:
                return

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._give_up(refusals.too_many(MOST_NODES, bounds(event)[0]))
            return
        if event.anchor is not None or event.tag is not None:
            self.findings.extend(refusals.properties(event, self._text))
        node = leaf(event, self._text)
        if self._branch.is_flow and not event.style and "?" in event.value:
            self.findings.append(refusals.question_mark(span_of(node)))
        if self._branch.awaits_key:
            self._key(event.value, node, refusals.key(node, self._raw, is_plain=not event.style))
        else:
            self._value(event, node)

    def _value(self, event: yaml.ScalarEvent, node: Leaf) -> None:
        value: Any = refusals.scalar(node, self._raw, is_plain=not event.style)
        if event.style in BLOCK_STYLES:
            self.findings.extend(refusals.block_header(node, self._raw))
        if type(value) is tuple:
            self.findings.extend(value)
            value = BROKEN
        if self._branch.entries:
            node = self._behind_key(self._branch.entries[-1], event, node)
        self._put(value if event.tag is None else BROKEN, node)

    def _behind_key(self, entry: Entry, event: yaml.ScalarEvent, node: Leaf) -> Leaf:
        """A scalar in braces; a missing one has its place right behind the key."""
        entry.is_plain = not event.style
        if event.style or event.value:
            return node
        end = span_of(entry.key_node).end
        if self._text.startswith((":}", ":]", ":,"), end):
            self.findings.append(refusals.no_space(end))
        return end, end, ""

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = bounds(event)
        finding = refusals.alias(event.anchor or "", Span(start, end))
        if self._branch.awaits_key:
            self._key("", (start, end, ""), finding)
            return
        if self._branch.key != "<<":
            self.findings.append(finding)
        self._put(BROKEN, (start, end, ""))

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._nodes += 1
        start, _ = bounds(event)
        if len(self._above) == DEEPEST:
            self._give_up(refusals.too_deep(DEEPEST, start))
            return
        if event.anchor is not None or event.tag is not None:
            self.findings.extend(refusals.properties(event, self._text))
        is_mapping = type(event) is yaml.MappingStartEvent
        begin = Branch.of_mapping if is_mapping else Branch.of_list
        self._above.append(self._branch)
        self._branch = begin(start, is_flow=bool(event.flow_style))

    def _close(self, event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        branch, self._branch = self._branch, self._above.pop()
        if branch.is_flow:
            branch.end = bounds(event)[1]
        if branch.entries:
            self._mend(branch)
        if self._branch.awaits_key:
            self._key("", branch, refusals.complex_key(span_of(branch)))
        else:
            self._put(branch.data, branch)

    def _key(self, name: str, node: Node, fault: Diagnostic | None) -> None:
        """Take in a key; one with a fault has a broken value, a repeated one leaves the first."""
        branch = self._branch
        first = branch.keys.setdefault(name, node)
        if first is not node:
            fault = fault or self._repeated(name, node, first)
        elif fault:
            branch.data[name] = BROKEN
            branch.nodes[name] = node
        branch.key = name
        branch.awaits_key = False
        branch.is_kept = fault is None
        if branch.is_flow:
            branch.entries.append(Entry(name, node, fault))
        elif fault:
            self.findings.append(fault)

    def _repeated(self, name: str, node: Node, first: Node) -> Diagnostic:
        span, earlier = span_of(node), span_of(first)
        line = self._text.count("\n", 0, earlier.start) + 1
        message = f"the key `{shown(name)}` is written twice, first on line {line}"
        related = (Related("first written here", earlier),)
        return Diagnostic("RG006", message, span, hint="keep one of the two", related=related)

    def _put(self, value: Any, node: Node) -> None:
        """Give a value its place in the list or mapping that is being read."""
        branch = self._branch
        if branch.entries:
            branch.entries[-1].value = node
        if not branch.is_mapping:
            branch.data.append(value)
            branch.nodes.append(node)
        elif branch.is_kept:
            branch.data[branch.key] = value
            branch.nodes[branch.key] = node
        branch.awaits_key = branch.is_mapping
        branch.is_kept = True
        branch.last = node

    def _mend(self, branch: Branch) -> None:
        """Take together what commas have cut apart in a mapping in braces."""
        for cut in cuts(branch.entries):
            self.findings.append(cut.finding(self._text))
            branch.data[cut.head.key] = BROKEN
            for entry in cut.rest:
                entry.fault = None
                if branch.keys[entry.key] is entry.key_node:
                    del branch.keys[entry.key], branch.data[entry.key], branch.nodes[entry.key]
        self.findings.extend(entry.fault for entry in branch.entries if entry.fault)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self.top.nodes:
            self.findings.append(refusals.second_document(bounds(event)[0]))
            self._is_done = True

    def _no_yaml(self, finding: Diagnostic) -> None:
        """The file ends here; on a line about which something was said there is nothing to add."""
        for branch in (*self._above, self._branch):
            self.findings.extend(entry.fault for entry in branch.entries if entry.fault)
        at = finding.span.start if finding.span else 0
        if any(f.span and "\n" not in self._text[f.span.start : at] for f in self.findings):
            self._is_done, self.is_whole = True, False
        else:
            self._give_up(finding)

    def _give_up(self, finding: Diagnostic) -> None:
        self.findings.append(finding)
        self._is_done, self.is_whole = True, False
