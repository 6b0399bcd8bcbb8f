"""Options may stand before, between and after the other words of a command."""

from __future__ import annotations

import itertools

import pytest

from kiosk.cli import parser

WORDS = ("import", "people.csv")
OPTIONS = (("--dry-run",), ("--photos", "pictures"))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_options_may_stand_anywhere(order):
    parts = [WORDS, *OPTIONS]
    words = [word for place in order for word in parts[place]]
    args = parser("people").parse_args(["people", *words])
    assert (args.number, args.dry_run, str(args.photos)) == ("people.csv", True, "pictures")


def test_an_option_may_stand_between_the_words():
    args = parser("people").parse_args(["people", "import", "--dry-run", "people.csv"])
    assert (args.number, args.dry_run) == ("people.csv", True)


def test_what_nobody_knows_is_still_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        parser("people").parse_args(["people", "import", "people.csv", "--no-such-option"])
    assert ended.value.code == 2 and "--no-such-option" in capsys.readouterr().err
