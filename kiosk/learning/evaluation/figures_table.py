"""Figures as lines of text, for the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kiosk.learning.evaluation.evaluator import Evaluation
from kiosk.learning.evaluation.group_figures import headline

LABELS: dict[str, str] = {
    "accuracy": "accuracy",
    "accuracy_at_threshold": "accuracy at the threshold",
    "best_accuracy": "best accuracy (threshold fitted here)",
    "tar@far=1e-2": "TAR at FAR 1e-2",
    "tar@far=1e-3": "TAR at FAR 1e-3",
    "tar@far=1e-4": "TAR at FAR 1e-4",
    "eer": "EER",
    "sensitivity@fa=0": "sensitivity at zero false accepts",
    "sensitivity": "sensitivity (TAR)",
    "specificity": "specificity",
    "ppv": "PPV (precision)",
    "npv": "NPV",
    "f1": "F1",
    "far": "FAR",
    "frr": "FRR",
    "type_i": "type I errors (strangers accepted)",
    "type_ii": "type II errors (members refused)",
    "pos_m": "pos_m: mean genuine distance",
    "neg_m": "neg_m: mean impostor distance",
    "fte": "failure to enrol",
}
EXTRA = {
    "sensitivity@fa=0_counting_frames_without_a_face": "the same, frames without a face as refused",
    "sensitivity@fa=0_mean_of_enrolments": "the same, a threshold for each enrolment",
    "sensitivity@type_i=0": "sensitivity at zero type I, a threshold for each enrolment",
}
"""Figures of single protocols: clips, and one person against all."""

_AFTER = "sensitivity@fa=0"
_DISTANCES = ("pos_m", "neg_m")
_COUNTS = ("type_i", "type_ii")


def format_figure(name: str, value: float | None) -> str:
    """Format one figure: a count, a distance, or a share in percent."""
    if value is None:
        return "not measurable"
    if name in _COUNTS:
        return f"{value:,.0f}"
    if name in _DISTANCES:
        return f"{value:.3f}"
    return f"{value * 100:.3f} %" if name in ("far", "fte") else f"{value * 100:.2f} %"


def interval(name: str, limits: list[float] | None) -> str:
    """Format an interval, with one percent sign."""
    if not limits:
        return ""
    low, high = (format_figure(name, end) for end in limits)
    return f"{low.removesuffix(' %')} – {high}"


def _labels() -> dict[str, str]:
    """Return all labels in the order of the table."""
    names = list(LABELS)
    cut = names.index(_AFTER) + 1
    return (
        {name: LABELS[name] for name in names[:cut]}
        | EXTRA
        | {name: LABELS[name] for name in names[cut:]}
    )


def rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and interval of each figure of ``Evaluation.to_json`` or of one of its
    groups.
    """
    for name, label in _labels().items():
        if name in figures and not (
            name == "accuracy_at_threshold" and figures[name] == figures["accuracy"]
        ):
            yield (
                label,
                format_figure(name, figures[name]),
                interval(name, figures.get("intervals", {}).get(name)),
            )


def heading(evaluation: Evaluation) -> Iterator[str]:
    """Describe what was measured, on what data, and how much of it was usable."""
    e, c = evaluation, evaluation.whole
    yield f"{e.info.id} on {e.source}: {e.protocol}"
    yield (
        f"{e.embedded.total:,} pictures, {e.embedded.failed:,} without an embedding; {c.people:,} "
        "people; "
        f"{c.genuine:,} genuine and {c.impostor:,} impostor of {e.listed:,} comparisons"
    )
    yield (
        f"threshold {e.threshold:.3f} ({e.threshold_from}); intervals: 95 %, "
        f"{e.settings.resamples:,} draws of people, seed {e.settings.seed}"
    )
    if e.folds is not None:
        error = (
            f" ± {e.folds.standard_error * 100:.2f} %" if e.folds.standard_error is not None else ""
        )
        yield (
            f"accuracy: mean of {len(e.folds.accuracies)} folds, each with the threshold of the "
            f"others ({e.folds.mean * 100:.2f} %{error}, standard error)"
        )


def as_text(evaluation: Evaluation) -> str:
    """Return the table for a terminal."""
    figures = evaluation.to_json()
    lines = [*heading(evaluation), "", *_aligned(list(rows(figures)))]
    if c := evaluation.whole.confusion:
        lines += ["", *_confusion(int(c.tp), int(c.fn), int(c.fp), int(c.tn))]
    if worst := headline(figures["groups"]):
        lines += ["", worst]
    for name, group in figures["groups"].items():
        lines += [
            "",
            f"group {name}: {group['n_people']:,} people, {group['n_genuine']:,} genuine, "
            f"{group['n_impostor']:,} impostor",
        ]
        lines += _aligned(list(rows(group)))
    lines += ["", *_details(figures)] if "enrolments" in figures or "people" in figures else []
    return "\n".join([*lines, "", *(f"note: {note}" for note in evaluation.notes)]).rstrip()


def _aligned(found: list[tuple[str, str, str]]) -> list[str]:
    width = max((len(label) for label, _, _ in found), default=0)
    return [f"  {label:<{width}}  {value:>14}  {limits}".rstrip() for label, value, limits in found]


def _confusion(tp: int, fn: int, fp: int, tn: int) -> list[str]:
    return [
        f"  {'':<18}{'accepted':>12}{'refused':>12}",
        f"  {'same person':<18}{tp:>12,}{fn:>12,}",
        f"  {'different people':<18}{fp:>12,}{tn:>12,}",
    ]


def _details(figures: dict[str, Any]) -> Iterator[str]:
    """Return one line per enrolment."""
    for row in figures.get("enrolments", []):
        yield (
            f"  {row['clip']:<24} {row['faces']:>4} faces in {row['frames']:>4} frames; "
            f"sensitivity {format_figure('', row['sensitivity@fa=0']):>14} at no "
            f"false accept, {format_figure('', row['sensitivity']):>14} at the threshold with "
            f"{row['false_accepts']} false accepts of {row['impostor']}"
        )
    if found := figures.get("strangers"):
        yield (
            f"  strangers: {found['faces']} faces, nearest {found['least_distance']:.3f}; false "
            "accepts at the threshold: "
            f"{found['false_accepts']} of {found['comparisons']:,}"
        )
    for row in figures.get("people", []):
        yield (
            f"  {row['person']:<32} {row['probes']:>3} probes against {row['others']}: sensitivity "
            f"{format_figure('', row['sensitivity@type_i=0']):>9} at zero "
            f"type I (worst draw {format_figure('', row['worst_draw'])})"
        )
