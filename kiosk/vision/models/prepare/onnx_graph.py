"""A few lines around ``onnx.helper``: layers in a row, with the same bytes each time they are built."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9
"""Pinned, so that the same weights give the same file and its checksum can be written down."""


class Graph:
    """Builds a network node by node; every method returns the name of its output."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._values: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[Any]) -> str:
        """A tensor of weights."""
        name = f"w{len(self._values)}"
        self._values.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, *inputs: str, output: str | None = None, **facts: Any) -> str:
        """Any operator with one output."""
        result = output or f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], **facts))
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
        """Convolution; ``weight`` (out, in, height, width)."""
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
        """PReLU with one slope a channel, over ``dims`` spatial dimensions, as slope·x + (1 − slope)·relu(x).

        ONNX Runtime has no fast kernel for ``PRelu``: it took two thirds of the time of all three networks of MTCNN.
        """
        slope = slope.reshape(-1, *[1] * dims)
        bent = self.node("Mul", self.node("Relu", x), self.constant(1 - slope))
        return self.node("Add", bent, self.node("Mul", x, self.constant(slope)))

    def channels(self, x: str, first: int, end: int, output: str | None = None) -> str:
        """Some of the channels."""
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
        """Fully connected; ``weight`` (out, in)."""
        return self.node(
            "Gemm", x, self.constant(weight), self.constant(bias), transB=1, output=output
        )

    def max_pool(self, x: str, size: int, *, ceil: bool) -> str:
        """Max pooling with stride 2."""
        return self.node("MaxPool", x, kernel_shape=[size] * 2, strides=[2, 2], ceil_mode=int(ceil))

    def build(
        self, inputs: dict[str, list[int | str]], outputs: dict[str, list[int | str]]
    ) -> bytes:
        """The whole network as a checked ONNX file."""
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
