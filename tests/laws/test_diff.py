"""Rulebooks that a difference calls the same give the same fees, whatever is reported."""

import re
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import bind
from rulegrid.engine.cycle import step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.diff import Change, changes
from tests.building import compiled
from tests.laws.drawn import Drawn, drawn
from tests.laws.test_fold import fees_by_id, grid_of, snapshot_of
from tests.reference.worlds import dice

Book = dict[str, Any]
NAMED = ("variables", "bands", "calendars")
SEEDS = st.integers(0, 2**32)


def made(case: Drawn) -> Compiled:
    """A case's rulebook without errors; another is left to other tests."""
    text = yaml.safe_dump(case.rulebook, sort_keys=False, allow_unicode=True)
    found = compiled(text, {name: table.encode() for name, table in case.files.items()})
    assume(found.proofs is not None)
    return found


def difference(old: Compiled, new: Compiled) -> tuple[Change, ...]:
    assert old.proofs is not None
    assert new.proofs is not None
    return changes(old.proofs.reading, new.proofs.reading)


def fees(case: Drawn, rulebook: Compiled) -> list[dict[str, str]]:
    """The fees of every slot to the last bit."""
    assert rulebook.program is not None
    binding = bind(rulebook.program, grid_of(case.tree)).binding
    assume(binding is not None)
    memory, cycles = Memory.fresh(binding.grid), []
    for slot in case.slots:
        seen = snapshot_of(slot, case.tree, binding.grid)
        cycle, memory = step(binding, memory, as_if_sent(memory, seen))
        cycles.append(cycle)
    return fees_by_id(cycles)


def each_text(part: Any, change: Any, key: str = "") -> Any:
    """A part of a rulebook with all its formulas changed."""
    if isinstance(part, dict):
        return {name: each_text(value, change, name) for name, value in part.items()}
    if isinstance(part, list):
        return [each_text(value, change, key) for value in part]
    return change(part) if isinstance(part, str) and key not in NOT_FORMULAS else part


NOT_FORMULAS = {"rulegrid", "name", "fee_unit", "timezone", "slot_length", "holidays", "unit"} | {
    *("file", "overlap", "months", "days", "hours", "hold", "when_no_data", "country", "groups")
}


def shuffled(part: Any, random: Random, *, top: bool = True) -> Any:
    """A rulebook with its keys in another order."""
    if isinstance(part, list):
        return [shuffled(value, random, top=False) for value in part]
    if not isinstance(part, dict):
        return part
    keys = [key for key in part if key != "rulegrid"]
    random.shuffle(keys)
    return {
        key: shuffled(part[key], random, top=False)
        for key in ((["rulegrid"] if top else []) + keys)
    }


def renamed(book: Book) -> Book:
    """A rulebook whose variables, bands and calendars have other names."""
    names = {name for kind in NAMED for name in book.get(kind, {})}
    names |= {n for area in book["areas"].values() if isinstance(area, dict)
              for n in area.get("variables", {})}  # fmt: skip
    words = re.compile(rf"\b({'|'.join(names)})\b")
    book = each_text(book, lambda text: words.sub(r"\1_too", text))

    def keys(of: dict[str, Any]) -> dict[str, Any]:
        return {f"{name}_too": value for name, value in of.items()}

    for kind in NAMED:
        book[kind] = keys(book.get(kind, {}))
    for area in book["areas"].values():
        if isinstance(area, dict) and "variables" in area:
            area["variables"] = keys(area["variables"])
    return book


def respelled(book: Book) -> Book:
    """A rulebook with energies in Wh, and parentheses around calls."""

    def spell(text: str) -> str:
        found = re.sub(r"(?<![\w.])([0-9.]+) kWh", in_wh, text)
        return f"({found})" if "(" in text else found

    def in_wh(found: re.Match[str]) -> str:
        return f"{Decimal(found[1]) * 1000:f} Wh"

    return each_text(book, spell)


def unwrapped(book: Book) -> Book:
    """A rulebook whose areas with one fee say it as rules, and the other way round."""
    areas = {}
    for selector, area in book["areas"].items():
        whole = dict(area) if isinstance(area, dict) else {"fee": area}
        if "fee" in whole:
            whole["rules"] = [{"otherwise": whole.pop("fee")}]
        areas[selector] = whole
    return {**book, "areas": areas}


def pasted(book: Book) -> Book:
    """A rulebook in which a shared variable stands wherever it was named."""
    own = {n for area in book["areas"].values() if isinstance(area, dict)
           for n in area.get("variables", {})}  # fmt: skip
    shared = {
        name: value
        for name, value in book["variables"].items()
        if isinstance(value, str) and name not in own and "parent.fee" not in value
    }
    words = re.compile(rf"(?<![\w.\"])({'|'.join(shared)})\b") if shared else None
    if words is None:
        return book
    return each_text(book, lambda text: words.sub(lambda m: f"({shared[m[1]]})", text))


