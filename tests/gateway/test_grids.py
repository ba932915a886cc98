"""Grids in files: what a person writes, and what an exchange sent."""

import json

import pytest

from rulegrid.gateway.files import FileRefusedError
from rulegrid.gateway.grids import grid_file, named_grid
from tests.building import VILLAGE
from tests.exchange.said import event


def read(folder, content: str | bytes):
    path = folder / "grid.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return grid_file(str(path))


def test_nested_names_are_a_grid(tmp_path):
    """Every name is a market, an empty one too; parents come first, level by level."""
    grid = read(tmp_path, json.dumps(VILLAGE))
    assert ("Grid", "Street", "Mill", "House 1", "House 2") == grid.names
    assert [-1, 0, 0, 1, 1] == grid.parents.tolist()
    assert [0, 1, 1, 2, 2] == grid.levels.tolist()
    assert "Grid/Street/House 1" == grid.paths[3] == grid.ids[3]


def test_a_market_event_is_a_grid(tmp_path):
    """A message of the exchange, as `rulegrid record --grid-only` writes it."""
    assert named_grid(VILLAGE).names == read(tmp_path, event(0)).names


def test_several_roots_are_a_grid():
    """A file may hold only a part of a tree, or two."""
    grid = named_grid({"A": {"C": {}}, "B": {}})
    assert (("A", "B", "C"), [-1, -1, 0]) == (grid.names, grid.parents.tolist())


def test_names_with_slashes_are_told_apart():
    """`A/B` beside `A` over `B` are two areas of one path and of different ids."""
    grid = named_grid({"Grid": {"A/B": {}, "A": {"B": {}}, "A~1B": {}}})
    assert 5 == len(set(grid.ids))
    assert 2 == len(grid.by_path["Grid/A/B"])


NO_GRIDS = [
    ("[]", "it wants names within names"),
    ('{"Grid": 1}', "it wants names within names"),
    ('{"Grid": {"A": []}}', "it wants names within names"),
    ('{"Grid": null}', "it wants names within names"),
    ("{}", "it names no area"),
    ("{", "this is no grid"),
    ("", "this is no grid"),
    ("7", "it wants names within names"),
    ('{"Grid": {"": {}}}', "an area has no name"),
    ('{"Grid": {"A": {}, "A": {"B": {}}}}', "`A` stands twice in one place"),
    ('{"G":' * 40 + "{}" + "}" * 40, "more than 32 levels"),
    ('{"":' * 900 + "{}" + "}" * 900, "no grid"),
    ('{"G":' * 90_000 + "{}" + "}" * 90_000, "no grid"),
    ('{"event": "market"}', "this is no grid"),
    ("\ufeff{}", "this is no grid"),
]


@pytest.mark.parametrize(("content", "reason"), NO_GRIDS, ids=lambda text: text[:30])
def test_what_is_no_grid_is_refused_in_words(tmp_path, content, reason):
    """Whatever is in the file, the reason is one sentence."""
    with pytest.raises(FileRefusedError, match="this is no grid") as refused:
        read(tmp_path, content)
    assert reason in str(refused.value)


def test_a_grid_that_is_not_there_or_no_file(tmp_path):
    """A missing file is told from one that cannot be read."""
    with pytest.raises(FileNotFoundError):
        grid_file(str(tmp_path / "none.json"))
    with pytest.raises(FileRefusedError, match="a directory"):
        grid_file(str(tmp_path))
