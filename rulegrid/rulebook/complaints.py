"""What the JSON Schema finds, in plain words and with what to write instead."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError

from rulegrid.diagnostics import Diagnostic, Related, did_you_mean, shown
from rulegrid.rulebook import advice
from rulegrid.rulebook.document import BROKEN, Document, Path
from rulegrid.source import Span

_FEW = 100
"""Enough keys to look for a misspelt one among them."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A finding about the value at a path; of several with a rank only the lowest counts."""

    path: Path
    finding: Diagnostic
    rank: int = 0


_ITEMS = {
    "rules": "this rule",
    "steps": "this step",
    "windows": "this window",
    "tests": "this test",
}
_WHOLES = {"urn:rulegrid:test:1": "the test file"}


@dataclass(frozen=True, slots=True)
class Case:
    """An error of the schema and all that is needed to speak of it."""

    error: ValidationError
    document: Document
    schema: Mapping[str, Any]
    """The whole of it."""

    @property
    def path(self) -> Path:
        """Where the error is."""
        return tuple(self.error.absolute_path)

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.error.instance

    @property
    def asked(self) -> Any:
        """What the schema asks for, such as the lowest number."""
        return self.error.validator_value

    @property
    def known(self) -> Mapping[str, Any]:
        """The keys that a mapping may have here, each with its schema."""
        schema: Any = self.error.schema
        known: Mapping[str, Any] = schema.get("properties", {})
        return known

    @property
    def name(self) -> str:
        """What the value is called in a message."""
        if not self.path:
            return _WHOLES.get(self.schema.get("$id", ""), "the rulebook")
        last = self.path[-1]
        if isinstance(last, str):
            return f"`{shown(last)}`"
        if self.path[0] == "groups":
            return "this selector"
        return _ITEMS.get(str(self.path[-2]), "this")

    @property
    def span(self) -> Span:
        """The place of the value."""
        return self.document.spans[self.path]

    @property
    def owner(self) -> Span:
        """Where the value is named: its key, or the first key in it."""
        if self.path in self.document.key_spans:
            return self.document.key_spans[self.path]
        first = next(iter(self.value), None) if isinstance(self.value, dict) else None
        return self.span if first is None else self.key(first)

    def key(self, name: str) -> Span:
        """The place of a key in the value."""
        return self.document.key_spans[*self.path, name]

    def lacks(self, key: str) -> bool:
        """Whether a key is missing, and not only misspelt, or hidden by another mistake."""
        unknown = [each for each in self.value if each not in self.known][:_FEW]
        is_hidden = any(self.value[each] is BROKEN for each in unknown)
        return key not in self.value and not is_hidden and not did_you_mean(key, unknown)

    def complaint(self, code: str, message: str, span: Span, hint: str = "") -> Complaint:
        """A complaint about the value."""
        return Complaint(self.path, Diagnostic(code, message, span, hint=hint))


def complaints(case: Case) -> Iterator[Complaint]:
    """What there is to say of an error; nothing where a finding was already made."""
    teller = _TELLERS.get(str(case.error.validator))
    if teller is None or case.value is BROKEN:
        return
    if case.value is None:
        hint = "write a value behind the colon" if case.name.startswith("`") else ""
        yield case.complaint("RG203", f"{case.name} has no value", case.owner, hint)
    else:
        yield from teller(case)


_KINDS: dict[str, tuple[type, str]] = {
    "string": (str, "a text"),
    "object": (dict, "a mapping"),
    "array": (list, "a list"),
    "boolean": (bool, "a truth value"),
    "integer": (int, "a whole number"),
    "number": (float, "a number"),
}


def _wrong_kind(case: Case) -> Iterator[Complaint]:
    asked = [case.asked] if isinstance(case.asked, str) else list(case.asked)
    asked = [kind for kind in asked if kind != "null"]
    needed = " or ".join(", ".join(_KINDS[kind][1] for kind in asked).rsplit(", ", 1))
    given = next(words for kind, words in _KINDS.values() if isinstance(case.value, kind))
    if asked != ["integer"] and given == "a whole number":
        given = "a number"
    message = f"{case.name} is {given} where {needed} is needed"
    yield case.complaint("RG203", message, case.span, _how_to_write(case, asked))


def _how_to_write(case: Case, asked: list[str]) -> str:
    value = case.value
    is_text = "string" in asked and "number" not in asked
    if is_text and not isinstance(value, (dict, list, str)):
        return f'put it in quotes: "{shown(case.document.text(case.path))}"'
    if asked == ["object"] and isinstance(value, str) and ":" in value:
        return "write a space behind the colon: `key: value`"
    several = "write one value, not several" if isinstance(value, (dict, list)) else ""
    return advice.HOW_TO_WRITE.get(asked[0], several) if len(asked) == 1 else several


def _unknown_keys(case: Case) -> Iterator[Complaint]:
    for key, value in case.value.items():
        if key not in case.known and value is not BROKEN:
            hint = _where_it_belongs(case, key) or _what_is_known(case, key)
            yield case.complaint("RG201", f"unknown key `{shown(key)}`", case.key(key), hint)