REWRITTEN = {
    "reordered": shuffled,
    "renamed": lambda book, _: renamed(book),
    "respelled": lambda book, _: respelled(book),
    "as rules": lambda book, _: unwrapped(book),
    "pasted in": lambda book, _: pasted(book),
    "all at once": lambda book, random: shuffled(renamed(respelled(unwrapped(book))), random),
}


@settings(max_examples=15)
@given(case=drawn())
def test_a_rulebook_is_the_same_as_itself(case):
    """Nothing is different between a rulebook and itself."""
    assert () == difference(made(case), made(case))


@pytest.mark.parametrize("how", REWRITTEN)
@settings(max_examples=15)
@given(case=drawn(), seed=SEEDS)
def test_another_way_to_write_it_is_no_change(how, case, seed):
    """Rewriting that keeps the meaning is no change in either direction, and gives equal fees."""
    again = replace(case, rulebook=REWRITTEN[how](deepcopy(case.rulebook), dice(seed)))
    old, new = made(case), made(again)
    assert () == difference(old, new)
    assert () == difference(new, old)
    assert fees(case, old) == fees(case, new)


@st.composite
def edits(draw: st.DrawFn, book: Book) -> Book:
    """A rulebook with one leaf changed, or one entry gone."""
    edited = deepcopy(book)
    places = list(leaves(edited))
    at, key = draw(st.sampled_from(places))
    kind = draw(st.sampled_from(["change", "change", "change", "remove"]))
    if kind == "remove" and (isinstance(at, dict) or len(at) > 1):
        del at[key]
    else:
        at[key] = changed(at[key], draw)
    return edited


def leaves(part: Any) -> Any:
    """Every leaf and every item: the collection it is in, and its key there."""
    pairs = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in pairs:
        if key not in {"rulegrid", "name"}:
            yield part, key
        if isinstance(value, dict | list):
            yield from leaves(value)


def changed(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, int | float):
        return draw(st.sampled_from([value + 1, value * 2, value, 0.5]))
    return other_text(value, draw) if isinstance(value, str) else value


def other_text(value: str, draw: st.DrawFn) -> str:
    """A text with another number or another word in it, if it has any."""
    numbers = list(re.finditer(r"(?<![\w.])[0-9.]+", value))
    words = [("import", "export"), ("<", ">"), ("Mar", "Apr"), ("keep", "skip"), ("max", "min")]
    words = [pair for pair in words if pair[0] in value]
    if words and (not numbers or draw(st.booleans())):
        value = value.replace(*draw(st.sampled_from(words)))
    elif numbers:
        found = draw(st.sampled_from(numbers))
        other = draw(st.sampled_from(["1", "2", "3", "0.5", "12"]))
        value = value[: found.start()] + other + value[found.end() :]
    return value


@settings(max_examples=80)
@given(case=drawn(), data=st.data())
def test_what_is_called_the_same_gives_the_same_fees(case, data):
    """No edit that changes a fee of any slot goes unsaid."""
    again = replace(case, rulebook=data.draw(edits(case.rulebook)))
    old, new = made(case), made(again)
    found = difference(old, new)
    if all(change.is_words for change in found):
        assert fees(case, old) == fees(case, new)


@settings(max_examples=25)
@given(case=drawn(), data=st.data())
def test_a_changed_fee_limit_or_rule_is_told_where_it_is(case, data):
    """One edit is one change, which names its place in the new rulebook."""
    selector = data.draw(st.sampled_from(list(case.rulebook["areas"])))
    again = deepcopy(case.rulebook)
    kind, what, written = one_edit(again["areas"], selector)
    old, new = made(case), made(replace(case, rulebook=again))
    (found,) = difference(old, new)
    assert (kind, what) == (found.kind, found.what)
    assert written in new.source.text.splitlines()[found.new.line - 1]


def one_edit(areas: Book, selector: str) -> tuple[str, str, str]:
    """Change one thing: its kind, what it is called, and what now stands on its line."""
    area = areas[selector]
    if not isinstance(area, dict):
        areas["Nobody at all"] = 3
        return "selector", "selector `Nobody at all`", "Nobody at all"
    if "rules" in area:
        area["rules"].insert(0, {"when": "import > 4711 kWh", "fee": 1})
        return "rule", f"`{selector}`, rule 1", "import > 4711 kWh"
    if "limits" in area:
        area["limits"]["max"] = 317.5
        return "limit", "limits: max", "317.5"
    area["fee"] = "0.375"
    return "fee", f"`{selector}`, fee", "0.375"
