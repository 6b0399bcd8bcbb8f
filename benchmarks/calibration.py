"""Measure every table and picture of docs/calibration.md.

    make calibration DATA=DIR [NETWORKS="dlib siamese"] [CACHE=build/faces]
    python benchmarks/calibration.py DIR [--networks NAME ...] [--cache DIR] [--reference]
        [--page docs/calibration.md]

DIR holds ``lfw-dev`` and ``asian-dev`` (a folder of pictures for each person) and ``videos`` (clips
PERSON-N.mkv). In the page, the lines between ``<!-- measured: NAME -->`` and ``<!-- end -->`` are
replaced, and so are the pictures beside it. ``--reference`` first measures weights/reference.npz on
asian-dev, which a new network needs before anything else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fusion import FPIRS, table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from page import put

from kiosk import cli
from kiosk.core import paths
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.measured_networks import open_network
from kiosk.learning.evaluation.open_set import OpenSet, Plan, open_set
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.reference_distances import reference_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
REPETITIONS = {"lfw-dev": 5, "asian-dev": 20}
COLOURS = {"fixed": "#ff7f0e", "calibrated": "#1f77b4"}


def measured(data: Path, name: str, network_name: str, cache: Path | None) -> OpenSet:
    """Return the open-set rows of one network on the collection ``name``."""
    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(network_name, manifest)
    plan = Plan(repetitions=REPETITIONS.get(name, 1))
    shipped = reference_of(paths.REFERENCE, network.embedder.info.id)
    return open_set(
        data / name, network, load_mtcnn(manifest), Settings(cache=cache), plan, shipped
    )


def rate(row: dict[str, Any], name: str) -> str:
    """Return a rate in percent with its interval, bold if that is above the target."""
    if row[name] is None:
        return "–"
    words = (
        f"{row[name] * 100:.2f} ({row[f'{name}_low'] * 100:.2f}–{row[f'{name}_high'] * 100:.2f})"
    )
    return (
        f"**{words}**"
        if name in ("fpir", "far_transaction") and row[f"{name}_low"] > row["target"]
        else words
    )


def pairs(found: OpenSet) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return pairs of the row with the fixed and with the calibrated threshold."""
    by = {(row["gallery"], row["target"], row["mode"]): row for row in found.rows}
    return [
        (by[size, target, "fixed"], by[size, target, "calibrated"])
        for size, target in dict.fromkeys((r["gallery"], r["target"]) for r in found.rows)
    ]


