"""The conformance report as an HTML page that opens offline, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from kiosk import __version__
from kiosk.learning.evaluation.conformance_bars import GALLERY
from kiosk.learning.evaluation.conformance_figures import SEARCH_FPIR, Measured
from kiosk.learning.evaluation.conformance_report import ConformanceReport
from kiosk.learning.evaluation.conformance_verdicts import (
    MET,
    MISSED,
    NOT_PROVABLE,
    Judged,
    counted_units,
)
from kiosk.learning.evaluation.html_report import list_of_problems, whole_page

TITLE = "Conformance: what these pictures prove"
_CLASSES = {MET: "met", MISSED: "missed", NOT_PROVABLE: "soft"}
_SEARCH_SOURCE = (
    "NIST FRTE (formerly FRVT) 1:N gives the FNIR at this FPIR, as publications that quote it say; "
    "it compares algorithms and sets no limit. A gallery of "
    f"{GALLERY} stands for one flight in NIST IR 8381 (FRVT part 7); its text could not be read "
    "here."
)


def page(report: ConformanceReport) -> str:
    """Return the page. All external text is escaped."""
    return whole_page(
        TITLE,
        [
            f"<h1>{escape(TITLE)}</h1>",
            f'<div class="soft">{escape(report.network)}, {escape(report.source)}</div>',
            *(f'<p class="note">{escape(note)}</p>' for note in report.notes),
            "<h2>What there is to measure on</h2>",
            _table(("", "number"), [(escape(n), f"{v:,}") for n, v in _data(report)]),
            "<h2>What each claim needs</h2>",
            '<p class="soft">At least, and if no error is seen 3 divided by the limit (rule of 3). '
            "Independent trials are people and pairs of people, not pictures.</p>",
            _table(
                ("claim", "limit", "needs", "has"),
                [
                    (
                        escape(f"{one.bar.standard}: {one.bar.claim}"),
                        _limit(one),
                        escape(one.needs),
                        escape(one.has),
                    )
                    for one in report.judged
                ],
            ),
            *_standards(report.judged),
            *_searches(report),
            *list_of_problems(report.problems),
            _provenance(report),
        ],
    )


def _data(report: ConformanceReport) -> list[tuple[str, int]]:
    data = report.data
    return [
        ("people", data.people),
        ("of them with two sessions or more, who can come on another day", data.returning),
        ("sessions", data.sessions),
        ("pictures", data.pictures),
        ("of them without a usable face", data.failed),
        ("pairs of different people", data.pairs),
        ("people who fill the gallery (--fill)", data.filled),
        ("strangers of the same folder", data.strangers),
    ]


def _standards(judged: Sequence[Judged]) -> Iterator[str]:
    for standard, rows in groupby(judged, key=lambda one: one.bar.standard):
        yield f"<h2>{escape(standard)}</h2>"
        yield _table(
            ("claim", "limit", "measured", "95 % interval", "verdict", "source"),
            [
                (
                    escape(one.bar.claim) + ("" if one.bar.binding else " (recommended)"),
                    _limit(one),
                    _share(one.measured),
                    _interval(one.measured),
                    f'<b class="{_CLASSES[one.verdict]}">{escape(one.verdict)}</b>'
                    + escape(one.sentence.removeprefix(one.verdict)),
                    escape(one.bar.source),
                )
                for one in rows
            ],
        )


def _searches(report: ConformanceReport) -> Iterator[str]:
    search = report.search
    yield f"<h2>Searches in a gallery of {GALLERY}, counted as in NIST's tests of 1:N</h2>"
    yield (
        f'<p class="soft">{escape(_SEARCH_SOURCE)} There is no limit to meet, so there is no '
        f"verdict. {search.compared:,} people are enrolled here, {search.strangers:,} come as "
        "strangers.</p>"
    )
    rows = [
        ("FPIR at the door's threshold", search.fpir, ""),
        ("FNIR at the door's threshold", search.fnir_at_door, ""),
        (
            f"FNIR at FPIR {SEARCH_FPIR:g}",
            search.fnir,
            f"to place that threshold needs {3 / SEARCH_FPIR:,.0f} strangers, has "
            f"{search.strangers:,}",
        ),
    ]
    yield _table(
        ("figure", "measured", "95 % interval", "threshold", ""),
        [
            (escape(name), _share(one), _interval(one), _threshold(one), escape(note))
            for name, one, note in rows
        ],
    )


def _limit(one: Judged) -> str:
    return "not confirmed" if one.bar.limit is None else f"{one.bar.limit * 100:g} %"


def _share(found: Measured | None) -> str:
    if found is None or found.share is None:
        return "not tested"
    return f"{found.share * 100:.3g} %<br><small>{_of(found)}</small>"


def _of(found: Measured) -> str:
    if found.threshold is None:
        return f"{found.attempts:,} comparisons, {counted_units(found.units, found.unit)}"
    return f"{found.errors:,.0f} of {found.attempts:,}, {counted_units(found.units, found.unit)}"


def _interval(found: Measured | None) -> str:
    if found is None or found.share is None:
        return ""
    low, high = found.interval
    return f"{low * 100:.3g} to {high * 100:.3g} %"


def _threshold(found: Measured | None) -> str:
    return "" if found is None or found.threshold is None else f"{found.threshold:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; ``rows`` are HTML already."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td class="narrow">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _provenance(report: ConformanceReport) -> str:
    return (
        "<h2>Where this comes from</h2>"
        f"<p>Munjigi {escape(__version__)}, network {escape(report.network)}, sha256 "
        f"<code>{escape(report.sha256)}</code>, pictures <code>{escape(report.source)}</code>. "
        "Intervals are those of Clopper and Pearson (1934) over people or pairs of people, as if "
        "all pictures of one went wrong together. docs/evaluation.md explains every figure.</p>"
    )


def as_text(report: ConformanceReport) -> Iterator[str]:
    """Return the verdicts for a terminal."""
    yield f"{report.network}, {report.source}"
    data = report.data
    yield (
        f"{data.people:,} people, {data.returning:,} of them in two sessions or more, "
        f"{data.pictures:,} pictures, {data.pairs:,} pairs of people"
    )
    for standard, rows in groupby(report.judged, key=lambda one: one.bar.standard):
        yield f"\n{standard}"
        for one in rows:
            share = one.measured.share if one.measured else None
            seen = "not tested" if share is None else f"{share * 100:.3g} %"
            yield f"  {one.bar.claim}: {seen}; {one.sentence}"
    yield ""
    yield from (f"note: {note}" for note in report.notes)
