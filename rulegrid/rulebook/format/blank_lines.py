"""One blank line between the sections of a rulebook, and never two."""

from collections.abc import Iterator

from rulegrid.rulebook.format.layout import Layout, Line


def parted(found: Layout) -> str:
    """The text with its blank lines in place, and one line break at its end."""
    lines = tuple(found.lines())
    begins = {_head(lines, place) for place in _sections(found, lines)}
    kept: list[str] = []
    for place, line in enumerate(lines):
        is_parted = not kept or kept[-1] == "" or _keeps_end(lines[place - 1])
        if place in begins and not is_parted:
            kept.append("")
        if not line.is_blank:
            kept.append(line.text)
        elif not is_parted and place not in begins:
            kept.append("")
    return _ended("\n".join(kept), found)


def _sections(found: Layout, lines: tuple[Line, ...]) -> Iterator[int]:
    """The lines that begin a section of several lines, or what follows one."""
    numbers = {line.start: place for place, line in enumerate(lines)}
    was_section = False
    for key, value in found.document.data.items():
        start = found.document.key_spans[key,].start
        span = found.document.spans[key,]
        is_section = isinstance(value, dict | list) and found.text[span.start] not in "{["
        if (is_section or was_section) and start in numbers:
            yield numbers[start]
        was_section = is_section


def _head(lines: tuple[Line, ...], place: int) -> int:
    """The first of the comments that stand right above a line."""
    while place > 0 and lines[place - 1].is_comment and lines[place - 1].column == 0:
        place -= 1
    return place


def _keeps_end(line: Line) -> bool:
    """Whether a blank line behind this one would belong to a text."""
    return line.inside is not None and line.inside.keeps_end


def _ended(text: str, found: Layout) -> str:
    """A text that ends in one line break, but where a text behind `|` says how it ends."""
    last = found.stretches[-1] if found.stretches else None
    if last is None or last.kind != "block" or last.span.end < len(found.text) - 1:
        return text.rstrip("\n") + "\n"
    if not found.text.endswith("\n"):
        return text
    return text + "\n" if last.keeps_end else text.rstrip("\n") + "\n"
