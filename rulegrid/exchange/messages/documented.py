"""The market event as documented in November 2020: a tree keyed by names, an entry for each area.

Only the entries carry uuids, and only areas selected by us have one. An area without an entry
keeps its path in place of a uuid: its metrics can be read, but no command can name it.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from rulegrid.exchange.messages.kinds import BrokenMessageError, MarketEvent, Wire
from rulegrid.exchange.messages.slots import slot_of
from rulegrid.exchange.messages.tree import NOT_REPORTED, Node, TradeStats, columns_of, listed
from rulegrid.grid import Column, Grid


class _NamedNode(Struct, gc=False):
    """A market of the tree under its name, or an asset: an asset has no children."""

    last_market_stats: TradeStats | None = None
    last_market_fee: float | bool | None = None
    next_market_fee: float | bool | None = None
    """The fee of the slot that has just opened."""
    children: "dict[str, _NamedNode] | None" = None


class _Entry(Struct, gc=False):
    """One of the two kinds of entries: the grid's tree, or what is told of one area."""

    grid_stats_tree: dict[str, _NamedNode] | None = None
    name: str = ""
    area_uuid: str | None = None
    start_time: str | None = None
    current_market_fee: float | bool | None = None
    """The fee of the slot that has closed."""
    next_market_fee: float | bool | None = None
    last_market_stats: TradeStats | None = None
    self_sufficiency: float | None = None


_read_content = msgspec.json.Decoder(list[_Entry]).decode


def documented_event(content: msgspec.Raw, wire: Wire, known: Grid | None) -> MarketEvent:
    """The market event that a `content` list tells of."""
    entries = _read_content(content)
    areas = [entry for entry in entries if entry.area_uuid is not None]
    if not areas or areas[0].start_time is None:
        raise BrokenMessageError("a market event without an area of ours")
    tree = next((entry.grid_stats_tree for entry in entries if entry.grid_stats_tree), None)
    markets, nodes = listed(_flat(areas) if tree is None else _with_uuids(tree, areas))
    grid = markets.grid(known)
    columns = columns_of(nodes, wire)
    columns["self_sufficiency"] = _self_sufficiency(grid, areas)
    return MarketEvent(slot_of(areas[0].start_time), grid, columns)


def _flat(areas: Sequence[_Entry]) -> dict[str, Node]:
    """The areas side by side, for an event without a tree."""
    return {
        str(area.area_uuid): Node(
            area_name=area.name,
            last_market_stats=area.last_market_stats,
            last_market_fee=area.current_market_fee,
            current_market_fee=area.next_market_fee,
            children={},
        )
        for area in areas
    }


def _with_uuids(tree: Mapping[str, _NamedNode], areas: Sequence[_Entry]) -> dict[str, Node]:
    """The tree keyed by uuid.

    Markets of one name take theirs in the order in which both are listed.
    """
    uuids: dict[str, deque[str]] = {}
    for area in areas:
        uuids.setdefault(area.name, deque()).append(str(area.area_uuid))
    return _keyed(tree, uuids, "")


def _keyed(
    tree: Mapping[str, _NamedNode], uuids: Mapping[str, deque[str]], above: str
) -> dict[str, Node]:
    keyed: dict[str, Node] = {}
    for name, node in tree.items():
        path = f"{above}/{name}" if above else name
        if node.children is None:
            keyed[path] = Node(area_name=name)
            continue
        waiting = uuids.get(name)
        keyed[waiting.popleft() if waiting else path] = Node(
            area_name=name,
            last_market_stats=node.last_market_stats,
            last_market_fee=node.last_market_fee,
            current_market_fee=node.next_market_fee,
            children=_keyed(node.children, uuids, path),
        )
    return keyed


def _self_sufficiency(grid: Grid, areas: Sequence[_Entry]) -> Column:
    reported = {area.area_uuid: area.self_sufficiency for area in areas}
    values = [reported.get(area) for area in grid.ids]
    column = np.array(
        [NOT_REPORTED if value is None else value for value in values], dtype=np.float64
    )
    column.flags.writeable = False
    return column
