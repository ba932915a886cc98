"""The JSON Schema of rulebooks, made quick: values of one shape are validated once.

A large rulebook has thousands of areas and rules of few shapes: the same keys with other texts.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

_extend: Any = extend  # has no types
_ABOUT_TEXT = frozenset({"const", "enum", "format", "maxLength", "minLength", "pattern"})
_ABOUT_NUMBERS = frozenset({"const", "enum", "maximum", "minimum", "multipleOf"})
_ABOUT_PARTS = frozenset({"properties", "items", "additionalProperties", "propertyNames"})


def errors(data: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Everything in which data is not as a schema says, found as it is asked for.

    The schema is of draft 2020-12, without references to other files or from a part to itself.
    """
    inlined = _inline(schema, schema.get("$defs", {}))
    alike = _Alike()
    keywords = {"additionalProperties": alike.extras, "items": alike.items}
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


class _Alike:
    """The keywords of many values under one schema, which leave out shapes found valid before."""

    def __init__(self) -> None:
        self._shapes: dict[int, _Shapes] = {}

    def extras(
        self, validator: Any, schema: Any, instance: Any, around: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        """The keyword `additionalProperties`."""
        if isinstance(schema, bool) or not isinstance(instance, dict):
            every = Draft202012Validator.VALIDATORS["additionalProperties"]
            yield from every(validator, schema, instance, around)
        else:
            known = around.get("properties", {})
            extras = ((key, value) for key, value in instance.items() if key not in known)
            yield from self._each(validator, schema, extras)

    def items(
        self, validator: Any, schema: Any, instance: Any, around: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        """The keyword `items`."""
        del around
        if isinstance(instance, list):
            yield from self._each(validator, schema, enumerate(instance))

    def _each(
        self, validator: Any, schema: Any, values: Iterable[tuple[str | int, Any]]
    ) -> Iterator[ValidationError]:
        shapes = self._shapes.get(id(schema)) or _Shapes(schema)
        self._shapes[id(schema)] = shapes
        for key, value in values:
            shape = shapes.of(value)
            if shape in shapes.valid:
                continue
            is_valid = True
            for error in validator.descend(value, schema, path=key):
                is_valid = False
                yield error
            if is_valid:
                shapes.valid.add(shape)


class _Shapes:
    """What of a value matters to a schema: its keys, and only where the schema asks its texts."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.valid: set[Any] = set()
        self._with_texts = _asks(schema, _ABOUT_TEXT)
        own = {key: part for key, part in schema.items() if key not in _ABOUT_PARTS}
        self._with_own_number = _asks(own, _ABOUT_NUMBERS) or "integer" in str(own.get("type"))

    def of(self, value: Any) -> Any:
        """The shape of a value: two of one shape are both valid or both not."""
        if isinstance(value, (int, float)) and not self._with_own_number:
            return type(value)
        return self._part(value)

    def _part(self, value: Any) -> Any:
        if isinstance(value, str) and not self._with_texts:
            return str
        if isinstance(value, dict):
            return tuple((key, self._part(each)) for key, each in value.items())
        if isinstance(value, list):
            return (list, *map(self._part, value))
        return type(value), value


def _asks(schema: Any, keywords: frozenset[str]) -> bool:
    """Whether some part of a schema, but for names of keys, holds one of the keywords."""
    if isinstance(schema, list):
        return any(_asks(each, keywords) for each in schema)
    if not isinstance(schema, dict):
        return False
    inside = (part for key, part in schema.items() if key not in {"propertyNames", "examples"})
    return not keywords.isdisjoint(schema) or any(_asks(part, keywords) for part in inside)
