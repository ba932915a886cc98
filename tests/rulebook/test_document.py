"""From bytes to plain data: what is read, what is refused, and where everything stands."""

import datetime as dt
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.diagnostics import render
from rulegrid.rulebook import characters
from rulegrid.rulebook.document import BROKEN, MOST_BYTES, decode, load
from rulegrid.rulebook.walk import DEEPEST, MOST_FINDINGS, MOST_NODES
from rulegrid.rulebook.yaml_events import FASTEST, PurePythonParser
from rulegrid.source import Source, Span
from tests.console import ROOT, RULES

RULEBOOKS = RULES + sorted((ROOT / "tests/golden").rglob("*.yaml"))
TEXTS = [path.read_text(errors="replace") for path in RULEBOOKS if path.is_file()]
BITS = (
    *("\n", " ", "  ", ":", ": ", "- ", "? ", "{", "}", "[", "]", ",", "#", " #", "&a ", "*a"),
    *("!x ", "|", ">", "'", '"', "\\", "%", "@", "---\n", "...\n", "\t", "\r\n", "<<: ", "~", "é"),
    *("\u00a0", "\U0001f600", "0x1", "22:30", "on", "\\u200b", "\\U00110000", "|2", "(", ")", "?"),
)


def read(text, parse=FASTEST):
    return load(Source("a.yaml", text), parse)


def codes(text):
    return [finding.code for finding in read(text)[1]]


def value(text):
    """The value of the one key of a file, and the codes of what is wrong with it."""
    document, findings = read(f"key: {text}\n")
    return (document.data["key"] if document else None), [finding.code for finding in findings]


def contents(document):
    """A document as values that can be compared."""
    if document is None:
        return None
    return document.data, dict(document.spans), dict(document.key_spans), dict(document.texts)


