"""1:N search of random templates beside NumPy, faiss and usearch, checked against the exact one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.timing import Row, compare, rows
from kiosk.core.templates import Template
from kiosk.vision.recognition.gallery import Gallery

DIMENSION = 128
NAMES = {1_000: "match_1k", 10_000: "match_10k", 100_000: "match_100k", 1_000_000: "match_1m"}
BANDWIDTH = 8 << 20
"""Elements of the array, divided by 8, that is read to measure the speed of memory."""

Floats = NDArray[np.float32]


def matching(rounds: int, sizes: tuple[int, ...] = tuple(NAMES)) -> tuple[list[Row], list[str]]:
    """Return a row for each size and peer, and the searches that did not find the nearest."""
    found = list[Row]()
    faults = list[str]()
    speed = memory_speed()
    for size in sizes:
        vectors = made_up(size)
        probes = made_up(64, seed=2)
        gallery = Gallery("made-up@0", DIMENSION)
        gallery.replace([Template(i, "made-up@0", vector) for i, vector in enumerate(vectors)])
        faults += wrong(gallery, vectors, probes)
        turn = iter(range(10**9))

        def probe(probes: Floats = probes, turn: Any = turn) -> Floats:
            return np.asarray(probes[next(turn) % len(probes)], np.float32)

        ways: dict[str, Callable[[], object]] = {"ours": lambda g=gallery: g.search(probe())}
        ways["NumPy @"] = lambda v=vectors: two_nearest(v @ probe())
        ways |= indexes(vectors, probe)
        least = vectors.nbytes / speed * 1e3
        found += rows(
            NAMES[size],
            "ours",
            compare(ways, rounds if size < 10**6 else max(5, rounds // 4)),
            f"{size:,} of {DIMENSION}, recall 1.0; reading {vectors.nbytes / 2**20:,.0f} MiB once "
            f"takes {least:.2f} ms",
        )
    return found, faults


def made_up(count: int, seed: int = 1, dimension: int = DIMENSION) -> Floats:
    """Return (count, dimension) float32 random unit vectors."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def two_nearest(scores: Floats) -> object:
    """Return the indices of the two nearest, which is what a door needs."""
    return np.argpartition(scores, -2)[-2:]


def wrong(gallery: Gallery, vectors: Floats, probes: Floats) -> list[str]:
    """Return the probes whose answer is not the nearest and the second nearest."""
    faults = []
    for number, probe in enumerate(probes):
        near = np.argsort(vectors @ probe)[-2:][::-1]
        match = gallery.search(probe)
        if match is None or (match.person_id, match.runner_up_id) != tuple(near):
            faults.append(f"{len(vectors)} templates: probe {number} found {match}, not {near}")
    return faults


def indexes(vectors: Floats, probe: Callable[[], Floats]) -> dict[str, Callable[[], object]]:
    """Return exact searches by the usual libraries that are installed."""
    ways: dict[str, Callable[[], object]] = {}
    if importlib.util.find_spec("faiss"):
        import faiss

        flat = faiss.IndexFlatIP(DIMENSION)
        flat.add(vectors)
        ways["faiss flat"] = lambda: flat.search(probe()[None], 2)
    if importlib.util.find_spec("usearch"):
        from usearch.index import MetricKind, search

        ways["usearch exact"] = lambda: search(vectors, probe(), 2, MetricKind.IP, exact=True)
    return ways


def memory_speed() -> float:
    """Return the bytes per second of one pass over a large array, the best of five."""
    import time

    data = np.ones(BANDWIDTH * 8, np.float32)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        np.dot(data, data)
        best = min(best, time.perf_counter() - began)
    return data.nbytes / best
