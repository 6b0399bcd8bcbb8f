"""``weights recommend``: which network suits a site, and what a change of network asks for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from kiosk.cli.shared import Progress, config_of, data_dir
from kiosk.core import paths
from kiosk.core.program_name import program_name
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import RANKED_BY, Manifest, ModelEntry
from kiosk.vision.models.model_download import can_be_reached, fetch

if TYPE_CHECKING:
    from kiosk.learning.evaluation.network_comparison import ComparedNetwork, NetworkComparison

FEW_PEOPLE = 10
"""With fewer people the intervals are rough."""
SLOW_MS = 100
"""Milliseconds for a face from which the door compares too few frames in its second of votes."""


def recommend(args: argparse.Namespace, manifest: Manifest) -> int:
    """Measure or list what is here, offer what is not, and name the steps of a change."""
    current = manifest.choose(config_of(args).recognition.embedder)
    print(f"The door uses {current.id}: {current.title}.")
    if args.fetch:
        for entry in _missing(manifest):
            print(f"{entry.id}: {entry.title}, {entry.licence}, from {entry.source}{_size(entry)}")
            print(f"{entry.id}: {fetch(entry, Progress(f'fetching {entry.id}'))}")
    print("\n".join(_offers(_missing(manifest))))
    if args.images is None:
        print("\n".join(_as_measured_before(manifest, current)))
        return 0
    found = _compare(args, manifest)
    print("\n".join(_table(found)))
    best = _choice(found.networks, current, manifest)
    if best is None:
        print(f"Stay with {current.id}: these pictures show no network that is better.")
        return 0
    print(f"Use {best.id}: on these pictures it is better than {current.id}.")
    print("\n".join(_steps(args, best)))
    return 0


def _missing(manifest: Manifest) -> list[ModelEntry]:
    """Return the networks that every site may use and that are not here yet."""
    return [
        entry
        for entry in manifest.entries
        if entry.kind == "embedder" and entry.url and entry.free_to_use and not entry.path.exists()
    ]


def _size(entry: ModelEntry) -> str:
    return f", {entry.download_bytes / 1e6:.0f} MB" if entry.download_bytes else ""


def _offers(missing: Sequence[ModelEntry]) -> Iterator[str]:
    for entry in missing:
        what = f"Not here: {entry.id}, {entry.title}, {entry.licence}{_size(entry)}; "
        if can_be_reached(entry):
            yield f"{what}`{program_name()} weights fetch {entry.id}` gets it, --fetch all of them."
        else:
            yield (
                f"{what}its server cannot be reached from here. Fetch {entry.url} elsewhere, put "
                f"it at {entry.path} and run `{program_name()} weights verify`."
            )


def _as_measured_before(manifest: Manifest, current: ModelEntry) -> Iterator[str]:
    for entry in manifest.present():
        rank = entry.measured.get(RANKED_BY)
        yield f"{entry.id}: " + (
            "not measured by this project" if rank is None else f"rank {rank:.3f} in the manifest"
        )
    yield (
        f"Only your own camera and people can tell whether another network is better than "
        f"{current.id}: give --images DIR with a folder for each person who agreed, better with a "
        "folder for each day in it."
    )


def _compare(args: argparse.Namespace, manifest: Manifest) -> NetworkComparison:
    from kiosk.learning.evaluation.evaluator import Settings
    from kiosk.learning.evaluation.measured_networks import open_network
    from kiosk.learning.evaluation.network_comparison import compare_networks

    networks = [
        (entry.id, partial(open_network, entry.id, manifest)) for entry in manifest.present()
    ]
    return compare_networks(
        args.images, networks, load_mtcnn(manifest), Settings(progress=Progress)
    )


def _table(found: NetworkComparison) -> Iterator[str]:
    between = "between sessions" if found.between_sessions else "between pictures"
    yield (
        f"{found.people:,} people, {found.pictures:,} pictures; {found.genuine:,} genuine "
        f"comparisons {between}, {found.impostor:,} of different people"
    )
    yield (
        f"{'network':<20} {'EER':>7} {'95 %':<16} {'refused at no false accept':<26} {'a face':>8}"
    )
    for one in found.networks:
        limits = one.interval
        shown = f"({limits[0] * 100:.1f} – {limits[1] * 100:.1f})" if limits else ""
        yield (
            f"{one.id:<20} {one.eer * 100:>5.1f} % {shown:<16} {one.refused * 100:>24.1f} % "
            f"{one.ms:>5.1f} ms"
        )
    for one in found.networks:
        if one.ms > SLOW_MS:
            yield f"note: {one.id} takes {one.ms:.0f} ms for a face, so a visit takes longer."
    if not found.between_sessions:
        yield "note: Nobody has pictures of two days, so every network looks better than at a door."
    if found.people < FEW_PEOPLE:
        yield f"note: With {found.people} people the intervals are rough."


def _choice(
    compared: Sequence[ComparedNetwork], current: ModelEntry, manifest: Manifest
) -> ModelEntry | None:
    """Return the best network that every site may use, if it is better than the current one."""
    by_id = {one.id: one for one in compared}
    for one in compared:
        entry = manifest.entry(one.id)
        if entry.free_to_use and one.id != current.id and one.better_than(by_id[current.id]):
            return entry
    return None


def _steps(args: argparse.Namespace, best: ModelEntry) -> Iterator[str]:
    """Yield what must be done, in order. Templates of two networks are never compared."""
    me = program_name()
    file = args.config or paths.config_file(data_dir(args))
    yield "Everybody must be enrolled again: templates of one network mean nothing to another."
    yield (
        f"1. {me} evaluate {best.id} --images {args.images} --reference {paths.REFERENCE}"
        "  (so that the door can derive its threshold)"
    )
    yield f'2. Write embedder = "{best.id}" below [recognition] in {file}, and restart the kiosk.'
    yield f"3. {me} people re-enrolment  (lists who must be enrolled again; the People page too)"
    yield (
        "4. Enrol each of them on the People page, consent included; or at once with "
        f"`{me} people import people.csv --photos DIR`."
    )
    yield "   Until then they enter with number and PIN, badge or card, where the policy allows it."
    yield f"5. {me} doctor  (says what is still missing)"
