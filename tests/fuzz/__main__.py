"""Fuzz a parser: ``python -m tests.fuzz TARGET --inputs 1000000``.

Changes the kept inputs of ``corpus/TARGET`` at random, the same way for the same ``--seed``, or,
with ``--engine atheris`` where that package is installed, guided by what the code covers. Inputs
that the parser did not bear are written to ``build/fuzz/TARGET``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.target import CORPUS, SECONDS, FuzzTarget

BUILD = Path(__file__).resolve().parents[2] / "build" / "fuzz"


def main() -> int:
    """Print how many inputs were done, crashed or took too long; return 1 if any did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="name of a target, or all")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    args = parser.parse_args()
    if args.engine == "atheris":
        return _with_atheris(args.target, args.inputs, args.seed)
    from tests.fuzz.driver import fuzz
    from tests.fuzz.targets import TARGETS

    bad = 0
    for name in TARGETS if args.target == "all" else [args.target]:
        began = time.monotonic()
        result = fuzz(TARGETS[name], args.inputs, args.seed, BUILD)
        said = {"target": name, **asdict(result), "took_s": round(time.monotonic() - began, 1)}
        print(json.dumps(said), flush=True)
        bad += result.crashes + result.over
    return 1 if bad else 0


def _with_atheris(name: str, inputs: int, seed: int) -> int:
    import atheris  # type: ignore[import-not-found]  # only where somebody installed it

    from tests.fuzz.driver import limit_memory

    with atheris.instrument_imports(include=["kiosk"]):
        from tests.fuzz.targets import TARGETS
    target: FuzzTarget = TARGETS[name]
    place = BUILD / name
    place.mkdir(parents=True, exist_ok=True)
    found = Path(tempfile.mkdtemp(prefix="munjigi-fuzz-"))  # what it learns is not kept
    shutil.copytree(CORPUS / name, found, dirs_exist_ok=True)
    words = found.with_suffix(".dict")
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
    words.write_text("".join(f'"{word}"\n' for word in escaped), encoding="ascii")
    options = [
        f"-runs={inputs}",
        f"-seed={seed + 1}",
        f"-timeout={int(SECONDS)}",
        "-rss_limit_mb=0",
        "-max_len=20000",
        f"-artifact_prefix={place}/",
        f"-dict={words}",
        "-print_final_stats=1",
    ]
    limit_memory()
    atheris.Setup([sys.argv[0], *options, str(found)], lambda data: target.run(data) and None)
    atheris.Fuzz()  # ends the process
    return 0


if __name__ == "__main__":
    sys.exit(main())
