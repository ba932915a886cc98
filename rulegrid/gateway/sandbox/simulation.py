"""What clients of the web wire must be told: the simulation, and who may log in."""

from collections.abc import Mapping
from urllib.parse import urlsplit

CONFIGURATION = "73616e64-626f-4078-8000-000000000000"
"""The uuid of the simulation that every sandbox serves."""


def login_of(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The only login that is let in, where the environment names one; else any is."""
    user = environment.get("API_CLIENT_USERNAME")
    password = environment.get("API_CLIENT_PASSWORD")
    return (user, password) if user and password else None


def without_secrets(url: str) -> str:
    """A URL that may be shown: without the name and password it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
