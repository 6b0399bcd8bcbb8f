"""Plural forms by rule and count."""

from __future__ import annotations

import pytest

from kiosk.ui.plurals import RULES, choose_form, plural_category


@pytest.mark.parametrize(
    ("rule", "count", "category"),
    [
        ("none", 1, "other"),
        ("one", 0, "other"),
        ("one", 1, "one"),
        ("one", 2, "other"),
        ("one", "1", "one"),
        ("one", "1,001", "other"),
        ("one", "1.0", "other"),
        ("one", "–", "other"),
        ("zero_one", 0, "one"),
        ("zero_one", 1, "one"),
        ("zero_one", 2, "other"),
        ("east_slavic", 1, "one"),
        ("east_slavic", 21, "one"),
        ("east_slavic", 11, "many"),
        ("east_slavic", 3, "few"),
        ("east_slavic", 13, "many"),
        ("east_slavic", 5, "many"),
        ("east_slavic", "1,022", "few"),
    ],
)
def test_category(rule: str, count: object, category: str):
    assert plural_category(rule, count) == category


def test_form_for_a_count():
    forms = "one=row;other=rows"
    assert [choose_form("one", n, forms) for n in (0, 1, "1,000")] == ["rows", "row", "rows"]
    assert [choose_form("none", n, forms) for n in (1, 2)] == ["rows", "rows"]
    assert choose_form("east_slavic", 3, forms) == "rows"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_accepts_every_count(rule: str):
    assert all(plural_category(rule, count) for count in range(200))


@pytest.mark.parametrize("forms", ["one=row", "row;rows", "other=rows;two=pair"])
def test_bad_forms_raise(forms: str):
    with pytest.raises(ValueError, match="other"):
        choose_form("one", 1, forms)


def test_unknown_rule_raises():
    with pytest.raises(ValueError, match="unknown plural rule 'dual'"):
        plural_category("dual", 2)
