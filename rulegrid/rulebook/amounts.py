"""The fixed amounts of a rulebook: slot length, time zone, units, limits, fees without data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula import Problem, Scope, literal
from rulegrid.program import Limits, WhenNoData
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.entries import Text
from rulegrid.rulebook.holidays import YEARS, days_of, of_country
from rulegrid.rulebook.model import HolidaysEntry, LimitsEntry, Rulebook
from rulegrid.rulebook.schedules import day
from rulegrid.units import TIME, UNITS, Dimension, Unit

DEFAULT_SLOT_LENGTH = timedelta(minutes=15)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MOST_PRICE, _MOST_PERCENT = 1000.0, 100.0
_WITHOUT_DATA: Mapping[str, WhenNoData] = {"keep": "keep", "skip": "skip"}
_DECIMALS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem in one scalar of the document; its offsets are into that scalar's text."""

    path: Path
    problem: Problem


@dataclass(slots=True)
class Amounts:
    """The amounts that could be read, and the faults of those that could not."""

    fee_unit: Unit
    slot_length: timedelta = DEFAULT_SLOT_LENGTH
    timezone: ZoneInfo | None = None
    holidays: frozenset[date] = frozenset()
    units: dict[Path, Unit] = field(default_factory=dict)
    """Of variables that name one, by the variable's place."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """In the fee unit; `hold` in slots, `decimals` a count."""
    own_limits: dict[str, Mapping[str, float]] = field(default_factory=dict)
    """By selector."""
    when_no_data: WhenNoData | None = None
    own_when_no_data: dict[str, WhenNoData | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    known: dict[tuple[object, ...], Fraction | tuple[Problem, ...]] = field(
        default_factory=dict, repr=False
    )
    """The same amounts recur in a rulebook, so that each is read once."""
    merged: dict[str, Limits] = field(default_factory=dict, repr=False)
    """The limits of each selector that were asked for."""


def merged_limits(amounts: Amounts, selector: str) -> Limits:
    """The limits of a selector's areas.

    Its own go over the shared ones, key by key, and those over the language's defaults.
    """
    known = amounts.merged.get(selector)
    if known is not None:
        return known
    written = {**amounts.limits, **amounts.own_limits.get(selector, {})}
    limits = amounts.merged[selector] = Limits(
        minimum=written.get("min", 0.0),
        maximum=written.get(
            "max", _MOST_PERCENT if amounts.fee_unit.dimension.percent else _MOST_PRICE
        ),
        max_change=written.get("max_change"),
        dead_band=written.get("dead_band"),
        hold_slots=int(written.get("hold", 0)),
        decimals=int(written.get("decimals", 0)),
    )
    return limits


def read_amounts(rulebook: Rulebook) -> Amounts:
    """Read every fixed amount of a rulebook."""
    amounts = Amounts(UNITS["%" if rulebook.fee_unit == "percent" else "ct/kWh"])
    _read_slot_length(amounts, rulebook.slot_length)
    _read_timezone(amounts, rulebook.timezone)
    _read_holidays(amounts, rulebook.holidays)
    _read_units(amounts, rulebook)
    amounts.limits = _limits(amounts, rulebook.limits)
    amounts.when_no_data = _when_no_data(amounts, rulebook.when_no_data)
    for area in rulebook.areas:
        if area.limits:
            amounts.own_limits[area.selector] = _limits(amounts, area.limits)
        amounts.own_when_no_data[area.selector] = _when_no_data(amounts, area.when_no_data)
    return amounts


def _fault(amounts: Amounts, text: Text, code: str, message: str, hint: str = "") -> None:
    problem = Problem(0, len(text.text), code, message, hint)
    amounts.faults.append(Fault(text.path, problem))


def _read_slot_length(amounts: Amounts, text: Text | None) -> None:
    if text is None:
        return
    if text.text.isdecimal():
        hint = f"write `slot_length: {text.text} min`"
        _fault(amounts, text, "RG107", f"{shown(text.text)} what?", hint)
        return
    hours = _exact(amounts, text, TIME)
    if hours is None:
        return
    minutes = hours * 60
    hint = "write a length such as `15 min`, `30 min` or `1 h`"
    if "slot" in text.text:
        _fault(amounts, text, "RG307", "how long a slot is cannot be said in slots", hint)
    elif minutes < 1 or minutes.denominator != 1 or (_DAY // _MINUTE) % minutes:
        _fault(amounts, text, "RG307", "slots of this length do not fill a day", hint)
    else:
        amounts.slot_length = int(minutes) * _MINUTE


def _read_timezone(amounts: Amounts, text: Text | None) -> None:
    if text is None:
        return
    try:
        amounts.timezone = ZoneInfo(text.text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "write an IANA name such as `Europe/Vienna`"
        _fault(amounts, text, "RG306", f"unknown time zone `{shown(text.text)}`", hint)


def _read_holidays(amounts: Amounts, entry: HolidaysEntry | None) -> None:
    if entry is None:
        return
    amounts.holidays = frozenset(filter(None, (_holiday(amounts, text) for text in entry.days)))
    if entry.country is None:
        return
    regions = of_country(entry.country.text)
    if isinstance(regions, Problem):
        amounts.faults.append(Fault(entry.country.path, regions))
        return
    days = days_of(entry.country.text, entry.region.text if entry.region else None, regions)
    if isinstance(days, frozenset):
        amounts.holidays = days
    elif entry.region:
        amounts.faults.append(Fault(entry.region.path, days))


def _holiday(amounts: Amounts, text: Text) -> date | None:
    found = day(text.text)
    if isinstance(found, Problem):
        amounts.faults.append(Fault(text.path, found))
        return None
    if found.year not in YEARS:
        _fault(amounts, text, "RG204", f"{text.text} lies too far away", "2000 to 2099 are known")
        return None
    return found


def _read_units(amounts: Amounts, rulebook: Rulebook) -> None:
    for variable in rulebook.all_variables:
        text = variable.unit
        if text is None:
            continue
        unit = UNITS.get(text.text)
        if unit is None:
            hint = did_you_mean(text.text, UNITS)
            _fault(amounts, text, "RG105", f"unknown unit `{shown(text.text)}`", hint)
        else:
            amounts.units[variable.path] = unit


def _limits(amounts: Amounts, entry: LimitsEntry | None) -> Mapping[str, float]:
    limits: dict[str, float] = {}
    for name, text in entry.amounts.items() if entry else ():
        if name == "decimals":
            if text.text in _DECIMALS:
                limits[name] = float(text.text)
        elif name == "hold":
            _read_hold(amounts, text, limits)
        else:
            value = _fee(amounts, text)
            if value is not None:
                limits[name] = value
    return limits


def _read_hold(amounts: Amounts, text: Text, limits: dict[str, float]) -> None:
    if text.text.startswith("-"):  # that is a mistake of its own
        return
    hours = _exact(amounts, text, TIME)
    if hours is None:
        return
    slots = hours * 60 / (amounts.slot_length // _MINUTE)
    if slots.denominator != 1:
        minutes = amounts.slot_length // _MINUTE
        message = f"`hold` is a whole number of slots; a slot is {minutes} min"
        _fault(amounts, text, "RG304", message, "write a length such as `2 slots`")
        return
    limits["hold"] = float(slots)


def _when_no_data(amounts: Amounts, text: Text | None) -> WhenNoData | None:
    if text is None:
        return None
    if text.text in _WITHOUT_DATA:
        return _WITHOUT_DATA[text.text]
    if not text.text.isalpha():
        return _fee(amounts, text)
    _other_word(amounts, text)
    return None


def _other_word(amounts: Amounts, text: Text) -> None:
    """The fault of a word that says nothing of what to do without data."""
    word = text.text.lower()
    meant = f"write `{word}`" if word in _WITHOUT_DATA else did_you_mean(word, _WITHOUT_DATA)
    message = "without data, an area can `keep` its fee, `skip` the slot, or get another fee"
    _fault(amounts, text, "RG102", message, meant or "write `keep`, `skip` or a number")


def _fee(amounts: Amounts, text: Text) -> float | None:
    exact = _exact(amounts, text, amounts.fee_unit)
    return None if exact is None else float(exact)


def _exact(amounts: Amounts, text: Text, expected: Unit | Dimension) -> Fraction | None:
    key = text.text, expected, amounts.slot_length
    value = amounts.known.get(key)
    if value is None:
        scope = Scope({}, amounts.fee_unit.dimension, amounts.slot_length)
        value = amounts.known[key] = literal(text.text, expected, scope)
    if isinstance(value, Fraction):
        return value
    amounts.faults.extend(Fault(text.path, problem) for problem in value)
    return None
