"""How a text is written so that every YAML reader reads it back: plain where that is safe."""

import re

from rulegrid.rulebook.scalars import read_plain

_CLEAR = re.compile(r"[^\W_](?:.*[^:\s])?|_.*[^:\s]|\(.*[^:\s]")
"""It begins with a letter, a digit, `_` or `(`, to which YAML gives no meaning of its own."""
_SIGNS = re.compile(r": | #|[\t\r\n]")
_SIGNS_IN_FLOW = re.compile(r"[,:?\[\]{}]")
_ODD_IN_KEYS = re.compile(r"[*'\"]")
_CLOCK_OR_DATE = re.compile(r"[0-9].*:|[0-9]{4}-[0-9]")


def quoted(text: str, *, is_key: bool = False, is_in_flow: bool = False) -> str:
    """A text of one line without escapes, in as few quotes as it needs.

    A name with a star keeps its quotes, as in `"Street *"`, since `"*"` alone needs them; so does
    one that holds quotes itself.
    """
    is_clear = _is_plain(text, is_in_flow=is_in_flow)
    if is_clear and not (is_key and _ODD_IN_KEYS.search(text)):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _is_plain(text: str, *, is_in_flow: bool) -> bool:
    if not _CLEAR.fullmatch(text) or _SIGNS.search(text) or _CLOCK_OR_DATE.match(text):
        return False
    if is_in_flow and _SIGNS_IN_FLOW.search(text):
        return False
    return text.isprintable() and read_plain(text) == text
