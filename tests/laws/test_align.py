"""Every character of a scalar is found where it stands, whatever the style."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.rulebook.document import load
from rulegrid.source import Source, align

PIECES = ("a", "b", "é", "😀", "''", '\\"', "\\x41", "\\\n", "#", "-", " ", "  ", "x y", "'")
BREAKS = ("\n", "\n\n", "\n  ", "\r\n", "\n   ")
HEADERS = ("|", ">", "|-", ">+", "|2", ">1-", "> # why", "|+ # why")
BODIES = st.lists(st.sampled_from(PIECES + BREAKS), max_size=12).map("".join)


def indented(text):
    return text.replace("\n", "\n  ")


def written(style, body):
    """A scalar of a style with a body, which may be no YAML at all."""
    if style in HEADERS:
        return f"{style}\n  {indented(body)}\n\n"
    return f"a{indented(body)}" if style == "plain" else f"{style}{indented(body)}{style}"


def scalars(text):
    """Each scalar as written and decoded, up to the place where the text is no YAML."""
    try:
        for event in yaml.parse(text):
            if isinstance(event, yaml.ScalarEvent):
                yield text[event.start_mark.index : event.end_mark.index], event.value
    except yaml.YAMLError:
        return


def decodes_to(raw, piece, character):
    """Whether a piece of a raw scalar is a way to write a character."""
    if piece == character:
        return True
    if raw[0] == '"' and piece.startswith("\\"):
        return yaml.safe_load(f'"{piece}"') == character
    if raw[0] == "'" and piece == "''":
        return character == "'"
    return piece.strip() == "" and character in " \n"


@given(st.sampled_from(("'", '"', "plain", *HEADERS)), BODIES)
def test_align_maps_every_character_to_itself(style, body):
    """In order, without overlap, and each to what decodes to it."""
    for raw, value in scalars(f"key: {written(style, body)}\nnext: 1\n"):
        spans = align(raw, value)
        assert len(value) == len(spans)
        ends = [0, *(span.end for span in spans)]
        assert all(end <= span.start for end, span in zip(ends, spans, strict=False))
        pieces = [raw[span.start : span.end] for span in spans]
        assert all(decodes_to(raw, p, c) for p, c in zip(pieces, value, strict=True))


@given(st.sampled_from(("'", '"', "plain", *HEADERS)), BODIES, st.data())
def test_a_word_of_a_formula_is_marked_as_it_stands_in_the_file(style, body, data):
    """The document gives the place of any part of a text, to the letter."""
    text = f"key: {written(style, body)}\nnext: 1\n"
    document, findings = load(Source("any.yaml", text))
    if document is None or findings or not (value := document.texts.get(("key",))):
        return
    at = data.draw(st.integers(0, len(value) - 1))
    span = document.place(("key",), at, at + 1)
    whole = document.spans["key",]
    assert whole.start <= span.start
    raw = text[whole.start :]
    assert decodes_to(raw, text[span.start : span.end], value[at]) or value[at:].isspace()
