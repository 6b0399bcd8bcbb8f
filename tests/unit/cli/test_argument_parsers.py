"""Options may stand anywhere; words that cannot be taken are answered by one sentence."""

from __future__ import annotations

import itertools

import pytest

from kiosk.cli import COMMANDS, main, parser
from kiosk.core.program_name import program_name

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


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "There is no command nonsense; choose "),
        ("pepole list", "There is no command pepole; choose people, run, "),
        ("people lisst", "lisst is not something this command does; choose list, import, "),
        ("people list --role nonsense", "--role cannot be nonsense; choose "),
        ("people list --role", "--role needs a value after it; "),
        ("people badge 1 --days many", "--days takes a whole number, not 'many'."),
        ("people list --unseen-days x", "--unseen-days: 'x' is not a number of days; "),
        (
            "people list --serch a",
            "--serch is not an option of `PROGRAM people`; did you mean --se",
        ),
        ("people list --quite-other", "--quite-other is not an option that `PROGRAM people` takes"),
        ("log", "Say what `PROGRAM log` is to do: export, attendance, "),
        ("log replay --threshold near", "--threshold takes a number, not 'near'."),
        ("people list --un 3", "--un may mean --until or --until-time or --unseen-days; "),
    ],
)
def test_a_word_that_cannot_be_taken_is_answered_by_one_sentence(capsys, line, sentence):
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    begins = sentence.replace("PROGRAM", program_name())
    assert printed.err.startswith(f"munjigi: {begins}") and printed.out == ""
    assert printed.err.count("\n") == 1 and "usage" not in printed.err
    assert printed.err.rstrip().endswith((".", "?"))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_answers_an_unknown_option_with_its_usage(capsys, command):
    assert main([command, "--no-such-option"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("munjigi: ") and err.count("\n") == 1 and "usage" not in err