def _where_it_belongs(case: Case, key: str) -> str:
    """The hint for a key that is known elsewhere, or is a key and its value in one."""
    top = case.schema.get("properties", {})
    if key in top:
        return f"`{key}` stands at the start of a line, not inside {case.name}"
    for name, part in case.schema.get("$defs", {}).items():
        if name in top and key in part.get("properties", {}):
            return f"`{key}` belongs under `{name}:`"
    name, colon, rest = key.partition(":")
    return f"write a space behind the colon: `{shown(name)}: {shown(rest)}`" if colon else ""


def _what_is_known(case: Case, key: str) -> str:
    others = ", ".join(each for each in case.known if each not in case.value)
    areas = "" if "areas" not in case.known else "; an area stands below `areas:`, indented"
    return did_you_mean(key, case.known) or f"possible here: {others}{areas}"


def _missing_keys(case: Case) -> Iterator[Complaint]:
    for key in filter(case.lacks, case.asked):
        example = case.known.get(key, {}).get("examples", [""])[0]
        hint = f"write, for example, `{key}: {example}`" if example != "" else ""
        if isinstance(example, (dict, list)):
            hint = f"write `{key}:`, and below it, indented, what belongs to it"
        yield case.complaint("RG202", f"{case.name} needs the key `{key}`", case.owner, hint)


def _none_of(case: Case) -> Iterator[Complaint]:
    keys = [key for choice in case.asked for key in choice["required"]]
    if all(map(case.lacks, keys)):
        message = f"{case.name} needs {' or '.join(f'`{key}`' for key in keys)}"
        hint = advice.ONE_OF.get(keys[0], "")
        yield Complaint(case.path, Diagnostic("RG202", message, case.owner, hint=hint), rank=3)


def _alone(case: Case) -> Iterator[Complaint]:
    """A key that needs another one beside it."""
    pairs = ((key, other) for key, needs in case.asked.items() for other in needs)
    for key, other in pairs:
        if key in case.value and case.lacks(other):
            message = f"`{key}` needs `{other}` beside it"
            hint = advice.BESIDE.get((key, other), "")
            finding = Diagnostic("RG202", message, case.key(key), hint=hint)
            yield Complaint(case.path, finding, rank=2)


def _both(case: Case) -> Iterator[Complaint]:
    """Two keys that exclude each other: the later one is the mistake."""
    keys = tuple(case.asked["required"])
    first, second = sorted(case.key(key) for key in keys)
    message = " and ".join(f"`{key}`" for key in keys) + " exclude each other"
    related = (Related("the other one", first),)
    hint = advice.INSTEAD.get(keys, "keep one of the two")
    finding = Diagnostic("RG207", message, second, hint=hint, related=related)
    yield Complaint(case.path, finding, rank=1)


def _not_among(case: Case) -> Iterator[Complaint]:
    choices = " or ".join(f"`{choice}`" for choice in case.asked)
    if isinstance(case.value, (dict, list)):
        message = f"{case.name} is not one value, but several"
        yield case.complaint("RG203", message, case.span, f"write {choices}")
        return
    text = case.document.text(case.path)
    hint = "write `percent`" if text == "%" else did_you_mean(text, case.asked)
    message = f"{case.name} is `{shown(text)}`; it can be {choices}"
    yield case.complaint("RG204", message, case.span, hint)


def _out_of_range(case: Case) -> Iterator[Complaint]:
    bound = "lowest" if case.error.validator == "minimum" else "highest"
    text = shown(case.document.text(case.path))
    message = f"{case.name} is {text}; the {bound} possible is {case.asked}"
    yield case.complaint("RG204", message, case.span)


def _too_many(case: Case) -> Iterator[Complaint]:
    message = f"{case.name} holds {len(case.value)}, and at most {case.asked} may be there"
    yield case.complaint("RG204", message, case.owner, advice.MOST.get(str(case.path[0]), ""))


def _empty(case: Case) -> Iterator[Complaint]:
    keys = (case.name, f"{case.path[0]} {case.path[-1]}", str(case.path[0]))
    hint = next((advice.LEAST[key] for key in keys if key in advice.LEAST), "")
    message = f"{case.name} is empty"
    if case.value:
        message = f"{case.name} holds {len(case.value)}, and at least {case.asked} are needed"
    yield case.complaint("RG204", message, case.owner, hint)


def _other_form(case: Case) -> Iterator[Complaint]:
    """A text of another form than it must have, or a variable that no formula could name."""
    if "propertyNames" in case.error.absolute_schema_path:
        yield from _no_name(case)
        return
    examples: list[str] = list(case.error.schema.get("examples", []))  # type: ignore[union-attr]
    hint = f"write it as in `{examples[0]}`" if examples else ""
    message = f"{case.name} cannot be `{shown(case.value)}`"
    yield case.complaint("RG204", message, case.span, hint)


def _no_name(case: Case) -> Iterator[Complaint]:
    """A variable or a group whose name no formula could use."""
    key = case.value
    name = re.sub(r"[^A-Za-z0-9_]", "_", key)
    hint = f"write `{shown(f'_{name}' if name[:1].isdigit() else name)}`"
    message = f"`{shown(key)}` is no name: letters without accents, digits and `_`, no digit first"
    yield case.complaint("RG204", message, case.key(key), hint)


_TELLERS: dict[str, Callable[[Case], Iterator[Complaint]]] = {
    "type": _wrong_kind,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "anyOf": _none_of,
    "dependentRequired": _alone,
    "not": _both,
    "enum": _not_among,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "maxProperties": _too_many,
    "pattern": _other_form,
}