def mutated(texts):
    """Rulebooks with a few pieces put in, taken out or moved."""

    @st.composite
    def draw(pick):
        text = pick(st.sampled_from(texts))
        for _ in range(pick(st.integers(1, 4))):
            at = pick(st.integers(0, len(text)))
            gone = pick(st.integers(0, 5))
            text = text[:at] + pick(st.sampled_from(("", *BITS))) + text[at + gone :]
        start = pick(st.sampled_from((0, 0, len(text) // 2)))
        return text[start:]

    return draw()


# What is read


def test_a_mapping_becomes_plain_data():
    """Numbers are numbers, text is text, dates are the text they are, and empty is nothing."""
    text = "a: 1\nb: 0.50\nc: import + 1\nd: [x, {e: 2026-01-01}]\nf:\ng: true\nh: '5'\n"
    document, findings = read(text)
    assert () == findings
    expected = {"a": 1, "b": 0.5, "c": "import + 1", "d": ["x", {"e": "2026-01-01"}]}
    assert {**expected, "f": None, "g": True, "h": "5"} == document.data


def test_every_value_and_key_has_its_place():
    """Of a collection from its first to its last character, of nothing behind its key."""
    text = "areas:\n  Grid: {fee: 0.50}\n  House 1:\n    - 'a'\n# end\n"
    document, _ = read(text)

    def words(spans):
        return {path: text[span.start : span.end] for path, span in spans.items()}

    assert {
        (): "areas:\n  Grid: {fee: 0.50}\n  House 1:\n    - 'a'",
        ("areas",): "Grid: {fee: 0.50}\n  House 1:\n    - 'a'",
        ("areas", "Grid"): "{fee: 0.50}",
        ("areas", "Grid", "fee"): "0.50",
        ("areas", "House 1"): "- 'a'",
        ("areas", "House 1", 0): "'a'",
    } == words(document.spans)
    assert {
        ("areas",): "areas",
        ("areas", "Grid"): "Grid",
        ("areas", "Grid", "fee"): "fee",
        ("areas", "House 1"): "House 1",
    } == words(document.key_spans)


def test_a_place_that_does_not_exist_is_a_key_error():
    """As in any mapping."""
    document, _ = read("a: [1]\n")
    for path in [("b",), ("a", 1), ("a", "x"), ("a", 0, 0), ("a", 0, "x")]:
        assert path not in document.spans
        assert path not in document.key_spans
    with pytest.raises(KeyError):
        document.text(("a",))


def test_amounts_keep_the_text_they_were_written_as():
    """Formulas and amounts are read from it, not from a float."""
    document, _ = read('a: 0.50\nb: "1\\x32"\n')
    assert ("0.50", "12") == (document.text(("a",)), document.text(("b",)))


@pytest.mark.parametrize(
    "text",
    [
        "fee: base_fee * exprt\n",
        "fee: 'base_fee * exprt'\n",
        'fee: "base_fee * exprt"\n',
        'fee: "b\\x61se_fee * exprt"\n',
        "fee: >\n  base_fee *\n  exprt\n",
        "fee: |\n  base_fee * exprt\n\n",
        "fee: base_fee *\n  exprt\n",
        "fee: 'base_fee\n\n  * exprt'\r\n",
        "a: [{fee: 'it''s * exprt'}]\n",
    ],
)
def test_a_word_of_a_formula_is_found_in_the_file(text):
    """In every style, so that the caret of a finding stands below it."""
    document, _ = read(text)
    path, decoded = next((p, t) for p, t in document.texts.items() if "exprt" in t)
    start = decoded.index("exprt")
    span = document.place(path, start, start + 5)
    assert "exprt" == text[span.start : span.end]
    assert Span(span.start, span.start) == document.place(path, start, start)


def test_a_place_behind_the_end_of_a_text_is_its_end():
    """A formula that ends too early is marked where it ends."""
    document, _ = read("fee: 'a +'\n")
    assert document.place(("fee",), 3, 3) == document.place(("fee",), 9, 12)


# Bytes


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xef\xbb\xbfrulegrid: 1\n", "RG002"),
        ("rulegrid: 1\n".encode("utf-16"), "RG002"),
        ("rulegrid: 1\n".encode("utf-16-le"), "RG002"),
        (b"name: Geb\xfchr\n", "RG002"),
        (b"\x00" * 100, "RG002"),
        (b"\xc3\x28", "RG002"),
        (b"\xed\xa0\x80", "RG002"),
        (b"a" * (MOST_BYTES + 1), "RG008"),
    ],
)
def test_bytes_that_are_no_text_of_ours_are_refused(raw, code):
    """With a source all the same, so that the finding can be shown."""
    source, findings = decode("a.yaml", raw)
    assert [code] == [finding.code for finding in findings]
    assert render(findings[0], source).startswith(f"error[{code}]")


def test_a_byte_that_is_not_utf_8_is_found_where_it_is():
    """Line and column count characters, not bytes."""
    source, (finding,) = decode("a.yaml", "é: ü\nb: ".encode() + b"\xfc\n")
    assert (2, 4) == (
        source.position(finding.span.start).line,
        source.position(finding.span.start).column,
    )


def test_the_limit_of_bytes_is_a_setting():
    """Exactly as many are still read."""
    assert () == decode("a.yaml", b"a: 1\n", most_bytes=5)[1]
    assert "RG008" == decode("a.yaml", b"a: 1\n", most_bytes=4)[1][0].code


# Characters


def test_every_character_that_does_not_show_is_refused():
    """All that Unicode calls control, format, surrogate, or a space other than the space."""
    hidden = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    ]
    allowed = {" ", "\n"}
    missed = [c for c in hidden if c not in allowed and not characters.in_file(f"a: b{c}c\n")]
    assert [] == missed


def test_letters_signs_and_pictures_of_all_scripts_are_read():
    """An area is named as its people name it."""
    name = "Ötztal Ñuñoa 家屋 Дом ⚡ 😀 e\u0301 ½ €"
    document, findings = read(f"areas: {{{name}: 1}}\n")
    assert () == findings
    assert [name] == list(document.data["areas"])


@pytest.mark.parametrize(
    "text", ["a:\n\tb: 1\n", "a:\tb\n", "a: b\tc\n", "a: 'b\tc'\n", "a: |\n  b\tc\n"]
)
def test_tabs_stand_in_comments_only(text):
    """Readers of YAML differ in where they take them."""
    assert ["RG003"] == codes(text)
    assert [] == codes("a: 1 # b\tc\n#\td\n")
    assert ["RG003"] == codes('a: "# b\tc"\n')


