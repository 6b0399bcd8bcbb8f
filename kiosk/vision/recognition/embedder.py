"""Embeddings of aligned faces by any network that the manifest describes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError
from kiosk.core.frames import BGRImage, Face
from kiosk.core.templates import EmbedderInfo
from kiosk.vision.detection.alignment import crop_for
from kiosk.vision.detection.mtcnn import session
from kiosk.vision.models.manifest import Manifest, ModelEntry


def load_embedder(manifest: Manifest, name: str, threads: int = 1) -> OnnxEmbedder:
    """Load the embedder called ``name``; ``auto``: the best measured one that is present."""
    return OnnxEmbedder(manifest.choose(name), threads)


class OnnxEmbedder:
    """A face network on ONNX Runtime; its file's checksum is verified before it is loaded."""

    def __init__(self, entry: ModelEntry, threads: int = 1) -> None:
        if entry.kind != "embedder":
            raise WeightsError(
                f"{entry.id} is a {entry.kind}, not a face network;"
                " name another with recognition.embedder."
            )
        path = entry.verify()
        try:
            self._net = session(path, threads, spin=True)
        except Exception as error:
            raise WeightsError(
                f"{path.name} is not a network that can be run ({error}); {entry.remedy}."
            ) from None
        self._entry = entry
        self._identity = entry.identity
        self._input = self._net.get_inputs()[0].name
        self._mean = np.array(entry.mean, np.float32)
        self._check_shape()

    @property
    def info(self) -> EmbedderInfo:
        """What other rooms need to know of this network."""
        e = self._entry
        return EmbedderInfo(
            self._identity, e.title, e.dimension, e.threshold, e.far, e.licence, dict(e.measured)
        )

    @property
    def entry(self) -> ModelEntry:
        """How the manifest describes this network."""
        return self._entry

    def crop(self, image: BGRImage, face: Face) -> BGRImage:
        """Return the (input, input, 3) BGR picture of ``face`` that this network takes."""
        return crop_for(image, face, self._entry.alignment, self._entry.input)

    def embed(self, crops: Sequence[BGRImage]) -> NDArray[np.float32]:
        """Return (n, dimension) float32 embeddings of crops made by ``crop``.

        Raise ``WeightsError`` if the network gives values that are not finite, or only zeros.
        """
        if not len(crops):
            return np.zeros((0, self._entry.dimension), np.float32)
        pixels = np.stack(crops)
        if self._entry.channels == "rgb":
            pixels = pixels[..., ::-1]
        faces = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
        faces -= self._mean[:, None, None]
        faces /= np.float32(self._entry.scale)
        vectors = np.asarray(self._net.run(None, {self._input: faces})[0], np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(vectors).all() or (lengths == 0).any():
            raise WeightsError(
                f"The network {self._entry.id} gives no usable numbers; {self._entry.remedy}."
            )
        return vectors / lengths if self._entry.normalise else vectors

    def _check_shape(self) -> None:
        """Find a wrong file at the start, not at the first face."""
        size = self._entry.input
        try:
            found = self.embed([np.full((size, size, 3), 127, np.uint8)]).shape
        except WeightsError:
            raise
        except Exception as error:
            raise WeightsError(
                f"The network {self._entry.id} does not take {size}×{size} pictures ({error});"
                " correct the manifest."
            ) from None
        if found != (1, self._entry.dimension):
            raise WeightsError(
                f"The network {self._entry.id} gives {found}, not {self._entry.dimension} numbers"
                " a face; correct the manifest."
            )
