"""Which selectors are new, gone, or spelled otherwise."""

from collections.abc import Iterator, Mapping

from rulegrid.program import Limits
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.diff.both import Both
from rulegrid.rulebook.diff.change import Change, Side
from rulegrid.rulebook.diff.saying import said
from rulegrid.rulebook.diff.sight import Sight


def selectors(both: Both) -> Iterator[Change]:
    """The selectors that only one of the rulebooks has; two with one policy are one, renamed."""
    old, new = both.old, both.new
    gone = [selector for selector in old.areas if selector not in new.areas]
    come = [selector for selector in new.areas if selector not in old.areas]
    renamed: Mapping[object, str] = {_policy(new, each): each for each in reversed(come)}
    for selector in gone:
        now = renamed.get(_policy(old, selector))
        side = None
        if now in come:
            come.remove(now)
            side = _side(new, now, f"`{now}`")
        text = f"`{selector}`" if side else _told(old, selector)
        what = f"selector `{now if side else selector}`"
        yield Change("selector", what, _side(old, selector, text), side, (now or selector,))
    for selector in come:
        side = _side(new, selector, _told(new, selector))
        yield Change("selector", f"selector `{selector}`", None, side, (selector,))


def _policy(sight: Sight, selector: str) -> tuple[int, Limits, object]:
    area = sight.areas[selector]
    fee = sight.fee(area, sight.see(selector))
    limits = merged_limits(sight.reading.amounts, selector)
    return fee, limits, area.when_no_data


def _side(sight: Sight, selector: str, text: str) -> Side:
    return sight.side(sight.areas[selector].entry.path, text)


def _told(sight: Sight, selector: str) -> str:
    rules = sight.areas[selector].rules
    if len(rules) == 1 and rules[0].fee:
        return said(rules[0].fee)
    return f"{len(rules)} rules"
