"""weights/reference.npz: distances of one embedder between pictures of one person, and of different
people.

For each embedder ``ID/genuine`` and ``ID/impostor``: (n,) float16 sorted distances; ``ID/sha256``:
the checksum of the network that made them, because another network's distances mean nothing. If
folders of people were measured, it also holds what the kiosk calibrates by
(``kiosk.vision.recognition.reference_distances``).
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError
from kiosk.core.files import atomic_write
from kiosk.learning.evaluation.verification_metrics import Floats, Ints, Scores
from kiosk.vision.recognition.reference_distances import parts_of
from kiosk.vision.recognition.threshold_calibration import Impostors

MOST = 20_000
"""Beyond this number of distances only as many quantiles are kept, including the smallest and the
largest.
"""


def thinned(distances: Floats) -> NDArray[np.float16]:
    """Return sorted distances, at most ``MOST`` of them."""
    if len(distances) > MOST:
        distances = distances[np.linspace(0, len(distances) - 1, MOST).round().astype(np.int64)]
    return distances.astype(np.float16)


def write_reference(
    file: Path,
    embedder_id: str,
    sha256: str,
    scores: Scores,
    impostors: Impostors | None = None,
    own: tuple[Floats, Ints] | None = None,
) -> None:
    """Write one embedder's distances into ``file``, atomically; others in it stay. Raises
    ``LearningError``.

    ``impostors``: of the same pictures, each against everybody else's fused template; the running
    kiosk calibrates by these. ``own``: each picture's distance to the same person's others, with
    the person, for the Evidence screen.
    """
    kept = (
        {
            name: value
            for name, value in _all(file).items()
            if not name.startswith(f"{embedder_id}/")
        }
        if file.exists()
        else {}
    )
    kept |= {
        f"{embedder_id}/genuine": thinned(scores.distances[scores.same]),
        f"{embedder_id}/impostor": thinned(scores.distances[~scores.same]),
        f"{embedder_id}/sha256": np.array(sha256),
    }
    if impostors is not None:
        kept |= {f"{embedder_id}/{part}": value for part, value in parts_of(impostors).items()}
    if own is not None:
        kept |= {
            f"{embedder_id}/own": own[0].astype(np.float32),
            f"{embedder_id}/own_who": own[1].astype(np.int32),
        }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **{name: kept[name] for name in sorted(kept)})
    write_whole(file, content.getvalue())


def read_reference(
    file: Path, embedder_id: str, sha256: str
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Read genuine and impostor distances of the network with this checksum.

    ``LearningError`` if there are none.
    """
    kept = _all(file)
    try:
        genuine, impostor, made_by = (
            kept[f"{embedder_id}/{name}"] for name in ("genuine", "impostor", "sha256")
        )
    except KeyError:
        raise LearningError(
            f"{file} knows no distances of {embedder_id}; measure them with evaluate --reference."
        ) from None
    if str(made_by) != sha256:
        raise LearningError(
            f"{file} holds distances of another {embedder_id}; measure them again with evaluate "
            "--reference."
        )
    return genuine.astype(np.float16), impostor.astype(np.float16)


def _all(file: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise LearningError(
            f"{file} cannot be read as reference distances ({error}); delete or restore it."
        ) from None


def write_whole(file: Path, content: bytes) -> None:
    """Write a file atomically; ``LearningError``."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(file, content, mode=None)
    except OSError as error:
        raise LearningError(
            f"{file} cannot be written ({error.strerror}); make room or name another place."
        ) from None