def comparisons(found: OpenSet) -> list[str]:
    """Return a table by single comparisons: a row for each gallery and target."""
    lines = [
        "| enrolled | target | fixed: threshold | FPIR (95 %) | FNIR "
        "| calibrated: threshold | FPIR (95 %) | FNIR | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for fixed, own in pairs(found):
        lines.append(
            f"| {own['gallery']} | {own['target'] * 100:g} % "
            f"| {fixed['threshold']:.3f} | {rate(fixed, 'fpir')} | {fixed['fnir'] * 100:.2f} "
            f"| {own['threshold']:.3f} | {rate(own, 'fpir')} | {own['fnir'] * 100:.2f} "
            f"| {'' if own['supported'] else 'extrapolated'} |"
        )
    return lines


def visits(found: OpenSet) -> list[str]:
    """Return a table by whole visits: a row for each gallery and target."""
    lines = [
        "| enrolled | target | fixed: FAR (95 %) | FRR (95 %) "
        "| calibrated: FAR (95 %) | FRR (95 %) | visits of strangers, members |",
        "|---|---|---|---|---|---|---|",
    ]
    for fixed, own in pairs(found):
        lines.append(
            f"| {own['gallery']} | {own['target'] * 100:g} % "
            f"| {rate(fixed, 'far_transaction')} | {rate(fixed, 'frr_transaction')} "
            f"| {rate(own, 'far_transaction')} | {rate(own, 'frr_transaction')} "
            f"| {own['stranger_visits']:,}, {own['member_visits']:,} |"
        )
    return lines


def fusions(data: Path, networks: Sequence[str], cache: Path | None) -> list[str]:
    """Return the FNIR of each way of fusing, with correct templates and with one wrong."""
    columns = [
        (network, name, wrong)
        for wrong in (False, True)
        for network in networks
        for name in ("asian-dev", "lfw-dev")
    ]
    found = [
        table(data / name, network, wrong=wrong, cache=cache) for network, name, wrong in columns
    ]
    heads = " | ".join(
        f"{network}, {name}{', one wrong' if wrong else ''}" for network, name, wrong in columns
    )
    lines = [
        f"FNIR in percent at an FPIR of {' / '.join(f'{fpir * 100:g}' for fpir in FPIRS)} %:",
        "",
        f"| | {heads} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for way in found[0]:
        cells = " | ".join(
            " / ".join(f"{one * 100:.1f}" for one in column[way]) for column in found
        )
        lines.append(f"| {'**' + way + '**' if way == 'fused template' else way} | {cells} |")
    return lines


def picture(rows: dict[str, OpenSet], network: str, file: Path) -> None:
    """Draw FPIR by size of the gallery, fixed and calibrated, with the targets as lines."""
    figure = Figure(figsize=(5.2 * len(rows), 3.8), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for number, (name, found) in enumerate(rows.items(), 1):
        axes = figure.add_subplot(1, len(rows), number)
        for fixed, own in pairs(found):
            for row, colour in ((fixed, COLOURS["fixed"]), (own, COLOURS["calibrated"])):
                low, high = (max(row[key], 2e-5) for key in ("fpir_low", "fpir_high"))
                size = row["gallery"] * (1.04 if row is own else 0.96)
                axes.plot([size, size], [low, high], color=colour, alpha=0.5)
                axes.plot(
                    size,
                    max(row["fpir"], 2e-5),
                    {1e-4: "v", 1e-3: "o", 1e-2: "^"}[row["target"]],
                    color=colour,
                )
        for target, style in ((1e-4, ":"), (1e-3, "--"), (1e-2, "-.")):
            axes.axhline(target, color="#555555", linestyle=style, linewidth=1)
        sizes = sorted({row["gallery"] for row in found.rows})
        axes.set(
            xscale="log",
            yscale="log",
            ylim=(1.5e-5, 1),
            xlabel="people enrolled",
            title=f"{network}, {name}",
        )
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_ylabel("strangers let in (FPIR, 95 %)" if number == 1 else "")
        axes.plot([], [], "o", color=COLOURS["fixed"], label="fixed threshold")
        axes.plot([], [], "o", color=COLOURS["calibrated"], label="calibrated")
        axes.legend(loc="upper left", fontsize=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Software": None})


def main() -> int:
    """Measure, write the page and its pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--networks", nargs="+", default=["dlib", "siamese"])
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    if args.reference:
        for network in args.networks:
            words = [
                "evaluate",
                network,
                "--images",
                str(args.data / "asian-dev"),
                "--reference",
                str(paths.REFERENCE),
                "--resamples",
                "0",
            ]
            if cli.main(words + (["--cache", str(args.cache)] if args.cache else [])):
                return 2
    page = args.page.read_text(encoding="utf-8")
    singles = []
    wholes = []
    for network in args.networks:
        rows = {name: measured(args.data, name, network, args.cache) for name in REPETITIONS}
        clips = measured(args.data, "videos", network, args.cache)
        for name, found in rows.items():
            singles += [
                f"**{network}, {name}** ({found.title.partition(': ')[2]})",
                "",
                *comparisons(found),
                "",
            ]
            if any(row["member_visits"] for row in found.rows):
                wholes += [f"**{network}, {name}**, stills", "", *visits(found), ""]
        wholes += [
            f"**{network}, clips** ({clips.title.partition(': ')[2]})",
            "",
            *visits(clips),
            "",
        ]
        picture(rows, network, args.page.parent / "figures" / f"calibration-{network}.png")
    pictures = [f"![{network}](figures/calibration-{network}.png)" for network in args.networks]
    for name, lines in (
        ("pictures", pictures),
        ("comparisons", singles[:-1]),
        ("visits", wholes[:-1]),
        ("fusion", fusions(args.data, args.networks, args.cache)),
    ):
        page = put(page, name, lines)
    args.page.write_text(page, encoding="utf-8")
    print(f"written: {args.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
