"""`rulegrid backtest --report`: the page, from the files it is made of to the file it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from rulegrid.cli.backtest_views import EMBEDDED
from rulegrid.cli.exits import Exit
from rulegrid.cli.explanation import as_text
from rulegrid.cli.loading import Loaded
from rulegrid.diagnostics import shown_path
from rulegrid.engine.explain import Explanation
from rulegrid.gateway.files import licence_of, report_part, write_over
from rulegrid.gateway.histories import History
from rulegrid.rehearsal.backtest import Backtest, Watching, backtest
from rulegrid.rehearsal.report import Closer, Parts, page, page_data

_ENDINGS = (".html", ".htm")
_PARTS = ("page.html", "page.css", "words.js", "curves.js", "tables.js", "page.js")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page that is to be written, and what it is made of."""

    path: str
    parts: Parts

    def write(
        self, loaded: Sequence[Loaded], history: History, found: Backtest, data: str
    ) -> None:
        """Look at the history once more, area by area, and write what a backtest found.

        `data` is where the history is. Raises what `backtest` raises, and ends the command where
        the page cannot be written.
        """
        shown = _shown(loaded, history, found)
        shown |= {
            "version": version("rulegrid"),
            "history": shown_path(data) or EMBEDDED,
            "data": data,
        }
        title = f"Backtest: {', '.join(result.name for result in found.results)}"
        try:
            write_over(self.path, page(title, shown, self.parts))
        except OSError as error:
            click.echo(f"rulegrid: {self.path} cannot be written: {error.strerror}", err=True)
            raise click.exceptions.Exit(Exit.WORLD) from None


def ready(_context: click.Context, _option: click.Parameter, path: str | None) -> PageFile | None:
    """The page that `--report` asks for, before anything is worked out for it.

    Raises `click.UsageError` where the name is no page's, where plotly is not installed, or where
    there is no such folder.
    """
    if path is None:
        return None
    if not path.lower().endswith(_ENDINGS):
        raise click.UsageError(f"--report: the file's name ends in {' or '.join(_ENDINGS)}")
    if not Path(path).parent.is_dir():
        raise click.UsageError(f"--report: {path} cannot be written: there is no such folder")
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError:
        raise click.UsageError("--report needs plotly: pip install 'rulegrid[report]'") from None
    frame, style, *scripts = (report_part(name) for name in _PARTS)
    parts = Parts(frame, style, "".join(scripts), get_plotlyjs(), licence_of("plotly"))
    return PageFile(path, parts)


def _shown(loaded: Sequence[Loaded], history: History, found: Backtest) -> dict[str, Any]:
    programs = [each.program for each in loaded]
    closer = Closer(found, history.fee_unit or programs[0].fee_unit, _told)
    backtest(programs, history, Watching(closer.add))
    return page_data(found, closer, programs, [each.source.name for each in loaded])


def _told(explanation: Explanation) -> str:
    return as_text(explanation, colourful=False)
