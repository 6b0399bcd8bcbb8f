"""Time each part beside its alternatives: a table, and build/bench.json. ``make bench``

    python benchmarks/bench.py [--data DIR] [--quick] [--only vision|matching|running]
        [--json FILE] [--page docs/performance.md]

DIR is a folder with videos/person-*.mkv and peers/*.onnx; without it all pictures are drawn. Peers
that are not installed are left out: ``pip install openvino faiss-cpu usearch dlib-bin`` for all.
Exit code 1 if two ways disagree on what they find.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

# idle threads of one peer must not take the cores of the next
os.environ |= {
    "OMP_WAIT_POLICY": "PASSIVE",
    "KMP_BLOCKTIME": "0",
    "OPENBLAS_NUM_THREADS": "1",
}
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.page import put
from benchmarks.speed import codes, matching, running, vision
from benchmarks.speed.agreement import same_decisions
from benchmarks.speed.timing import Row
from kiosk.core.config import Config

PARTS = ("vision", "matching", "running")


def consensus_ms() -> float:
    """Return the shortest time that the votes of one track take at 30 frames a second."""
    rule = Config().recognition
    return 1e3 * max(rule.min_span_s, (rule.votes - 1) / 30)


def measure(part: str, rounds: int, data: Path | None) -> tuple[list[Row], list[str]]:
    """Return the rows of one part, and the disagreements between ways."""
    if part == "vision":
        found, faults = vision.detection(rounds)
        found += (
            vision.following(2 * rounds)
            + vision.embedding(2 * rounds)
            + vision.frames(rounds, data)
            + codes.codes()
        )
        return found, faults + same_decisions(vision.clips_or_film(data))
    if part == "matching":
        return matching.matching(2 * rounds)
    return running.whole(max(3, rounds // 4), 20.0, consensus_ms()), []


def machine() -> str:
    """Return the processor, its load and the versions that were measured."""
    info = Path("/proc/cpuinfo")
    names = (
        [
            line.partition(":")[2].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        if info.exists()
        else []
    )
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, {platform.system()}, Python {platform.python_version()}"
    )


def markdown(rows: list[Row]) -> list[str]:
    """Return the rows as a table."""
    lines = ["| figure | ours (p95) | peer | ratio | |", "|---|---|---|---|---|"]
    for row in rows:
        p95 = "" if row.p95_ms is None else f" ({row.p95_ms:.2f})"
        beside = "–" if row.peer_ms is None else f"{row.peer}: {row.peer_ms:.2f} ms"
        ratio = "–" if row.ratio is None else f"× {row.ratio:.1f}"
        ours = f"{row.ours_ms:.2f} {row.unit}{p95}"
        lines.append(f"| `{row.name}` | {ours} | {beside} | {ratio} | {row.note} |")
    return lines


def main() -> int:
    """Print and store the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with real clips and peers")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part of it")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--page", type=Path, help="page whose table is replaced")
    args = parser.parse_args()
    print(machine())
    rows: list[Row] = []
    faults: list[str] = []
    for part in args.only or PARTS:
        print(f"{part} …", flush=True)
        found, wrong = measure(part, 4 if args.quick else 20, args.data)
        rows += found
        faults += wrong
        for row in found:
            print(row.line(), flush=True)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(
        json.dumps(
            [asdict(row) | {"ratio": row.ratio} for row in rows], indent=1, ensure_ascii=False
        )
        + "\n",
        encoding="utf-8",
    )
    if args.page is not None:
        page = args.page.read_text(encoding="utf-8")
        args.page.write_text(
            put(page, "bench", [f"Measured on: {machine()}.", "", *markdown(rows)]),
            encoding="utf-8",
        )
    for fault in faults:
        print(f"does not agree: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
