"""Parts of a rulebook as text, for a person to read and go on with."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rulegrid.metrics import CLOCK, METRICS

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ ._-][A-Za-z0-9]+)*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A rulebook as text."""

    text: str
    file: str = ""
    """The name of the file that it reads, empty for none: the one it was made from."""


def quoted(text: str) -> str:
    """A text as a YAML key or value, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def number(amount: Decimal) -> str:
    """A number without an exponent and without zeros that say nothing."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-0", "0") or "0"


def limits(fees: Iterable[Decimal]) -> str:
    """Limits that fees fit into, and in which they lose no decimals."""
    texts = [number(fee) for fee in fees]
    highest = max(texts, key=Decimal)
    decimals = max(len(text.partition(".")[2]) for text in texts)
    return f"limits: {{max: {highest}{f', decimals: {decimals}' if decimals else ''}}}"


def names_of(groups: Mapping[Hashable, list[str]], what: str) -> dict[Hashable, str]:
    """A name for what each group of markets shares, after the first market of the group."""
    if len(groups) == 1:
        return dict.fromkeys(groups, what)
    names: dict[Hashable, str] = {}
    for group, markets in groups.items():
        word = re.sub(r"[^a-z0-9]+", "_", markets[0].lower()).strip("_")[:_LONGEST_NAME]
        name = f"{word}_{what}" if word[:1].isalpha() else f"{what}_{word}".rstrip("_")
        taken = {*names.values(), *METRICS, *CLOCK}
        tries = (f"{name}{f'_{n}' if n > 1 else ''}" for n in range(1, len(groups) + 2))
        names[group] = next(each for each in tries if each not in taken)
    return names


def grouped(items: Iterable[tuple[str, Hashable]]) -> dict[Hashable, list[str]]:
    """The markets that have the same, by what they have."""
    groups: dict[Hashable, list[str]] = {}
    for market, has in items:
        groups.setdefault(has, []).append(market)
    return groups
