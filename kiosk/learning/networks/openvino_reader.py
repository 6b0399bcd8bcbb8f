"""The constants of a network in OpenVINO's format (an .xml file that describes it, a .bin file with
the numbers), without OpenVINO.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError

TYPES: dict[str, np.dtype[Any]] = {"f16": np.dtype("<f2"), "f32": np.dtype("<f4")}


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """An array, and the type of the layer that computes with it."""

    used_by: str
    value: NDArray[np.float32]


def read_constants(file: Path) -> list[Constant]:
    """The constants of the network described by ``file``, in the order of the layers that use them;
    raises ``LearningError``.

    A ``Convert`` between a constant and its layer, as half-precision files have it, is looked
    through.
    """
    try:
        net = ElementTree.parse(file).getroot()
        numbers = file.with_suffix(".bin").read_bytes()
        return _Graph(net, numbers).constants()
    except OSError as error:
        raise LearningError(
            f"{error.filename} is not here or cannot be read; put the teacher's .xml and .bin "
            "files there."
        ) from None
    except (ElementTree.ParseError, KeyError, ValueError, RecursionError):
        raise LearningError(
            f"{file} and its .bin file are damaged or of another format; restore both."
        ) from None


class _Graph:
    def __init__(self, net: ElementTree.Element, numbers: bytes) -> None:
        self._numbers = numbers
        self._layers = {layer.attrib["id"]: layer for layer in net.iterfind("layers/layer")}
        self._inputs: dict[str, list[tuple[int, str]]] = {}
        for edge in net.iterfind("edges/edge"):
            self._inputs.setdefault(edge.attrib["to-layer"], []).append(
                (int(edge.attrib["to-port"]), edge.attrib["from-layer"])
            )

    def constants(self) -> list[Constant]:
        found = []
        for name, layer in self._layers.items():
            if layer.attrib["type"] == "Convert":
                continue
            for _, source in sorted(self._inputs.get(name, [])):
                origin = self._origin(source)
                if origin.attrib["type"] == "Const":
                    found.append(Constant(layer.attrib["type"], self._array(origin.find("data"))))
        return found

    def _origin(self, name: str) -> ElementTree.Element:
        layer = self._layers[name]
        return (
            self._origin(self._inputs[name][0][1]) if layer.attrib["type"] == "Convert" else layer
        )

    def _array(self, data: ElementTree.Element | None) -> NDArray[np.float32]:
        if data is None:
            raise ValueError("a constant without data")
        start = int(data.attrib["offset"])
        size = int(data.attrib["size"])
        if start < 0 or not 0 <= size <= len(self._numbers) - start:
            raise ValueError("a constant beyond the end")
        shape = [int(side) for side in data.attrib["shape"].split(",") if side.strip()]
        values = np.frombuffer(
            self._numbers[start : start + size], TYPES[data.attrib["element_type"]]
        )
        return np.asarray(values, np.float32).reshape(shape)
