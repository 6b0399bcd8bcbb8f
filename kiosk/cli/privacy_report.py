"""``doctor --privacy``: the site against points of privacy, as a table or as JSON."""

from __future__ import annotations

from pathlib import Path

from kiosk.app.doctor.privacy_checks import BAD, GOOD, UNSURE, PrivacyPoint, examine_privacy
from kiosk.cli.shared import operator
from kiosk.cli.terminal import print_json
from kiosk.core.config import Config
from kiosk.ui.catalogue import tr_in

_WORDS = {GOOD: "good", UNSURE: "unsure", BAD: "bad"}


def report_privacy(config: Config, data_dir: Path, language: str, *, as_json: bool) -> int:
    """Print every point in ``language``; return 2 if one fails."""
    points = examine_privacy(operator(), config, data_dir)
    failed = sum(point.level is BAD for point in points)
    if as_json:
        print_json([_document(point, language) for point in points], indent=1)
        return 2 if failed else 0
    print(tr_in(language, "privacy_check.head"))
    for point in points:
        word = tr_in(language, f"privacy_check.{_WORDS[point.level]}")
        stage = tr_in(language, f"privacy_check.stage.{point.stage}")
        print(f"\n[{word}] {point.stage}. {stage}: {point.title(language)} ({point.law})")
        print(f"    {point.sentence(language)}")
        if advice := point.advice(language):
            print(f"    → {advice}")
    unsure = sum(point.level is UNSURE for point in points)
    print(f"\n{tr_in(language, 'privacy_check.summary', bad=failed, unsure=unsure)}")
    print(tr_in(language, "privacy_check.note"))
    return 2 if failed else 0


def _document(point: PrivacyPoint, language: str) -> dict[str, object]:
    return {
        "point": point.name,
        "stage": point.stage,
        "law": point.law,
        "result": _WORDS[point.level],
        "title": point.title(language),
        "found": point.sentence(language),
        "advice": point.advice(language),
    }