def test_tabs_are_one_finding():
    """They are one habit of one editor."""
    assert ["RG003"] == codes("a:\n" + "\tb: 1\n" * 40)


@pytest.mark.parametrize(
    "escape", ["\\u200b", "\\xa0", "\\t", "\\N", "\\_", "\\e", "\\u202e", "\\0"]
)
def test_a_hidden_character_is_found_as_an_escape_too(escape):
    """Exactly at the escape."""
    text = f'a: "b{escape}c"\n'
    _, (finding,) = read(text)
    assert ("RG003", escape) == (finding.code, text[finding.span.start : finding.span.end])


def test_a_line_break_may_be_an_escape():
    """As it may be a line of a block."""
    assert ("a\nb", []) == value('"a\\nb"')


# Scalars that readers differ in


WORDS = ("y", "yes", "on", "n", "no", "off")
SPELLINGS = [s for w in WORDS for s in (w, w.capitalize(), w.upper())]


@pytest.mark.parametrize("word", [*SPELLINGS, "True", "TRUE", "False", "FALSE"])
def test_truth_values_are_quoted_or_spelt_as_all_spell_them(word):
    """As values and as keys."""
    assert (BROKEN, ["RG007"]) == value(word)
    assert ["RG007"] == codes(f"{word}: 1\n")
    assert (word, []) == value(f"'{word}'")


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("22:30", "1350 for some"),
        ("07:30", "450 for some"),
        ("190:20:30.15", "685230.15 for some"),
        ("010", "8 for some YAML readers and 10 for others"),
        ("08", "8 for some"),
        ("1_000", "1000 for some"),
        ("0x1F", "31 for some"),
        ("0o17", "15 for some"),
        ("0b11", "3 for some"),
        ("1e3", "1000 for some"),
        ("1.5e3", "1500 for some"),
        (".5", "0.5 for some"),
        ("5.", "5 for some"),
        ("+5", "5 for some"),
        ("0,5", "a number for some"),
        ("01.02.2026", "a number for some"),
        ("~", "nothing for some"),
        ("Null", "nothing for some"),
        ("=", "a sign of its own for some"),
        (".inf", "infinity or no number at all for some"),
        ("-.INF", "infinity or no number at all for some"),
        (".NaN", "infinity or no number at all for some"),
        ("2026-1-1", "a date for some"),
        ("2026-02-30", "no day of the calendar"),
        ("2026-01-01T12:00:00Z", "a moment in UTC for some"),
        ("2026-01-01 12:00:00", "a moment in UTC for some"),
        ("1234567890123456", "a number with more digits than"),
        ("0.1234567890123456", "a number with more digits than"),
        ("1.0e+999", "too large or too small"),
        ("1.0e-999", "too large or too small"),
        ("1e99999999999", "a number for some"),
    ],
)
def test_what_readers_understand_differently_is_refused(text, readings):
    """The finding says what they make of it; in quotes it is text for all."""
    _, (finding,) = read(f"a: {text}\n")
    assert "RG007" == finding.code
    assert readings in finding.message
    assert finding.hint
    assert (text, []) == value(f'"{text}"')


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("0", 0),
        ("-12", -12),
        ("0.90", 0.9),
        ("-0.5", -0.5),
        ("1.5e-3", 0.0015),
        ("999999999999999", 999999999999999),
        ("true", True),
        ("null", None),
        ("2026-12-31", "2026-12-31"),
        ("12 %", "12 %"),
        ("0.5 * parent.fee", "0.5 * parent.fee"),
        ("40 % <= self_sufficiency < 70 %", "40 % <= self_sufficiency < 70 %"),
        ("2 if import > 3 kWh else 1", "2 if import > 3 kWh else 1"),
        ("-import", "-import"),
        ("1.5 ct/kWh", "1.5 ct/kWh"),
        ("2026-01-12 12:00", "2026-01-12 12:00"),
        ("nan", "nan"),
        ("1.", BROKEN),
    ],
)
def test_what_all_readers_agree_on_is_read(text, read_as):
    """A formula needs no quotes unless YAML says so."""
    assert read_as == value(text)[0]


