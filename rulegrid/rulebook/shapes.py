"""The JSON Schema of rulebooks, made quick: values of one shape are validated once.

A large rulebook has thousands of areas of few shapes: the same keys with other numbers and texts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

_extend: Any = extend  # has no types
_ABOUT_TEXT = frozenset({"const", "enum", "format", "maxLength", "minLength", "pattern"})


def errors(data: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Everything in which data is not as a schema says.

    The schema is of draft 2020-12, without references to other files or from a part to itself.
    """
    inlined = _inline(schema, schema.get("$defs", {}))
    keywords = {"additionalProperties": _Extras()}
    validator = _extend(Draft202012Validator, keywords)(inlined)
    found: Iterator[ValidationError] = validator.iter_errors(data)
    return found


def _inline(part: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with every reference replaced by what it refers to."""
    if isinstance(part, list):
        return [_inline(each, definitions) for each in part]
    if not isinstance(part, Mapping):
        return part
    own = {k: _inline(v, definitions) for k, v in part.items() if k not in {"$ref", "$defs"}}
    if "$ref" not in part:
        return own
    return _inline(definitions[part["$ref"].rpartition("/")[2]], definitions) | own


class _Extras:
    """The keyword `additionalProperties` that leaves out values of a shape found valid before."""

    def __init__(self) -> None:
        self._valid: dict[int, set[Any] | None] = {}

    def __call__(
        self, validator: Any, extras: Any, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if id(extras) not in self._valid:
            self._valid[id(extras)] = None if _is_about_text(extras) else set()
        valid = self._valid[id(extras)]
        if isinstance(extras, bool) or not isinstance(instance, dict) or valid is None:
            every = Draft202012Validator.VALIDATORS["additionalProperties"]
            yield from every(validator, extras, instance, schema)
            return
        known = schema.get("properties", {})
        for key, value in instance.items():
            if key not in known and (shape := _shape(value)) not in valid:
                found = list(validator.descend(value, extras, path=key))
                yield from found
                if not found:
                    valid.add(shape)


def _is_about_text(schema: Any) -> bool:
    """Whether it matters to a schema what a text says, and not only that it is one."""
    if isinstance(schema, list):
        return any(_is_about_text(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    inside = (value for key, value in schema.items() if key not in {"propertyNames", "examples"})
    return not _ABOUT_TEXT.isdisjoint(schema) or any(_is_about_text(each) for each in inside)


def _shape(value: Any) -> Any:
    """A value with its texts left out, but with its keys and numbers."""
    if isinstance(value, str):
        return str
    if isinstance(value, dict):
        return tuple((key, _shape(each)) for key, each in value.items())
    if isinstance(value, list):
        return (list, *map(_shape, value))
    return type(value), value
