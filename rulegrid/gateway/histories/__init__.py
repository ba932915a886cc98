"""Long histories: Parquet, CSV and recorded days as blocks of slots, however long they are."""

from rulegrid.gateway.histories.faults import HistoryError
from rulegrid.gateway.histories.folders import belongs_to
from rulegrid.gateway.histories.opening import History, MissingExtraError, is_table, open_history

__all__ = [
    "History",
    "HistoryError",
    "MissingExtraError",
    "belongs_to",
    "is_table",
    "open_history",
]
