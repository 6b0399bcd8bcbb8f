"""MTCNN on ONNX Runtime, with the boxes, probabilities and landmarks of facenet-pytorch's cascade.

The cascade is that of Zhang et al., "Joint face detection and alignment using multi-task cascaded
convolutional networks", 2016. facenet-pytorch shrinks pictures by averaging over whole pixels
("area"). The mean over any rectangle takes four look-ups in one integral image, so the pyramid and
all crops of both later stages come from one pass over the frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face
from kiosk.vision.detection import nms
from kiosk.vision.models.manifest import Manifest

# at import it would create an id for this machine and record usage events that it could send
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

CELL = 12
"""Side of the square, in pixels, that P-Net sees for each cell of its output."""

STRIDE = 2
"""Pixels between the cells of P-Net's output."""

MIN_LEVEL_SIDE = 12
"""Shorter side, in pixels, of the smallest level of the pyramid."""

MIN_CROPS_PER_THREAD = 3
"""Fewest crops that are worth another thread."""

MOST_CELLS, MOST_PROPOSED, MOST_REFINED = 3000, 400, 64
"""Candidates that are followed up after P-Net, its suppression and R-Net: the largest, as the
person at the door is. A room with six people has about 330, 110 and 40; a sheet of small faces has
thousands, each of which takes time."""

_LEVEL_OFFSET = 2.0**16
"""Offset that keeps the boxes of different levels apart; larger than any coordinate. P-Net's boxes
are whole pixels, which float32 represents exactly up to 2**24."""


def session(path: Path, threads: int, spin: bool = False) -> onnxruntime.InferenceSession:
    """Return a network on the CPU with ``threads`` threads that sleep between runs.

    ``spin``: keep them spinning during a run, which pays off for large networks.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spin)))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def load_mtcnn(manifest: Manifest, *, threads: int = 1, min_face_size: int = 20) -> Mtcnn:
    """Return the cascade with the manifest's networks.

    Raises ``WeightsError`` when one is missing or has the wrong checksum.
    """
    pnet, rnet, onet = (
        session(manifest.entry(name).verify(), 1) for name in ("pnet", "rnet", "onet")
    )
    return Mtcnn(pnet, rnet, onet, min_face_size=min_face_size, threads=threads)


class WorkerPool:
    """Shares work between ``threads`` threads, the caller being one of them.

    ONNX Runtime's own threads synchronise at each layer, which costs more than it saves for
    networks as small as these.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._others = (
            ThreadPoolExecutor(threads - 1, thread_name_prefix="detect") if threads > 1 else None
        )

    def each(self, work: Callable[[int], Any], count: int) -> list[Any]:
        """Return ``work(i)`` for every i below ``count``; lower ones are started first."""
        results: list[Any] = [None] * count
        remaining = iter(range(count))

        def share() -> None:
            for i in remaining:  # each number goes to one thread only
                results[i] = work(i)

        others = (
            [self._others.submit(share) for _ in range(min(self.threads, count) - 1)]
            if self._others is not None
            else []
        )
        share()
        for other in others:
            other.result()
        return results


