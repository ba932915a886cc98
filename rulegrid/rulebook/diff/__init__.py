"""The difference between two rulebooks in what they mean, not in how they are written.

Both are compared as they were read: named values by what stands behind them, amounts in canonical
units. What is equal here computes equal fees, whatever is reported. What is different is told by
the part of the rulebook that says it, with its place on both sides.
"""

from rulegrid.rulebook.diff.both import Both
from rulegrid.rulebook.diff.change import Change, Gathered, Kind, Side
from rulegrid.rulebook.diff.frame import limits, settings
from rulegrid.rulebook.diff.played import unlike
from rulegrid.rulebook.diff.policies import Policies
from rulegrid.rulebook.diff.selectors import selectors
from rulegrid.rulebook.diff.values import NamedValues
from rulegrid.rulebook.document import load
from rulegrid.rulebook.model import build
from rulegrid.rulebook.reading import Reading, read_texts
from rulegrid.source import Source

__all__ = ["Change", "Kind", "Side", "changes", "nothing", "unlike"]


def changes(old: Reading, new: Reading) -> tuple[Change, ...]:
    """Everything in which two rulebooks without errors differ in meaning.

    None where they are the same: then their fees are equal, whatever the exchange reports.
    """
    both = Both(old, new)
    named, rules, limited = NamedValues(both), Gathered(), Gathered()
    for selector in both.selectors():
        if not both.is_same_fee(selector):
            named.add(selector)
        view, areas = both.view(selector), (both.old.areas[selector], both.new.areas[selector])
        rules.add(Policies(view, *areas).changes(), selector)
        limited.add(limits(both, selector), selector)
    gathered = (*named.changes(), *rules.changes(), *limited.changes())
    return (*settings(both), *selectors(both), *gathered)


def nothing(name: str) -> Reading:
    """A rulebook in which nothing stands, to compare one with that is new or gone."""
    document, _ = load(Source(name, "areas: {}"))
    if document is None:
        raise ValueError("an empty rulebook is a document")
    return read_texts(build(document), {})
