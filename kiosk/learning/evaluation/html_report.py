"""A self-contained HTML page of an evaluation that opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kiosk.learning.evaluation.evaluator import Evaluation
from kiosk.learning.evaluation.figures_table import heading, rows
from kiosk.learning.evaluation.group_figures import headline
from kiosk.learning.evaluation.reference_writer import write_whole

MOST_PROBLEMS = 500
_CAPTIONS = {
    "confusion": "Answers at the threshold. Type I: an impostor is accepted. "
    "Type II: a genuine person is refused.",
    "scatter": "Distance of each comparison: blue the same person, orange others. "
    "Left of the line a pair is accepted.",
    "histogram": "How often each distance comes. The less the two overlap, the better.",
    "roc": "ROC: the share of genuine pairs accepted for each share of impostor pairs accepted.",
    "det": "DET: both errors on normal-deviate axes. On the dotted line they are equal (EER).",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #1f77b4 }
body { font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans CJK KR", sans-serif; max-width: 68rem;
  margin: 2rem auto; padding: 0 1.25rem }
h1 { font-size: 1.6rem; margin-bottom: .25rem }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; border-bottom: 1px solid var(--line) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .25rem .9rem .25rem 0; text-align: left; border-bottom: 1px solid var(--soft) }
td.n, th.n { text-align: right }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 }
.card { background: var(--soft); border-radius: .6rem; padding: .7rem 1rem; min-width: 9rem }
.card b { display: block; font-size: 1.5rem; color: var(--accent) }
.card small { opacity: .75 }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr));
  gap: 1.25rem }
figure { margin: 0 }
img { width: 100%; background: #fff; border-radius: .4rem }
figcaption, .soft { opacity: .75; font-size: .9rem }
.note { border-left: 3px solid #ff7f0e; padding-left: .7rem; margin: .4rem 0 }
code { overflow-wrap: anywhere }
.met { color: #2e8b57 }
.missed { color: #d1495b }
td.narrow { min-width: 12rem; max-width: 20rem; font-size: .9rem }
.wide { overflow-x: auto }
"""


def write_report(folder: Path, evaluation: Evaluation) -> Path:
    """Write ``index.html`` and ``figures.json`` into ``folder``; return the page's path.

    ``LearningError``.
    """
    from kiosk.learning.evaluation.plots import pictures  # matplotlib, which only a report needs

    figures = evaluation.to_json()
    write_whole(folder / "figures.json", as_json(figures))
    write_whole(folder / "index.html", page(evaluation, figures, pictures(evaluation)).encode())
    return folder / "index.html"


def as_json(figures: dict[str, Any]) -> bytes:
    """Return figures as JSON; null for what is not measurable, never NaN."""
    return (json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def page(evaluation: Evaluation, figures: dict[str, Any], pictures: dict[str, bytes]) -> str:
    """Return the page; ``pictures``: PNG files by name. All external text is escaped."""
    title = f"{evaluation.info.id}: evaluation"
    lines = list(heading(evaluation))
    parts = [
        f"<h1>{escape(title)}</h1>",
        *(f'<div class="soft">{escape(line)}</div>' for line in lines),
        _cards(figures),
        *(f'<p class="note">{escape(note)}</p>' for note in evaluation.notes),
        "<h2>Figures</h2>",
        _table(figures),
        "<h2>Pictures</h2>",
        '<div class="pictures">',
        *(embedded_figure(_CAPTIONS[n], p) for n, p in pictures.items()),
        "</div>",
        *_groups(figures),
        *_enrolments(figures),
        *list_of_problems([problem.sentence for problem in evaluation.embedded.problems]),
        _provenance(evaluation),
    ]
    return whole_page(title, parts)


def whole_page(title: str, parts: Iterable[str]) -> str:
    """Return a page that opens offline; ``parts`` are HTML already, ``title`` is escaped."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" '
        'content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _cards(figures: dict[str, Any]) -> str:
    shown = [
        row
        for row in rows(figures)
        if row[0]
        in ("accuracy", "TAR at FAR 1e-3", "EER", "sensitivity (TAR)", "FAR", "failure to enrol")
    ]
    cards = (
        f'<div class="card">{escape(label)}<b>{escape(value)}</b>'
        f"<small>{escape(limits) or '&nbsp;'}</small></div>"
        for label, value, limits in shown
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _table(figures: dict[str, Any]) -> str:
    body = "".join(
        f'<tr><td>{escape(label)}</td><td class="n">{escape(value)}</td><td '
        f'class="n">{escape(limits)}</td></tr>'
        for label, value, limits in rows(figures)
    )
    return (
        '<div class="wide"><table><tr><th></th><th class="n">value</th><th class="n">95 % '
        f"interval</th></tr>{body}</table></div>"
    )


def embedded_figure(caption: str, picture: bytes) -> str:
    """Return a PNG inside the page, with its caption."""
    caption = escape(caption)
    data = base64.b64encode(picture).decode("ascii")
    return (
        f'<figure><img alt="{caption}" '
        f'src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )


def _groups(figures: dict[str, Any]) -> Iterator[str]:
    if worst := headline(figures["groups"]):
        yield f"<h2>{escape(worst[0].upper() + worst[1:])}</h2>"
    for name, group in figures["groups"].items():
        yield f"<h2>Group {escape(name)}</h2>"
        yield (
            f'<div class="soft">{group["n_people"]:,} people, {group["n_genuine"]:,} genuine '
            f"and {group['n_impostor']:,} impostor comparisons</div>"
        )
        yield _table(group)


def _enrolments(figures: dict[str, Any]) -> Iterator[str]:
    """Return one row per enrolment, for protocols that have them."""
    for key in ("enrolments", "people"):
        if found := figures.get(key):
            yield "<h2>Enrolments</h2>"
            body = "".join(_row(row.values(), "td") for row in found)
            yield f'<div class="wide"><table>{_row(found[0], "th")}{body}</table></div>'


def _row(cells: Iterable[object], tag: str) -> str:
    shown = (
        f"{cell:.4f}"
        if isinstance(cell, float)
        else ""
        if cell is None
        else str(cell).replace("_", " ")
        if tag == "th"
        else str(cell)
        for cell in cells
    )
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in shown)}</tr>"


def list_of_problems(sentences: Sequence[str]) -> Iterator[str]:
    """Yield a heading and a list of pictures that could not be used; nothing for none."""
    if not sentences:
        return
    yield f"<h2>Pictures that could not be used, or are copies ({len(sentences):,})</h2><ul>"
    yield from (f"<li>{escape(sentence)}</li>" for sentence in sentences[:MOST_PROBLEMS])
    more = len(sentences) - MOST_PROBLEMS
    yield f"</ul>{f'<p>… and {more:,} more.</p>' if more > 0 else ''}"


def _provenance(evaluation: Evaluation) -> str:
    e = evaluation
    facts = {
        "network": f"{e.info.id}: {e.info.title}",
        "licence": e.info.licence or "not stated",
        "sha256": e.sha256,
        "pictures": e.source,
        "threshold": f"{e.threshold:.4f} ({e.threshold_from})",
        "seed": str(e.settings.seed),
        "draws of people": f"{e.settings.resamples:,}",
        "version": e.to_json()["version"],
    }
    body = "".join(
        f"<tr><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>"
        for name, value in facts.items()
    )
    return (
        f'<h2>Where this comes from</h2><table>{body}</table><p class="soft">Faces were found and '
        "aligned by the kiosk's own detector. "
        "Every figure and its formula is explained in docs/evaluation.md.</p>"
    )
