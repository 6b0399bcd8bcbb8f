"""Figures by group, worst first: the headline of ``evaluate``, and what the kiosk shows.

Groups are folders of pictures given for measuring, by people who agreed to be grouped. Nothing
about a group is stored with the people enrolled at a door: the door needs no such attribute, so it
has none to leak.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.evaluator import Evaluation

LEAST_PEOPLE = 5
"""A smaller group has no rates: they would identify a person."""


def headline(groups: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the worst group's FAR and FRR in one line; empty if no group has rates."""
    parts = []
    for key in ("far", "frr"):
        known = {
            name: group
            for name, group in groups.items()
            if group.get(key) is not None and group["n_people"] >= LEAST_PEOPLE
        }
        if not known:
            return ""
        worst = max(
            known,
            key=lambda name: (known[name][key], (known[name]["intervals"].get(key) or (0, 0))[1]),
        )
        band = known[worst]["intervals"].get(key)
        limits = f" ({band[0] * 100:.2f} – {band[1] * 100:.2f})" if band else ""
        parts.append(f"{key.upper()} {known[worst][key] * 100:.2f} %{limits} of {worst}")
    return f"worst of {len(groups)} groups: {', '.join(parts)}"


def group_report(evaluation: Evaluation) -> dict[str, Any]:
    """Return the kiosk's group report (``kiosk.app.group_report_file``), worst first.

    ``LearningError`` without groups.
    """
    figures = evaluation.to_json()
    if not figures["groups"]:
        raise LearningError(
            "There are no groups: --groups needs folders named GROUP/PERSON in --images DIR."
        )
    rows = [_row(name, group) for name, group in figures["groups"].items()]
    rows.sort(
        key=lambda row: (
            row["far"] is None,
            -(row["far"] or 0.0),
            -(row["frr"] or 0.0),
            row["name"],
        )
    )
    return {
        "embedder": evaluation.info.id,
        "sha256": evaluation.sha256,
        "threshold": evaluation.threshold,
        "measured_on": date.today().isoformat(),
        "groups": rows,
    }


def _row(name: str, group: Mapping[str, Any]) -> dict[str, Any]:
    enough = group["n_people"] >= LEAST_PEOPLE and "far" in group
    row: dict[str, Any] = {"name": name, "people": group["n_people"]}
    for key in ("far", "frr"):
        row[key] = group[key] if enough else None
        row[f"{key}_band"] = group["intervals"].get(key) if enough else None
    if enough and row["far"] == 0 and group.get("far_at_most_95") is not None:
        row["far_band"] = [0.0, group["far_at_most_95"]]
    return row
