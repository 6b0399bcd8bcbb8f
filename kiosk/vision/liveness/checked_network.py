"""A small network of the manifest that gives one number a picture, tried before it counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError
from kiosk.vision.detection.mtcnn import session
from kiosk.vision.models.manifest import ModelEntry

Pictures = NDArray[np.float32]


class CheckedNetwork:
    """The network on ONNX Runtime, with one thread."""

    def __init__(self, entry: ModelEntry, example: Pictures, *, judges: str, each: str) -> None:
        """``example``: pictures (n, …) to try it with. ``judges``, ``each``: words for errors.

        Raise ``WeightsError`` where its file is missing, has the wrong checksum, or does not give
        (n, 1) numbers for ``example``.
        """
        path = entry.verify()
        try:
            self._net = session(path, 1)
            self._input = self._net.get_inputs()[0].name
            found = self.run(example)
        except Exception as error:
            raise WeightsError(
                f"{path.name} is not a network that judges {judges} ({error}); {entry.remedy}."
            ) from None
        if found.shape != (len(example), 1):
            raise WeightsError(
                f"{path.name} gives {found.shape}, not one number {each}; {entry.remedy}."
            )

    def run(self, pictures: Pictures) -> NDArray[np.float32]:
        """Return (n, 1) numbers for ``pictures`` (n, …)."""
        return np.asarray(self._net.run(None, {self._input: pictures})[0], np.float32)
