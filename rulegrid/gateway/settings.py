"""How an exchange is reached: from flags, else the environment, else a TOML file, in that order.

The variables are those that users of the exchange's own client have set already. A password is
never a flag and never in the TOML file, which can name a file that holds it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulegrid.diagnostics import did_you_mean, shown, shown_path
from rulegrid.gateway.files import FileRefusedError, read_bytes
from rulegrid.gateway.secret import Secret

USUAL_FILE = "rulegrid.toml"
"""Read from the working directory where no other file is named, and may be missing there."""

MOST_BYTES = 1 << 16
PREFIX = "API_CLIENT_"


class SettingsError(ValueError):
    """A setting that is missing or wrong: one line for the one who set it, and no secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set; None where nothing is."""

    exchange: str | None = None
    """The address of the exchange where no flag names one."""
    username: str | None = None
    password: Secret | None = None
    domain: str | None = None
    """Such as `https://host`."""
    websocket: str | None = None
    """Such as `wss://host/external-ws`."""
    simulation: str | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    """The file's table `run`: options of a run where no flag names them."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A setting: its variable without the prefix, and its keys in the file."""

    variable: str
    in_file: str
    file_in_file: str = ""
    """The key that names a file with the value."""


_KEYS = {
    "username": _Key("USERNAME", "username", "username_file"),
    "password": _Key("PASSWORD", "", "password_file"),
    "domain": _Key("DOMAIN_NAME", "domain"),
    "websocket": _Key("WEBSOCKET_DOMAIN_NAME", "websocket_url"),
    "simulation": _Key("SIMULATION_ID", "simulation_id"),
}
_KNOWN = sorted(
    {"exchange", "run"}
    | {key for each in _KEYS.values() for key in (each.in_file, each.file_in_file) if key}
)


def read_settings(
    flags: Mapping[str, str | None], environment: Mapping[str, str], file: str | None = None
) -> Settings:
    """The settings of a command.

    `flags` may name `domain`, `websocket` and `simulation`. Raises `SettingsError`.
    """
    table = _table(file)
    found = {
        name: flags.get(name) or _variable(key.variable, environment) or _entry(key, table)
        for name, key in _KEYS.items()
    }
    password = found.pop("password")
    run = table.get("run", {})
    if not isinstance(run, dict):
        raise SettingsError("`run` in the settings file is no table: write [run]")
    return Settings(
        _text(table, "exchange"), password=Secret(password) if password else None, run=run, **found
    )


def _table(file: str | None) -> Mapping[str, Any]:
    """What the TOML file says; nothing where there is no usual one."""
    path = file or USUAL_FILE
    try:
        raw = read_bytes(path, MOST_BYTES)
    except FileNotFoundError:
        if file is None:
            return {}
        raise SettingsError(f"there is no file `{shown_path(file)}`") from None
    except FileRefusedError as error:
        raise SettingsError(f"{shown_path(path)}: {error}") from None
    if len(raw) > MOST_BYTES:
        raise SettingsError(f"{shown_path(path)}: a settings file has at most {MOST_BYTES} bytes")
    try:
        table = tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        where = str(error).rpartition("(")[2].rstrip(")")  # the rest may quote a secret
        told = f" ({where})" if where.startswith("at ") else ""
        raise SettingsError(f"{shown_path(path)} is no TOML{told}") from None
    _check_keys(table, shown_path(path))
    return table


def _check_keys(table: Mapping[str, Any], path: str) -> None:
    if "password" in table:
        raise SettingsError(
            f"{path}: a password does not belong in this file: set {PREFIX}PASSWORD, or name a "
            "file that holds it with `password_file`"
        )
    for key in table:
        if key not in _KNOWN:
            hint = did_you_mean(key, _KNOWN)
            raise SettingsError(
                f"{path}: there is no setting `{shown(key)}`" + (f", {hint}" if hint else "")
            )


def _variable(name: str, environment: Mapping[str, str]) -> str | None:
    """The value of a variable, or of the file that its `..._FILE` names."""
    value, file = (environment.get(f"{PREFIX}{name}{end}") for end in ("", "_FILE"))
    if value and file:
        raise SettingsError(f"{PREFIX}{name} and {PREFIX}{name}_FILE are both set: keep one")
    return _content(file, f"{PREFIX}{name}_FILE") if file else value or None


def _entry(key: _Key, table: Mapping[str, Any]) -> str | None:
    """The value of a key of the TOML file, or of the file that it names."""
    value, file = _text(table, key.in_file), _text(table, key.file_in_file)
    if value and file:
        raise SettingsError(f"`{key.in_file}` and `{key.file_in_file}` are both set: keep one")
    return _content(file, f"`{key.file_in_file}`") if file else value


def _text(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise SettingsError(f"`{key}` in the settings file is no text: put it in quotes")
    return value or None


def _content(file: str, named_by: str) -> str:
    """What a file holds, without the end of its line."""
    try:
        raw = read_bytes(file, MOST_BYTES)
    except FileNotFoundError:
        raise SettingsError(f"{named_by} names no file: `{shown_path(file)}`") from None
    except FileRefusedError as error:
        raise SettingsError(f"{named_by} `{shown_path(file)}`: {error}") from None
    try:
        content = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        content = ""
    if not content or len(raw) > MOST_BYTES:
        raise SettingsError(f"{named_by} `{shown_path(file)}` holds no text")
    return content
