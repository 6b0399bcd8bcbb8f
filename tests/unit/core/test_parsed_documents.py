"""JSON and TOML of anybody give a value or a ``ValueError``, never anything else."""

from __future__ import annotations

import contextlib
import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.parsed_json import parse_json
from kiosk.core.parsed_toml import MAX_FILE, parse_toml, plain, read_toml, shown
from tests.helpers.hostile_documents import JSON, TOML

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_json_is_read_as_json(value):
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "1e999", "[NaN]", "-Infinity", "9" * 5000, "[", ""]
)
def test_what_other_code_cannot_use_is_refused(text):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_json(text)
    assert not isinstance(caught.value, RecursionError)


@pytest.mark.parametrize("content", JSON, ids=range(len(JSON)))
def test_hostile_json_is_a_value_or_a_value_error(content):
    with contextlib.suppress(ValueError):
        parse_json(content)


def test_lists_of_lists_are_read_up_to_a_depth():
    assert parse_json("[" * 60 + "]" * 60)
    with pytest.raises(ValueError, match="too deep"):
        parse_json("[" * 70 + "]" * 70)


@pytest.mark.parametrize("content", TOML, ids=range(len(TOML)))
def test_hostile_toml_is_a_value_or_a_value_error(tmp_path, content):
    (tmp_path / "x.toml").write_bytes(content)
    with contextlib.suppress(ValueError):
        read_toml(tmp_path / "x.toml")


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 5000, ".".join("a" * 50) + " = 1", "x = 9" + "0" * 19, "x = 0x" + "f" * 99],
)
def test_toml_that_other_code_cannot_use_is_refused(text):
    with pytest.raises(ValueError, match=r"deep|too large"):
        parse_toml(text)


def test_a_file_without_an_end_is_refused(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(ValueError, match="larger than 1 MB"):
        read_toml(tmp_path / "x.toml")


@given(st.text(max_size=80))
def test_whatever_is_shown_stands_on_one_short_line(text):
    for line in (shown(text), plain(text)):
        assert line.isprintable() and len(line) <= 61


def test_usual_toml_is_read_as_before():
    text = "a = 1\n[b]\nc = [1, 2.5, 'x']\nd = 2026-03-02\n"
    assert parse_toml(text) == tomllib.loads(text)
