"""Build ONNX graphs layer by layer, reproducibly to the byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
"""Pinned, as is ``IR_VERSION``, so that the same weights give the same file and checksum."""

IR_VERSION = 9


class Graph:
    """Builds a network node by node; every method returns the name of its output."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._values: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[Any]) -> str:
        """Add a tensor of weights."""
        name = f"w{len(self._values)}"
        self._values.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add an operator with one output; ``attributes`` are those of the operator."""
        result = output or f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def conv(
        self,
        x: str,
        weight: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        stride: int = 1,
        pad: int = 0,
    ) -> str:
        """Add a convolution; ``weight``: (out, in, height, width)."""
        kernel = list(weight.shape[2:])
        return self.node(
            "Conv",
            x,
            self.constant(weight),
            self.constant(bias),
            kernel_shape=kernel,
            strides=[stride] * 2,
            pads=[pad] * 4,
        )

    def prelu(self, x: str, slope: NDArray[np.float32], dims: int) -> str:
        """Add PReLU with one slope per channel, over ``dims`` spatial dimensions.

        Written as slope·x + (1 - slope)·relu(x): ONNX Runtime has no fast kernel for ``PRelu``,
        which took two thirds of the time of all three networks of MTCNN.
        """
        slope = slope.reshape(-1, *[1] * dims)
        positive = self.node("Mul", self.node("Relu", x), self.constant(1 - slope))
        return self.node("Add", positive, self.node("Mul", x, self.constant(slope)))

    def channels(self, x: str, first: int, end: int, output: str | None = None) -> str:
        """Add a slice of the channels ``first`` to ``end``, exclusive."""
        return self.node(
            "Slice",
            x,
            *(self.constant(np.array([value], np.int64)) for value in (first, end, 1)),
            output=output,
        )

    def dense(
        self,
        x: str,
        weight: NDArray[np.float32],
        bias: NDArray[np.float32],
        output: str | None = None,
    ) -> str:
        """Add a fully connected layer; ``weight``: (out, in)."""
        return self.node(
            "Gemm", x, self.constant(weight), self.constant(bias), transB=1, output=output
        )

    def max_pool(self, x: str, size: int, *, ceil: bool) -> str:
        """Add max pooling with stride 2."""
        return self.node("MaxPool", x, kernel_shape=[size] * 2, strides=[2, 2], ceil_mode=int(ceil))

    def build(
        self, inputs: dict[str, list[int | str]], outputs: dict[str, list[int | str]]
    ) -> bytes:
        """Return the network as a checked ONNX file, given the shapes of inputs and outputs."""
        graph = helper.make_graph(
            self._nodes,
            self._name,
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in inputs.items()
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs.items()
            ],
            self._values,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="munjigi",
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))
