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
    Leaf,
    Node,
    bounds,
    leaf,
    span_of,
)
from rulegrid.source import Span

DEEPEST = 32
MOST_FINDINGS = 1000
"""Nobody mends more in one go; the walk ends there."""
MOST_NODES = 200_000
"""A readable file of 2 MiB has 150,000; with 500,000 a hostile one takes more than a second."""


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
            self._find(*refusals.properties(event, self._text))
        node = leaf(event, self._text)
        if self._branch.is_flow and not event.style and "?" in event.value:
            self._find(refusals.question_mark(span_of(node)))
        if self._branch.awaits_key:
            self._key(event.value, node, refusals.key(node, self._raw, is_plain=not event.style))
        else:
            self._value(event, node)

    def _value(self, event: yaml.ScalarEvent, node: Leaf) -> None:
        value: Any = refusals.scalar(node, self._raw, is_plain=not event.style)
        if event.style in BLOCK_STYLES:
            self._find(*refusals.block_header(node, self._raw))
        if type(value) is tuple:
            self._find(*value)
            value = BROKEN
        if node[0] == node[1] and self._branch.is_flow and not event.style:
            node = self._bare_key(self._branch)
        self._put(value if event.tag is None else BROKEN, node)

    def _bare_key(self, branch: Branch) -> Leaf:
        """The place of a value that is missing in braces: right behind its key."""
        branch.has_bare_keys = True
        end = span_of(branch.last or (branch.start, branch.start, "")).end
        if self._text.startswith((":}", ":]", ":,"), end):
            self._find(refusals.no_space(end))
        return end, end, ""

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = bounds(event)
        is_key = self._branch.awaits_key
        finding = refusals.alias(event.anchor or "", Span(start, end), is_key=is_key)
        if is_key:
            self._key("", (start, end, ""), finding)
            return
        if self._branch.key != "<<":
            self._find(finding)
        self._put(BROKEN, (start, end, ""))

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._nodes += 1
        start, _ = bounds(event)
        if len(self._above) == DEEPEST:
            self._give_up(refusals.too_deep(DEEPEST, start))
            return
        if event.anchor is not None or event.tag is not None:
            self._find(*refusals.properties(event, self._text))
        is_mapping = type(event) is yaml.MappingStartEvent
        begin = Branch.of_mapping if is_mapping else Branch.of_list
        self._above.append(self._branch)
        self._branch = begin(start, is_flow=bool(event.flow_style))

    def _close(self, event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        branch, self._branch = self._branch, self._above.pop()
        if branch.is_flow:
            branch.end = bounds(event)[1]
        if branch.is_mapping and (branch.faults or branch.has_bare_keys):
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
        branch.key = name
        branch.last = node
        branch.awaits_key = False
        branch.is_first = first is node
        branch.is_sound = fault is None
        if fault and branch.is_flow:
            self._defer(branch, name, fault)
        elif fault:
            self._find(fault)

    def _defer(self, branch: Branch, name: str, fault: Diagnostic) -> None:
        branch.faults.append((name, fault))
        if len(branch.faults) == MOST_FINDINGS:
            self._find(*(each for _, each in branch.faults))

    def _repeated(self, name: str, node: Node, first: Node) -> Diagnostic:
        span, earlier = span_of(node), span_of(first)
        line = self._text.count("\n", 0, earlier.start) + 1
        message = f"the key `{shown(name)}` is written twice, first on line {line}"
        related = (Related("first written here", earlier),)
        return Diagnostic("RG006", message, span, hint="keep one of the two", related=related)

    def _put(self, value: Any, node: Node) -> None:
        """Give a value its place in the list or mapping that is being read."""
        branch = self._branch
        if not branch.is_mapping:
            branch.data.append(value)
            branch.nodes.append(node)
        elif branch.is_first:
            branch.data[branch.key] = value if branch.is_sound else BROKEN
            branch.nodes[branch.key] = node
        branch.awaits_key = branch.is_mapping
        branch.last = node

    def _mend(self, branch: Branch) -> None:
        """Take together what commas have cut apart in a mapping in braces."""
        parts: set[str] = set()
        for cut in tuple(cuts(branch, self._text)):
            self._find(cut.finding(branch, self._text))
            branch.data[cut.head] = BROKEN
            parts.update(cut.rest)
            for key in cut.rest:
                del branch.keys[key], branch.data[key], branch.nodes[key]
        for key, fault in branch.faults:
            if key not in parts:
                self._find(fault)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self.top.nodes:
            self._find(refusals.second_document(bounds(event)[0]))
            self._is_done = True

    def _no_yaml(self, finding: Diagnostic) -> None:
        """The file ends here; on a line about which something was said there is nothing to add."""
        for branch in (*self._above, self._branch):
            self.findings.extend(fault for _, fault in branch.faults)
        at = finding.span.start if finding.span else 0
        begins = (found.span.start for found in self.findings if found.span)
        if all(self._text.find("\n", begin, at) >= 0 for begin in begins):
            self._find(finding)
        self._is_done, self.is_whole = True, False

    def _find(self, *findings: Diagnostic) -> None:
        self.findings.extend(findings)
        if len(self.findings) >= MOST_FINDINGS:
            self._is_done, self.is_whole = True, False

    def _give_up(self, finding: Diagnostic) -> None:
        self._find(finding)
        self._is_done, self.is_whole = True, False
