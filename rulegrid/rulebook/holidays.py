"""The public holidays of countries and their regions, as the `holidays` library knows them."""

from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Any
from warnings import catch_warnings, simplefilter

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula import Problem

YEARS = range(2000, 2100)


@lru_cache(maxsize=64)
def of_country(country: str) -> tuple[str, ...] | Problem:
    """The codes of a country's regions; a country has the two letters of ISO 3166."""
    library = _library()
    if library is None:
        message = f"the holidays of `{shown(country)}` need the holidays library"
        hint = 'install it: `pip install "rulegrid[holidays]"`, or list the dates here'
        return Problem(0, len(country), "RG311", message, hint)
    known: dict[str, list[str]] = library.list_supported_countries(include_aliases=False)
    if country not in known:
        message = f"no holidays are known of a country `{shown(country)}`"
        hint = did_you_mean(country, known) or "write its two letters, as in `country: AT`"
        return Problem(0, len(country), "RG311", message, hint)
    return tuple(known[country])


@lru_cache(maxsize=64)
def days_of(
    country: str, region: str | None, regions: tuple[str, ...]
) -> frozenset[date] | Problem:
    """The holidays of a known country, and of one of its regions, in all of `YEARS`."""
    if region is not None and region not in regions:
        message = f"no holidays are known of a region `{shown(region)}` of {country}"
        known = ", ".join(f"`{each}`" for each in regions)
        hint = did_you_mean(region, regions)
        hint = hint or (f"its regions are {known}" if known else "leave `region` out")
        return Problem(0, len(region), "RG311", message, hint)
    with catch_warnings():
        simplefilter("ignore")  # of some countries fewer years are known
        return frozenset(_library().country_holidays(country, subdiv=region, years=YEARS))


def _library() -> Any:
    """The library, or None where it is not installed."""
    try:
        return import_module("holidays")
    except ImportError:
        return None
