"""Almost JSON is read where it can mean one thing only."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replies.json_mending import loads, mended

ALMOST = {
    "single quotes": ("{'a': 'it\\'s \"so\"', 'b': [1, None, True]}", {"a": 'it\'s "so"', "b": [1, None, True]}),
    "an apostrophe within": ("{'a': 'Crohn's disease', 'b': 1}", {"a": "Crohn's disease", "b": 1}),
    "commas at the end": ('{"a": [1, 2,], "b": "x,}",}', {"a": [1, 2], "b": "x,}"}),
    "comments": ('{"a": 1, // one\n "b": "// no /* comment */", /* two */ "c": 3} # end', {"a": 1, "b": "// no /* comment */", "c": 3}),
    "smart quotes": ("{\u201ca\u201d: \u201cx \"y\u201d}", None),
    "smart quotes alone": ("{\u201ca\u201d: \u201cx\u201d, \u201eb\u201c: \u201ey\u201c}", {"a": "x", "b": "y"}),
    "bare keys": ('{head: "C1", tail : "D1"}', {"head": "C1", "tail": "D1"}),
    "bare values": ('{"head": C1}', None),
    "nothing": ("", None),
    "prose": ("C1 treats D1", None),
}  # fmt: skip


@pytest.mark.parametrize("case", ALMOST)
def test_what_is_almost_json_is_read_or_refused(case):
    text, value = ALMOST[case]
    if value is None:
        with pytest.raises(ValueError, match=r"."):
            loads(text)
    else:
        assert loads(text) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_json_stays_what_it_is(value):
    text = json.dumps(value, ensure_ascii=False)
    assert loads(text) == value
    assert json.loads(mended(text)) == value


@given(st.dictionaries(st.text(alphabet="ab \\", max_size=6), st.text(alphabet="xy{}[],:/# ", max_size=8), max_size=3))
def test_what_python_prints_is_read(value):
    assert loads(repr(value)) == value


@given(st.text(alphabet="{}[]'\",:/*#\\ \nabN1\u201c\u201d\u2018", max_size=60))
def test_any_text_is_json_or_refused(text):
    with suppress(ValueError):
        loads(text)