@pytest.mark.parametrize("key", ["1", "0.5", "true", "null", "22:30", "~"])
def test_a_key_is_text(key):
    """A number or truth value as a key is quoted."""
    assert ["RG007"] == codes(f"areas:\n  {key}: 1\n")
    assert [] == codes(f"areas:\n  '{key}': 1\n")


@given(mutated(TEXTS))
def test_what_is_read_is_what_others_read(text):
    """A file without findings is the same to PyYAML's own YAML 1.1 loader, but for dates."""
    document, findings = read(text)
    if document is None or findings:
        return

    def dated(loaded):
        if isinstance(loaded, dict):
            return {dated(key): dated(each) for key, each in loaded.items()}
        if isinstance(loaded, list):
            return [dated(each) for each in loaded]
        return loaded.isoformat() if isinstance(loaded, dt.date) else loaded

    assert document.data == dated(yaml.safe_load(text))


# What rulebooks do without


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\n",
        "a: *x\n",
        "*x : 1\n",
        "*: 1\n",
        "a: !x 1\n",
        "a: !!str 1\n",
        "a: ! x\n",
        "a: {<<: {b: 1}}\n",
        "%YAML 1.2\n---\na: 1\n",
        "# x\n%TAG ! y\n---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\nb: 2\n",
        "? a\n: 1\n",
        "? |\n  a\n: 1\n",
        "[a]: 1\n",
        "{a: 1}: 1\n",
        "a: {[b]: 1}\n",
        "'': 1\n",
        "a: {? b : 1}\n",
    ],
)
def test_features_that_rulebooks_do_without_are_refused(text):
    """Each is one finding."""
    assert ["RG005"] == codes(text)


def test_a_document_marker_at_the_start_is_fine():
    """Many tools put one there."""
    document, findings = read("# tariff\n---\na: 1\n...\n")
    assert ({"a": 1}, ()) == (document.data, findings)


def test_a_key_written_twice_names_both_lines():
    """And keeps the first value."""
    document, (finding,) = read("a: 1\nb: 2\na: 3\n")
    assert ("RG006", Span(10, 11)) == (finding.code, finding.span)
    assert "line 1" in finding.message
    assert Span(0, 1) == finding.related[0].span
    assert {"a": 1, "b": 2} == document.data


def test_all_mistakes_are_found_in_one_run_in_reading_order():
    """As far as the file is YAML."""
    text = "a: &x 1\nb: on\na: 2\nc: {d: 010, d: 2}\ne: *x\nf: 'it's'\n"
    assert ["RG005", "RG007", "RG006", "RG007", "RG006", "RG005", "RG004"] == codes(text)


def test_a_value_with_a_finding_is_marked_for_later_stages():
    """So that nobody complains of it twice."""
    document, _ = read("a: on\nno: 1\nb: !x 1\nc: 3\n")
    assert {"a": BROKEN, "no": BROKEN, "b": BROKEN, "c": 3} == document.data


@pytest.mark.parametrize(
    "text", ["", "# x\n", "---\n", "- a\n", "text\n", "[a]\n", "1\n", "'a'\n"]
)
def test_a_file_holds_a_mapping(text):
    """Anything else is no rulebook."""
    assert (None, ["RG009"]) == (read(text)[0], codes(text))


# Commas in braces


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{fee: max(a, b)}", "max(a, b)"),
        ("{fee: max(a, b), c: 1}", "max(a, b)"),
        ("{c: 1, fee: clamp(a, 0, 5 kWh) * 2}", "clamp(a, 0, 5 kWh) * 2"),
        ("{fee: max(a, min(b, c), 0, 0)}", "max(a, min(b, c), 0, 0)"),
        ("{fee: 0,5}", "0,5"),
        ("{fee: 0,5 ct/kWh, c: 1}", "0,5 ct/kWh"),
        ("{because: Full, so dear}", "Full, so dear"),
    ],
)
def test_a_value_cut_by_commas_is_one_finding(text, whole):
    """At all of it, although YAML made several keys of it."""
    text = f"a: {text}\n"
    document, (finding,) = read(text)
    assert ("RG205", whole) == (finding.code, text[finding.span.start : finding.span.end])
    assert {"fee", "because", "c"} >= set(document.data["a"])
    assert all((*path,) in document.key_spans for path in document.spans if path)


