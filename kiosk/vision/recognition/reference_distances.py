"""weights/reference.npz: how near different people came when a network was measured.

For each network ``ID``, its keys are ``ID/sha256``, ``ID/quantiles``, ``ID/tail``,
``ID/tail_first``, ``ID/tail_second``, ``ID/counts`` and ``ID/comparisons``; see ``Impostors``.
``ID/own`` and ``ID/own_who``: genuine distances, of each picture to the same person's others.
``evaluate --reference`` writes the file.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError
from kiosk.vision.recognition.threshold_calibration import Impostors

log = logging.getLogger(__name__)


def parts_of(impostors: Impostors) -> dict[str, NDArray[Any]]:
    """Return the arrays of ``impostors`` as they are stored."""
    return {
        "quantiles": impostors.quantiles.astype(np.float32),
        "tail": impostors.tail,
        "tail_first": impostors.first,
        "tail_second": impostors.second,
        "counts": impostors.counts,
        "comparisons": np.array(impostors.comparisons),
    }


def impostors_of(stored: Mapping[str, NDArray[Any]], name: str) -> Impostors:
    """Return the stored impostor distances of ``name``.

    Raise ``KeyError`` or ``ValueError`` if a part is missing or inconsistent.
    """
    quantiles, tail, counts = (
        np.asarray(stored[f"{name}/{part}"], np.float64) for part in ("quantiles", "tail", "counts")
    )
    first, second = (
        np.asarray(stored[f"{name}/{part}"], np.int64) for part in ("tail_first", "tail_second")
    )
    comparisons = int(stored[f"{name}/comparisons"])
    if not (
        len(tail) == len(first) == len(second)
        and 0 < len(tail) <= comparisons
        and len(quantiles)
        and len(counts) > 1
    ):
        raise ValueError("lengths differ")
    if (
        not all(np.isfinite(part).all() for part in (quantiles, tail, counts))
        or min(quantiles.min(), tail.min(), counts.min()) < 0
    ):
        raise ValueError("not finite")
    if (np.diff(tail) < 0).any() or (np.diff(quantiles) < 0).any():
        raise ValueError("not in rising order")
    if min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= len(counts):
        raise ValueError("unknown people")
    return Impostors(quantiles, tail, first, second, counts, comparisons)


def reference_of(file: Path, identity: str) -> Impostors | None:
    """Return the reference of the network called ``name@checksum`` (the checksum's beginning).

    ``None``, with the reason in the log, if there is none: the door works without it, with the
    network's own threshold as the limit.
    """
    try:
        return sound_reference_of(file, identity)
    except WeightsError as error:
        log.warning("%s", error)
        return None


def sound_reference_of(file: Path, identity: str) -> Impostors | None:
    """Return the same, ``None`` where this network was never measured on folders of people.

    Raise ``WeightsError`` for a file that cannot be read, is damaged, or belongs to another network
    of that name.
    """
    name, _, begins = identity.partition("@")
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            if f"{name}/sha256" not in stored or f"{name}/quantiles" not in stored:
                return None
            if not str(stored[f"{name}/sha256"]).startswith(begins):
                raise ValueError("made by another network of that name")
            return impostors_of(stored, name)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{file} has no usable reference of {name} ({error}); restore it, or measure it with "
            "evaluate --reference."
        ) from None


def own_of(file: Path, identity: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return genuine distances (n,) and the person of each (n,); empty if they were not measured.

    For a network whose reference can be read.
    """
    name = identity.partition("@")[0]
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
        if f"{name}/own" not in stored or f"{name}/own_who" not in stored:
            return np.zeros(0), np.zeros(0, np.int64)
        own = np.asarray(stored[f"{name}/own"], np.float64)
        who = np.asarray(stored[f"{name}/own_who"], np.int64)
    if own.shape != who.shape or own.ndim != 1 or not np.isfinite(own).all() or (own < 0).any():
        log.warning("%s has unusable distances within the people of %s", file, name)
        return np.zeros(0), np.zeros(0, np.int64)
    return own, who
