"""A backtest as a page: its numbers drawn, and every peak explained.

Nothing here reads or writes a file: results and the texts of the page go in, HTML comes out.
"""

from rulegrid.rehearsal.report.closer import Closer
from rulegrid.rehearsal.report.data import page_data
from rulegrid.rehearsal.report.page import Parts, page

__all__ = ["Closer", "Parts", "page", "page_data"]
