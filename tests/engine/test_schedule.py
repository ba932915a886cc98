"""Fees that read other fees: decided in an order in which each is known when it is read."""

from itertools import pairwise

import pytest

from tests.building import NOON, VILLAGE, binding_findings, bound, fees, fold, snapshot

CHAIN = {"Grid": {"Street": {"House 1": {"Room": {}}}, "Mill": {}, "House 2": {}}}


def decided(areas: str, tree=CHAIN, **metrics):
    """The fees of one slot."""
    binding = bound(areas, tree)
    (cycle,) = fold(binding, [snapshot(binding.grid, NOON, **metrics)])
    return fees(cycle)


ORDERS = [
    # rulebook, area, fee
    ("areas: {Grid: 8, '*': parent.fee * 50 %}", "Room", 1),
    ("areas: {'*': parent.fee * 50 %, Grid: 8}", "Room", 1),
    ("areas: {Grid: Mill.fee, Mill: '\"House 2\".fee', House 2: 5}", "Grid", 5),
    ("areas: {Grid: Room.fee + 1 ct/kWh, Room: Mill.fee + 1 ct/kWh, Mill: 1}", "Grid", 3),
    ("areas: {Street: parent.fee, Mill: Street.fee}", "Mill", 4),  # Grid is unset: its next fee
    ("areas: {Grid: 3.6, Mill: parent.fee * 2}", "Mill", 8),  # read after limits: 4
    ("areas: {Grid: 99, Mill: parent.fee}\nlimits: {max: 7}", "Mill", 7),
    ("areas: {Grid: {fee: import / 1 kWh}, Mill: parent.fee}", "Mill", 4),  # kept
    ("areas: {Grid: {fee: import / 1 kWh, when_no_data: skip}, Mill: parent.fee}", "Mill", 4),
    ("areas: {Grid: {fee: import / 1 kWh, when_no_data: 6}, Mill: parent.fee}", "Mill", 6),
    ("areas: {Mill: nowhere.fee}", "Mill", 4),  # no data, so kept
    ("areas: {Grid: 'default(parent.fee, 2)'}", "Grid", 2),  # a root has no parent
    ("areas: {Grid: {fee: 9, limits: {max: 5}}, Mill: Grid.fee}", "Mill", 5),
]  # fmt: skip


@pytest.mark.parametrize(("rulebook", "area", "fee"), ORDERS)
def test_a_fee_is_read_as_it_was_decided_in_this_cycle(rulebook, area, fee):
    """After its limits, a kept one included; of an area that is not set, its next fee."""
    assert fee == decided(rulebook, next_fee=4)[area]


def test_a_late_variable_is_worked_out_for_each_area_when_its_fee_is_due():
    """A variable that reads a fee, also through another one, is as late as that fee."""
    text = """\
variables:
  share: 50 %
  from_above: parent.fee * share
  doubled: from_above * 2
areas: {Grid: 8, '*': from_above, Room: doubled, House 2: {fee: doubled, variables: {share: 25 %}}}
"""
    assert {
        "Grid": 8,
        "Street": 4,
        "Mill": 4,
        "House 1": 2,
        "Room": 2,
        "House 2": 4,
    } == decided(text)


def test_an_areas_own_variable_may_be_late_while_the_shared_one_is_not():
    """Each area reads the version that its selector defines."""
    text = """\
variables: {base: 2 ct/kWh}
areas: {Grid: base, Street: {fee: base * 3, variables: {base: Grid.fee + 1 ct/kWh}}, Mill: base}
"""
    assert (2, 9, 2) == tuple(decided(text)[name] for name in ("Grid", "Street", "Mill"))


CIRCLES = [
    # areas that only a grid shows to wait for each other, and the circle
    ("{'*': '\"House 1\".fee'}", "`Grid/Street/House 1` (line 3)"),
    ("{'Gri*': Street.fee, Street: parent.fee}", "`Grid` (line 3) -> `Grid/Street` (line 3)"),
    ("{Grid: '\"House 1\".fee', '*': parent.fee}", "`Grid` (line 3) -> `Grid/Street/House 1`"),
    # Mill waits for a circle and is in none; a deep chain leads into it
    ("{Mill: Street.fee, 'Stree*': '\"Grid/Street\".fee'}", "`Grid/Street` (line 3)"),
]


@pytest.mark.parametrize(("areas", "circle"), CIRCLES)
def test_fees_that_wait_for_each_other_are_found(areas, circle):
    """RG505 walks once round the circle, whatever else waits for it."""
    (found,) = [f for f in binding_findings(f"areas: {areas}") if f.code == "RG505"]
    assert circle in found.message
    first, *_, last = found.message.removeprefix("these fees wait for each other: ").split(" -> ")
    assert first == last


def test_a_circle_is_told_at_the_selector_it_begins_with():
    """The place is that of the first area of the way round."""
    text = "rulegrid: 1\nname: x\nareas:\n  Stre*: Grid.fee\n  'Gri*': Street.fee\n"
    (found,) = binding_findings(text)
    first = found.message.removeprefix("these fees wait for each other: ").split(" ")[0]
    selector = {"`Grid`": "'Gri*'", "`Grid/Street`": "Stre*"}[first]
    assert selector == text[found.span.start : found.span.end]


def test_a_circle_is_found_whatever_runs_into_it():
    """A long chain that feeds a circle of unequal parts does not hide it."""
    links = "".join(f"  A{n}: A{n - 1}.fee\n" for n in range(1, 12))
    text = (
        f"areas:\n{links}  A0: 1\n  Grid: '\"Room\".fee + A11.fee'\n  '*': parent.fee\n"
        "  'Mil*': A11.fee + Grid.fee\n"
    )
    tree = {"Grid": {"S": {"T": {"Room": {}}}, "Mill": {}, **{f"A{n}": {} for n in range(12)}}}
    (found,) = [f for f in binding_findings(text, tree) if f.code == "RG505"]
    assert found.message.count("`Grid` (line 16)") == 2


def test_long_chains_and_large_circles_are_found_quickly():
    """A thousand areas of which each waits for the next one: the work grows with the areas."""
    names = [f"A{n}" for n in range(1000)]
    tree = {"Grid": {name: {} for name in names}}
    lines = "".join(f"  {a}: {b}.fee\n" for a, b in pairwise([*names, "Grid"]))
    assert 1000 == len(bound(f"areas:\n{lines}", tree).groups)
    (found,) = binding_findings(f"areas:\n{lines}  'Gri*': A0.fee\n", tree)
    assert 1002 == len(found.message.split(" -> "))


def test_areas_of_one_policy_and_level_are_decided_together():
    """As many groups as policies and levels, however many areas there are."""
    streets = {f"S {n}": {f"H {n} {m}": {} for m in range(5)} for n in range(20)}
    binding = bound("areas: {'*': parent.fee, Grid: 3, 'H *': parent.fee * 2}", {"Grid": streets})
    assert 3 == len(binding.groups)
    assert [1, 20, 100] == [len(group.areas) for group in binding.groups]


def test_metrics_may_read_round_in_a_circle():
    """Only fees of this cycle wait for each other: `last_fee` and metrics do not."""
    text = "areas: {Grid: Street.last_fee, Street: Grid.current_fee + Mill.fee, Mill: 1}"
    assert () == binding_findings(text, VILLAGE)