def test_a_key_without_a_value_is_none_where_no_comma_made_it():
    """The structure says that it has none."""
    assert ({"a": 1, "b": None}, []) == value("{a: 1, b}")


# Limits


def test_nesting_has_a_limit():
    """Exactly as deep is still read."""
    deep = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert [] == value(deep)[1]
    assert (None, ["RG008"]) == value(f"[{deep}]")


def test_keys_and_texts_have_a_limit():
    """Of 128 and 4,096 characters."""
    assert [] == codes(f"{'k' * 128}: {'x' * 4096}\n")
    assert ["RG008"] == codes(f"{'k' * 129}: 1\n")
    assert ["RG008"] == codes(f"a: {'x' * 4097}\n")


def test_keys_and_values_have_a_limit():
    """A file of more is not read to its end."""
    assert [] == codes("a:\n" + "- x\n" * (MOST_NODES - 3))
    assert ["RG008"] == codes("a:\n" + "- x\n" * (MOST_NODES - 2))


HOSTILE = {
    "flow nesting": "[" * 1_000_000,
    "mappings": "{a: " * 500_000,
    "block nesting": "- " * 1_000_000,
    "deep indentation": "\n".join(" " * i + "a:" for i in range(1_900)),
    "alias bomb": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [{'*a, ' * 9}]\n" for i in range(9)),
    "a long name": "&" + "a" * 2_000_000,
    "a long text": "a: " + "x " * 1_000_000,
    "a long number": "1" * 2_000_000,
    "an open quote": '"' + "a" * 2_000_000,
    "comments": "#\n" * 1_000_000,
    "doubled keys": "a: b\n" * 400_000,
    "anchors": "- &a a\n" * 250_000,
    "unclear words": "- on\n" * 400_000,
    "hidden characters": '- "\\u200b"\n' * 190_000,
    "control characters": "\x01" * 2_000_000,
    "tabs": "\t\n" * 1_000_000,
    "many values": "[" + "a," * 1_000_000,
    "cut formulas": "[" + "{a: (,b,c,d,e},\n" * 120_000 + "]",
    "odd numbers": "- 1e99999999999\n" * 130_000,
    "almost numbers": ("- " + "1_" * 2_000 + "x\n") * 500,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused(text):
    """However it is made, with a bounded number of findings."""
    _, findings = read(text)
    assert 0 < len(findings) <= MOST_FINDINGS + 1


# No mistake is an exception


@given(st.binary(max_size=300))
def test_any_bytes_give_findings_or_a_document(raw):
    """And never an exception."""
    source, findings = decode("a.yaml", raw)
    document, found = (None, findings) if findings else load(source)
    assert document is not None or found


@given(st.text(max_size=300) | st.lists(st.sampled_from(BITS)).map("".join))
def test_any_text_gives_findings_or_a_document(text):
    """And each finding can be shown."""
    document, findings = read(text)
    assert document is not None or findings
    for finding in findings:
        render(finding, Source("a.yaml", text)).encode()


@given(mutated(TEXTS))
def test_both_parsers_come_to_the_same_verdict(text):
    """With C and without it a file is refused, or read as the same with the same places."""
    fast, slow = read(text), read(text, PurePythonParser)
    assert bool(fast[1]) == bool(slow[1])
    if not fast[1]:
        assert contents(fast[0]) == contents(slow[0])


@given(mutated(TEXTS))
def test_data_and_places_belong_together(text):
    """Each value has one place, each key one, and a place lies within that of what holds it."""
    document, _ = read(text)
    if document is None:
        return

    def paths(data, path=()):
        yield path
        inner = (
            data.items()
            if isinstance(data, dict)
            else enumerate(data)
            if isinstance(data, list)
            else ()
        )
        for key, each in inner:
            yield from paths(each, (*path, key))

    every = set(paths(document.data))
    assert every <= set(document.spans)
    for path in every - {()}:
        span, around = document.spans[path], document.spans[path[:-1]]
        assert around.start <= span.start <= span.end <= around.end
        assert isinstance(path[-1], int) or path in document.key_spans
