"""Who the members of aggregates are on a grid, and whose metrics have to be asked for."""

import numpy as np
import pytest

from rulegrid.engine.explain import explain
from rulegrid.grid import Area, AreaId, Grid
from tests.building import VILLAGE, after, binding_findings, bound, fees, fold, snapshot

GROUPS = 'groups:\n  houses: ["House *", House 1, "Grid/Street/*"]\n'


def members(binding, name):
    """By the name of each area that has some; `all` and groups are one."""
    names, found = binding.grid.names, {}
    of = binding.members[name]
    for place, result in zip(of.places, of.results, strict=True):
        found.setdefault(names[result] if name == "children" else "", set()).add(names[place])
    return found


def test_children_are_the_markets_right_below():
    """Grandchildren do not count, and neither does the area itself."""
    binding = bound("areas: {Grid: total(children.import) / 1 kWh}")
    assert {"Grid": {"Street", "Mill"}, "Street": {"House 1", "House 2"}} == members(
        binding, "children"
    )
    assert {"": set(binding.grid.names)} == members(binding, "all")


def test_a_member_of_a_group_counts_once():
    """However many of the group's selectors match it."""
    binding = bound(f"{GROUPS}areas: {{Grid: total(houses.import) / 1 kWh}}")
    assert {"": {"House 1", "House 2"}} == members(binding, "houses")
    assert 2 == len(binding.members["houses"].places)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("total(children.import) / 1 kWh", ["Grid", "Street", "Mill"]),
        ("total(all.import) / 1 kWh", ["Grid", "Street", "Mill", "House 1", "House 2"]),
        ("total(houses.import) / 1 kWh", ["Grid", "House 1", "House 2"]),
        ("total(children.load) / 1 kWh", ["Grid", "House 1", "House 2"]),
        ("average(total(children.import), 2 slots) / 1 kWh", ["Grid", "Street", "Mill"]),
        ("total(average(children.import, 2 slots)) / 1 kWh", ["Grid", "Street", "Mill"]),
        ('count(children.import > "House 2".import)', ["Grid", "Street", "Mill", "House 2"]),
        ("2", ["Grid"]),
    ],
)
def test_who_is_asked_for_statistics(formula, expected):
    """The areas that a rulebook covers, and all whose metrics its aggregates need, no more."""
    variables = "variables: {load: total(children.import)}\n"
    binding = bound(f"{GROUPS}{variables}areas: {{Grid: '{formula}'}}")
    assert [binding.grid.ids[binding.grid.names.index(name)] for name in expected] == list(
        binding.reported
    )


def test_the_selectors_of_groups_are_held_to_the_grid():
    """One that matches nothing is a warning, and a name that two areas bear an error."""
    twins = {"Grid": {"Street": {"House 1": {}}, "Lane": {"House 1": {}}}}
    text = "groups: {g: [House 1, Howse 2]}\nareas: {Grid: total(g.import) / 1 kWh}"
    assert ["RG502", "RG501"] == [finding.code for finding in binding_findings(text, twins)]


def test_a_window_over_an_aggregate_has_its_own_past():
    """A slot in which no child had data is left out, and the newest one is needed."""
    binding = bound("areas: {Grid: 'average(total(children.import), 3 slots) / 1 kWh'}")
    imports = [{"Street": 2, "Mill": 4}, {"Street": None, "Mill": None}, {"Street": 10}]
    slots = [snapshot(binding.grid, after(n), import_=each) for n, each in enumerate(imports)]
    assert [6, None, 8] == [fees(cycle)["Grid"] for cycle in fold(binding, slots)]


def test_the_order_of_areas_changes_no_sum():
    """Sums are added up in the order of the areas' ids, however an exchange lists them."""
    imports = [0.1, 0.2, 0.3, 1e16, -1e16]
    areas = [Area(AreaId(f"id {n}"), f"House {n}", 0) for n in range(len(imports))]
    results = set()
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 4, 2, 1]):
        grid = Grid.from_areas([Area(AreaId("root"), "Grid", -1), *(areas[n] for n in order)])
        binding = bound("areas: {Grid: total(children.import) / 1 kWh}", grid)
        known = {f"House {n}": imports[n] for n in order}
        (cycle,) = fold(binding, [snapshot(grid, import_=known)])
        results.add(float(cycle.raw[0]).hex())
    assert 1 == len(results)


def test_an_explanation_says_what_every_area_had():
    """Each member with its value, None for no data; the others are not mentioned."""
    binding = bound("areas: {Grid: total(children.import) / 1 kWh}", VILLAGE)
    (cycle,) = fold(binding, [snapshot(binding.grid, import_={"Street": 2, "House 1": 5})])
    explanation = explain(cycle, 0)
    assert explanation is not None
    (told,) = explanation.definitions
    names = binding.grid.names
    assert {"Street": 2, "Mill": None} == {names[at]: value for at, value in told.areas or ()}
    assert 2 == told.value
    assert np.isclose(cycle.raw[0], 2)