class Mtcnn:
    """Finds faces. Not thread-safe.

    ``pnet``, ``rnet``, ``onet``: the sessions of the three stages. ``min_face_size``: in pixels.
    ``thresholds``: least probabilities of the three stages. ``factor``: between the levels of the
    pyramid.
    """

    def __init__(
        self,
        pnet: Any,
        rnet: Any,
        onet: Any,
        *,
        min_face_size: int = 20,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.7),
        factor: float = 0.709,
        threads: int = 1,
    ) -> None:
        self._pnet = pnet
        self._rnet = rnet
        self._onet = onet
        self._min_face_size = min_face_size
        self._thresholds = thresholds
        self._factor = factor
        self._workers = WorkerPool(threads)

    def detect(self, image: BGRImage) -> list[Face]:
        """Return every face in ``image``, largest first, in its pixels."""
        integral = AreaIntegral(image)
        boxes = self._propose(integral)
        return _faces(*self._finish(integral, self._refine(integral, boxes)))

    def refind(self, image: BGRImage, faces: Sequence[Face]) -> list[Face]:
        """Return those of ``faces`` that are still near their places, largest first.

        ``faces`` come from a frame shortly before; only the last stage is run, on their boxes.
        """
        boxes = np.stack([face.box for face in faces]) if faces else np.zeros((0, 4), np.float32)
        return _faces(*self._finish(AreaIntegral(image), _squared(boxes)))

    def scales(self, height: int, width: int) -> list[float]:
        """Return the scale of each level of the pyramid, all below 1 for faces over ``CELL``."""
        scale = CELL / self._min_face_size
        side = min(height, width) * scale
        scales = []
        while side >= MIN_LEVEL_SIDE:
            scales.append(scale)
            scale *= self._factor
            side *= self._factor
        return scales

    def _propose(self, integral: AreaIntegral) -> Floats:
        """Return (n, 4) square candidates of the whole pyramid."""
        scales = self.scales(integral.height, integral.width)
        # one after the other: NumPy does not run faster in two threads
        inputs = [integral.shrunk(scale) for scale in scales]
        outputs = self._workers.each(
            lambda i: self._pnet.run(["box", "probability"], {"image": inputs[i]}), len(inputs)
        )
        if not outputs:
            return np.zeros((0, 4), np.float32)
        level, boxes, scores, offsets = self._promising(scales, outputs)
        # the offset restricts the first suppression to boxes of the same level
        offset = (level.astype(np.float32) * _LEVEL_OFFSET)[:, None]
        kept = nms.by_union(boxes + offset, scores, 0.5)
        kept = kept[nms.by_union(boxes[kept], scores[kept], 0.7)]
        kept = kept[_largest(boxes[kept], MOST_PROPOSED)]
        boxes = boxes[kept]
        size = boxes[:, 2:] - boxes[:, :2]
        return _squared(boxes + offsets[kept] * size[:, [0, 1, 0, 1]])

    def _promising(
        self, scales: Sequence[float], outputs: Sequence[tuple[Floats, Floats]]
    ) -> tuple[Ints, Floats, Floats, Floats]:
        """Return level, box (n, 4), probability and offsets (n, 4) of every promising cell."""
        cells = [np.flatnonzero(probability >= self._thresholds[0]) for _, probability in outputs]
        level = np.repeat(np.arange(len(scales)), [len(found) for found in cells])
        scores = np.concatenate(
            [
                probability.ravel()[found]
                for found, (_, probability) in zip(cells, outputs, strict=True)
            ]
        )
        kept = _first(np.lexsort((-scores, -level)), MOST_CELLS)  # a higher level: larger faces
        level = level[kept]
        rows, columns = np.divmod(
            np.concatenate(cells)[kept],
            np.array([offsets.shape[3] for offsets, _ in outputs])[level],
        )
        at = (STRIDE * np.stack([columns, rows], axis=1)).astype(np.float32)
        scale = np.array(scales, np.float32)[level][:, None]
        boxes = np.concatenate([np.floor((at + 1) / scale), np.floor((at + CELL) / scale)], axis=1)
        offsets = np.concatenate(
            [
                offsets.reshape(4, -1)[:, found]
                for found, (offsets, _) in zip(cells, outputs, strict=True)
            ],
            axis=1,
        )
        return level, boxes, scores[kept], offsets[:, kept].T

    def _run_shared(self, network: Any, outputs: list[str], crops: Floats) -> list[Floats]:
        """Return the outputs of ``network`` for all ``crops``, shared between the threads."""
        parts = np.array_split(
            crops, max(1, min(self._workers.threads, len(crops) // MIN_CROPS_PER_THREAD))
        )
        results = self._workers.each(
            lambda i: network.run(outputs, {"image": parts[i]}), len(parts)
        )
        return [np.concatenate(output) for output in zip(*results, strict=True)]

    def _refine(self, integral: AreaIntegral, boxes: Floats) -> Floats:
        """Return the (n, 4) square candidates that R-Net keeps."""
        boxes, crops = integral.crops(boxes, 24)
        if not len(boxes):
            return boxes
        offsets, probability = self._run_shared(self._rnet, ["box", "probability"], crops)
        good = probability[:, 1] > self._thresholds[1]
        boxes = boxes[good]
        scores = probability[good, 1]
        offsets = offsets[good]
        kept = nms.by_union(boxes, scores, 0.7)
        moved = _squared(_moved(boxes[kept], offsets[kept]))
        return moved[_largest(moved, MOST_REFINED)]

    def _finish(self, integral: AreaIntegral, boxes: Floats) -> tuple[Floats, Floats, Floats]:
        """Return boxes (n, 4), landmarks (n, 5, 2) and probabilities (n,) from O-Net."""
        boxes, crops = integral.crops(boxes, 48)
        if not len(boxes):
            return boxes, np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
        offsets, points, probability = self._run_shared(
            self._onet, ["box", "points", "probability"], crops
        )
        good = probability[:, 1] > self._thresholds[2]
        boxes = boxes[good]
        scores = probability[good, 1]
        size = boxes[:, 2:] - boxes[:, :2] + 1
        # the network gives the x of all five points, then the y of all five
        places = points[good].reshape(-1, 2, 5).transpose(0, 2, 1)
        landmarks = size[:, None] * places + boxes[:, None, :2] - 1
        boxes = _moved(boxes, offsets[good])
        kept = nms.by_smaller(boxes, scores, 0.7)
        return boxes[kept], landmarks[kept].astype(np.float32), scores[kept]


def _first(order: Ints, count: int) -> Ints:
    """Return the first ``count`` indices of ``order``, sorted."""
    return np.sort(order[:count])


def _largest(boxes: Floats, count: int) -> Ints:
    """Return the indices of the ``count`` largest boxes, in their order."""
    size = boxes[:, 2:] - boxes[:, :2]
    return _first(np.argsort(-size[:, 0] * size[:, 1], kind="stable"), count)


class AreaIntegral:
    """Means over rectangles of one frame, from its integral image."""

    def __init__(self, image: BGRImage) -> None:
        self.height, self.width = image.shape[:2]
        fits = self.height * self.width * 255 < 2**31
        self._stride = self.width + 1
        self._sums = cv2.integral(image, sdepth=cv2.CV_32S if fits else cv2.CV_64F).reshape(-1, 3)

    def shrunk(self, scale: float) -> Floats:
        """Return a (1, 3, h, w) network input: the whole frame shrunk by ``scale``.

        Rows are summed first, so that each look-up reads whole rows.
        """
        height = int(self.height * scale + 1)
        width = int(self.width * scale + 1)
        (top, bottom) = _edges(self.height, height)
        (left, right) = _planes(self.width, width)
        rows: NDArray[Any] = self._sums.reshape(self.height + 1, -1)
        strips = rows.take(bottom, axis=0)
        strips -= rows.take(top, axis=0)
        total = strips.take(right, axis=1)
        total -= strips.take(left, axis=1)
        rgb = np.empty((1, 3, height, width), np.float32)
        rgb[0] = total.reshape(height, 3, width).transpose(1, 0, 2)
        return _scaled(rgb, _areas(self.height, self.width, height, width))

    def crops(self, boxes: Floats, size: int) -> tuple[Floats, Floats]:
        """Return the boxes that touch the frame and their (n, 3, size, size) network inputs.

        ``boxes``: (n, 4); they are cut at the edge of the frame.
        """
        whole = np.trunc(boxes).astype(np.int64)
        low = np.maximum(whole[:, :2], 1) - 1
        high = np.minimum(whole[:, 2:], [self.width, self.height])
        good = (high > low).all(axis=1)
        low = low[good]
        high = high[good]
        return boxes[good], self._pooled(
            *_bins(low[:, 1], high[:, 1], size), *_bins(low[:, 0], high[:, 0], size)
        )

    def _pooled(self, top: Ints, bottom: Ints, left: Ints, right: Ints) -> Floats:
        """Return means over rectangles; each argument (n, bins) in pixels, end exclusive."""
        # flat indices: three times as fast as indexing rows and columns
        first_row = (top * self._stride)[:, :, None]
        end_row = (bottom * self._stride)[:, :, None]
        first_column = left[:, None, :]
        end_column = right[:, None, :]
        total = self._sums.take(end_row + end_column, axis=0)
        total -= self._sums.take(first_row + end_column, axis=0)
        total -= self._sums.take(end_row + first_column, axis=0)
        total += self._sums.take(first_row + first_column, axis=0)
        area = (128 * (bottom - top)[:, :, None] * (right - left)[:, None, :]).astype(np.float32)
        rgb = np.ascontiguousarray(total[..., ::-1].transpose(0, 3, 1, 2), np.float32)
        return _scaled(rgb, area[:, None])


def _scaled(sums: Floats, areas: Floats) -> Floats:
    """Turn colour sums into network input, (mean - 127.5) / 128, in place and bit-exact.

    ``areas``: 128 times the number of pixels of each sum.
    """
    sums /= areas
    sums -= np.float32(127.5 / 128)
    return sums


def _faces(boxes: Floats, points: Floats, scores: Floats) -> list[Face]:
    """Return the faces, largest first."""
    order = np.argsort((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))[::-1]
    return [Face(boxes[i], points[i], float(scores[i])) for i in order]


@lru_cache(maxsize=64)
def _edges(length: int, count: int) -> tuple[Ints, Ints]:
    """Return (count,) first and past-the-last pixel of each bin of a whole side.

    Cached, as are the next two: they are the same for every frame of a camera.
    """
    low, high = _bins(np.zeros(1, np.int64), np.array([length]), count)
    return low[0], high[0]


@lru_cache(maxsize=64)
def _planes(length: int, count: int) -> tuple[Ints, Ints]:
    """Return (3 * count,) the indices of the edges in a row of BGR sums: red, green, blue."""
    low, high = _edges(length, count)
    planes = np.array([[2], [1], [0]])
    return (3 * low + planes).ravel(), (3 * high + planes).ravel()


@lru_cache(maxsize=64)
def _areas(height: int, width: int, rows: int, columns: int) -> Floats:
    """Return (rows, columns) 128 times the number of pixels of each bin of a whole frame."""
    (top, bottom) = _edges(height, rows)
    (left, right) = _edges(width, columns)
    return (128 * (bottom - top)[:, None] * (right - left)[None]).astype(np.float32)


def _bins(low: Ints, high: Ints, count: int) -> tuple[Ints, Ints]:
    """Return (n, count) first and past-the-last pixel of each bin of adaptive average pooling."""
    length = (high - low)[:, None]
    steps = np.arange(count)
    first = (steps * length) // count
    last = -((-(steps + 1) * length) // count)
    return low[:, None] + first, low[:, None] + last


def _squared(boxes: Floats) -> Floats:
    """Return the boxes enlarged to squares around their centres."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True) if len(boxes) else size[:, :1]
    low = boxes[:, :2] + size * np.float32(0.5) - side * np.float32(0.5)
    return np.concatenate([low, low + side], axis=1).astype(np.float32)


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    """Return the boxes corrected by a network's offsets, which are relative to the box size."""
    size = boxes[:, 2:] - boxes[:, :2] + 1
    moved: Floats = (boxes + offsets * np.concatenate([size, size], axis=1)).astype(np.float32)
    return moved
