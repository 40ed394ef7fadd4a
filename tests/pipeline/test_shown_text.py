"""Text of others as it is shown: visible, on one line, never ours."""

import json
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline.shown_text import in_quotes, json_escaped, one_line, visible

ANY = st.text(st.characters(codec=None, categories=None), max_size=60)


def test_control_characters_are_shown_as_their_codes() -> None:
    assert visible("\x1b[31mred\x07\x7f\x9b\u202e\ud83e") == "\\x1b[31mred\\x07\\x7f\\x9b\\u202e\\ud83e"
    assert visible("a line\nand another") == "a line\nand another"
    assert one_line(" first\r\n\tsecond\u2028third ") == "first second third"
    assert in_quotes('he said "no" \\ [PMID:9]\n') == '"he said \\"no\\" \\\\ [PMID:9]"'


@given(ANY)
def test_nothing_that_is_shown_acts_on_a_terminal_or_ends_a_line(text: str) -> None:
    for shown in (visible(text), one_line(text), in_quotes(text)):
        assert not any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} and sign != "\n" for sign in shown)
        shown.encode()
    assert "\n" not in one_line(text) + in_quotes(text)
    assert visible(visible(text)) == visible(text)


@given(ANY)
def test_nothing_in_a_quote_ends_it(text: str) -> None:
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', in_quotes(text))


@given(ANY)
def test_json_that_is_escaped_says_the_same(text: str) -> None:
    said = json_escaped(json.dumps({text: [text, 1]}, ensure_ascii=False))
    assert json.loads(said) == {text: [text, 1]}
    assert visible(said) == said
