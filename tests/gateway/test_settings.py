"""Settings and the links they lead to."""

import os
import pickle

import pytest

from rulegrid.exchange.messages import Wire
from rulegrid.gateway.links import live_link
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.settings import Settings, SettingsError, read_settings

ENVIRONMENT = {
    "API_CLIENT_USERNAME": "operator@grid",
    "API_CLIENT_PASSWORD": "s3cret",
    "API_CLIENT_DOMAIN_NAME": "https://exchange.example",
    "API_CLIENT_WEBSOCKET_DOMAIN_NAME": "wss://exchange.example/ws",
    "API_CLIENT_SIMULATION_ID": "5",
}
TODAY = Wire()


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_variables_are_those_of_the_exchanges_own_client():
    """Who has set them already need set nothing."""
    settings = read_settings({}, ENVIRONMENT)
    assert ("operator@grid", Secret("s3cret")) == (settings.username, settings.password)
    assert "https://exchange.example" == settings.domain
    assert ("wss://exchange.example/ws", "5") == (settings.websocket, settings.simulation)
    assert Settings() == read_settings({}, {})


def test_a_flag_goes_before_a_variable_and_that_before_the_file(tmp_path):
    """One by one: each may come from elsewhere."""
    written(
        tmp_path / "rulegrid.toml",
        'simulation_id = "file"\nusername = "file"\ndomain = "https://file"\nwebsocket_url = ""\n',
    )
    environment = {"API_CLIENT_SIMULATION_ID": "variable", "API_CLIENT_USERNAME": "variable"}
    settings = read_settings({"simulation": "flag", "websocket": None}, environment)
    assert ("flag", "variable") == (settings.simulation, settings.username)
    assert ("https://file", None) == (settings.domain, settings.websocket)


def test_a_value_may_be_in_a_file_of_its_own(tmp_path):
    """As secrets are handed to containers; the end of its line is no part of it."""
    path = written(tmp_path / "password", "pass word \n")
    assert Secret("pass word ") == read_settings({}, {"API_CLIENT_PASSWORD_FILE": path}).password
    named = written(tmp_path / "settings.toml", f'password_file = "{path}"\n')
    assert Secret("pass word ") == read_settings({}, {}, named).password


def test_the_file_can_hold_what_a_run_is_told(tmp_path):
    """The table is handed on as it is."""
    text = 'exchange = "redis://localhost"\n[run]\nsend = "changed"\nwait = 60\n'
    settings = read_settings({}, {}, written(tmp_path / "a.toml", text))
    assert "redis://localhost" == settings.exchange
    assert {"send": "changed", "wait": 60} == settings.run


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'password = "s3cret"',
            "a password does not belong in this file: set API_CLIENT_PASSWORD",
        ),
        ('simulation = "5"', "there is no setting `simulation`, did you mean `simulation_id`?"),
        ("simulation_id = 5", "`simulation_id` in the settings file is no text: put it in quotes"),
        ("run = 3", "`run` in the settings file is no table: write [run]"),
        ('username = "a"\nusername_file = "b"', "`username` and `username_file` are both set"),
        ('password_file = "gone"', "`password_file` names no file: `gone`"),
        ('password_file = "."', "`password_file` `.`: this is a directory, not a file"),
        ('exchange = "s3cret', "is no TOML (at end of document)"),
        ("s3cret", "is no TOML (at"),
        ("\0", "is no TOML"),
        ("# " + "x" * 70_000, "a settings file has at most 65536 bytes"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(text, message, tmp_path):
    """Without what it says, which may be a secret in the wrong place."""
    with pytest.raises(SettingsError) as raised:
        read_settings({}, {}, written(tmp_path / "a.toml", text))
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_named_must_be_there(tmp_path):
    """And a pipe is not waited for."""
    with pytest.raises(SettingsError, match=r"there is no file `gone\.toml`"):
        read_settings({}, {}, "gone.toml")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingsError, match="this is a pipe, not a file"):
        read_settings({}, {}, "pipe")


def test_wrong_variables_are_told_by_their_names(tmp_path):
    """Never with what they hold."""
    both = {"API_CLIENT_PASSWORD": "s3cret", "API_CLIENT_PASSWORD_FILE": "x"}
    with pytest.raises(SettingsError, match="API_CLIENT_PASSWORD_FILE are both set"):
        read_settings({}, both)
    for content in (b"", b"\n", b"\xff\xfe"):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(SettingsError, match="API_CLIENT_PASSWORD_FILE `f` holds no text"):
            read_settings({}, {"API_CLIENT_PASSWORD_FILE": "f"})


def test_a_secret_does_not_show():
    """Neither printed, nor formatted, nor written down; equal ones are equal."""
    secret = Secret("s3cret")
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        repr([secret]),
        repr(Settings(password=secret)),
    ]
    assert not any("s3cret" in text for text in shown)
    assert "s3cret" == secret.reveal()
    assert (Secret("s3cret"), hash(Secret("s3cret"))) == (secret, hash(secret))
    assert Secret("other") != secret
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("url", "domain", "websocket"),
    [
        ("https://host", "https://host", "wss://host/external-ws"),
        ("http://host:8000/", "http://host:8000", "ws://host:8000/external-ws"),
        ("https:", "https://exchange.example", "wss://exchange.example/external-ws"),
        ("https://", "https://exchange.example", "wss://exchange.example/external-ws"),
    ],
)
def test_an_address_leads_to_the_web(url, domain, websocket):
    """The websocket is beside it unless it is named; without a host it is that of the settings."""
    settings = read_settings({}, ENVIRONMENT | {"API_CLIENT_WEBSOCKET_DOMAIN_NAME": ""})
    access = live_link(url, TODAY, settings=settings)._access  # noqa: SLF001
    assert (domain, websocket, "5") == (access.domain, access.websocket, access.simulation)
    named = read_settings({}, ENVIRONMENT)
    access = live_link(url, TODAY, settings=named)._access  # noqa: SLF001
    assert "wss://exchange.example/ws" == access.websocket


@pytest.mark.parametrize(
    ("url", "lacking", "message"),
    [
        ("https://host", "PASSWORD", "set API_CLIENT_USERNAME and API_CLIENT_PASSWORD"),
        ("https://host", "USERNAME", "set API_CLIENT_USERNAME and API_CLIENT_PASSWORD"),
        ("https://host", "SIMULATION_ID", "give --simulation-id or set API_CLIENT_SIMULATION_ID"),
        ("https:", "DOMAIN_NAME", "which host?"),
        ("https://me:s3cret@host", "", "does not belong in an address"),
        ("https://host:port", "", "is no address like https://HOST"),
        ("ftp://me:s3cret@host", "", "`ftp://host` is no exchange: write replay:, redis://HOST"),
        ("localhost:6379", "", "is no exchange: write replay:, redis://HOST:PORT/0 or https"),
        ("redis://me:s3cret@host:port", "", "`redis://host:port` is no URL of a Redis"),
    ],
)
def test_what_is_missing_or_wrong_is_told(url, lacking, message):
    """In one line that names the setting and holds no secret."""
    environment = {k: v for k, v in ENVIRONMENT.items() if k != f"API_CLIENT_{lacking}"}
    with pytest.raises(ValueError, match=r".+") as raised:
        live_link(url, TODAY, settings=read_settings({}, environment))
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_an_address_leads_to_redis():
    """Under the uuid of an earlier run, where there was one."""
    assert "A" == live_link("redis://localhost", TODAY, "A").aggregator
    links = [live_link("rediss://localhost:1/0", TODAY) for _ in range(2)]
    assert links[0].aggregator != links[1].aggregator
