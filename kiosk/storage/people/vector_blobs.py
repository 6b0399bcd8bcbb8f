"""Embeddings as blobs: float32, little-endian."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import StorageError
from kiosk.core.templates import Template, Vector

_STORED = np.dtype("<f4")
_ROWS_AT_ONCE = 4096
"""Rows checked at a time, so that little memory is needed."""


def to_blob(vector: Vector) -> bytes:
    """Return the bytes of a (dimension,) float vector.

    Raise ``StorageError`` if it is empty, not one-dimensional, or not finite.
    """
    given = np.asarray(vector)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind != "f":
        raise _refused("it is not a row of numbers")
    with np.errstate(over="ignore"):
        row = given.astype(_STORED)
    if not np.isfinite(row).all():
        raise _refused("it has a value that is not finite")
    return row.tobytes()


def from_blob(blob: bytes, dimension: int) -> Vector:
    """Return a new (dimension,) float32 array.

    Raise ``StorageError`` if the length is wrong or a value is not finite.
    """
    if dimension <= 0 or len(blob) != dimension * _STORED.itemsize:
        raise _refused("its length is wrong")
    row = np.frombuffer(blob, _STORED).astype(np.float32)
    if not np.isfinite(row).all():
        raise _refused("it has a value that is not finite")
    return row


def finite_rows(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which rows of ``vectors`` (n, dimension) have only finite values, as (n,) bool."""
    finite = np.ones(len(vectors), np.bool_)
    for begin in range(0, len(vectors), _ROWS_AT_ONCE):
        end = begin + _ROWS_AT_ONCE
        finite[begin:end] = np.isfinite(vectors[begin:end]).all(axis=1)
    return finite


def check_together(templates: Sequence[Template], stored: dict[str, int]) -> None:
    """Raise ``StorageError`` if an embedder has templates of different dimensions.

    ``stored``: dimension of the stored templates, by embedder id.
    """
    dimensions = dict(stored)
    for template in templates:
        if not template.embedder_id:
            raise _refused("it does not say which network made it")
        size = int(np.asarray(template.vector).size)
        if dimensions.setdefault(template.embedder_id, size) != size:
            raise _refused(
                f"it has {size} values where {template.embedder_id} has"
                f" {dimensions[template.embedder_id]}"
            )


def _refused(why: str) -> StorageError:
    return StorageError(
        f"The template cannot be used because {why}; enrol the person again.",
        key="error.template_refused",
    )
