"""Grid tariffs as YAML rulebooks: checked, rehearsed, sent as one batch of fees a slot.

The public door: `compile_rulebook`, `rehearse`, `backtest`, `batch` and `GridOperator`. Each is
loaded when it is first used, so that `import rulegrid` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rulegrid.door import (
        HistoryError,
        RehearsalError,
        RulebookError,
        backtest,
        batch,
        compile_rulebook,
        rehearse,
    )
    from rulegrid.gateway.operator import GridOperator

__all__ = [
    "GridOperator",
    "HistoryError",
    "RehearsalError",
    "RulebookError",
    "backtest",
    "batch",
    "compile_rulebook",
    "rehearse",
]

_HOMES = {"GridOperator": "rulegrid.gateway.operator"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module `rulegrid` has no attribute `{name}`")
    return getattr(import_module(_HOMES.get(name, "rulegrid.door")), name)


def __dir__() -> list[str]:
    return __all__
