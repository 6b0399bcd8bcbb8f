"""The three networks of MTCNN (Zhang et al., 2016) as ONNX, from facenet-pytorch's weights.

Inputs are (n, 3, h, w) float32 RGB, (pixel - 127.5) / 128; h and w are free for P-Net, 24 for
R-Net, 48 for O-Net. Outputs: ``box`` offsets; ``probability``, of R- and O-Net the softmax over no
face and face, of P-Net that of a face alone; O-Net's ``points``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.vision.models.prepare.onnx_graph import Graph
from kiosk.vision.models.prepare.torch_file import Tensors


def pnet(w: Tensors) -> bytes:
    """Return the proposal network: fully convolutional, one 12×12 face for each 2×2 of the input.

    Half of the time of a detection is spent here, so it is written to compute less: of two classes
    only the difference of the logits matters, and one convolution gives boxes and that difference.
    """
    g = Graph("pnet")
    x, order = _pooled_first(g, w)
    x = _prelu(g, w, g.conv(x, w["conv2.weight"][:, order], w["conv2.bias"]), "2")
    x = _conv(g, w, x, "3")
    face = ("conv4_1.weight", "conv4_1.bias")
    offsets = ("conv4_2.weight", "conv4_2.bias")
    weight, bias = (
        np.concatenate([w[box], w[logit][1:] - w[logit][:1]])
        for logit, box in zip(face, offsets, strict=True)
    )
    output = g.conv(x, weight, bias)
    g.channels(output, 0, 4, output="box")
    g.node("Sigmoid", g.channels(output, 4, 5), output="probability")
    return g.build(
        {"image": ["n", 3, "h", "w"]},
        {"box": ["n", 4, "rows", "columns"], "probability": ["n", 1, "rows", "columns"]},
    )


def _pooled_first(g: Graph, w: Tensors) -> tuple[str, NDArray[np.int64]]:
    """Return P-Net's first convolution, PReLU and pooling, and the order of its channels.

    PReLU with a negative slope is max(x, slope·x), and its maximum is the larger of the maxima of x
    and of slope·x, so the convolution computes both. With any other slope PReLU is monotonic and
    can be applied after pooling, to a quarter of the values.
    """
    slope = w["prelu1.weight"]
    weight = w["conv1.weight"]
    bias = w["conv1.bias"]
    order = np.argsort(slope >= 0, kind="stable")
    negative = int((slope < 0).sum())
    count = len(slope)
    slope = slope[order]
    weight = weight[order]
    bias = bias[order]
    falling = slope[:negative]
    both = g.conv(
        "image",
        np.concatenate([weight, weight[:negative] * falling[:, None, None, None]]),
        np.concatenate([bias, bias[:negative] * falling]),
    )
    pooled = g.max_pool(both, 2, ceil=True)
    largest = g.node(
        "Max", g.channels(pooled, 0, negative), g.channels(pooled, count, count + negative)
    )
    return g.node(
        "Concat", largest, g.prelu(g.channels(pooled, negative, count), slope[negative:], 2), axis=1
    ), order


def rnet(w: Tensors) -> bytes:
    """Return the refinement network."""
    g = Graph("rnet")
    x = g.max_pool(_conv(g, w, "image", "1"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "2"), 3, ceil=True)
    x = _dense(g, w, _flat(g, _conv(g, w, x, "3")), "4")
    _outputs(g, w, x, "5")
    return g.build({"image": ["n", 3, 24, 24]}, {"box": ["n", 4], "probability": ["n", 2]})


def onet(w: Tensors) -> bytes:
    """Return the output network, with five landmarks relative to the box."""
    g = Graph("onet")
    x = g.max_pool(_conv(g, w, "image", "1"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "2"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "3"), 2, ceil=True)
    x = _dense(g, w, _flat(g, _conv(g, w, x, "4")), "5")
    _outputs(g, w, x, "6")
    g.dense(x, w["dense6_3.weight"], w["dense6_3.bias"], output="points")
    return g.build(
        {"image": ["n", 3, 48, 48]}, {"box": ["n", 4], "points": ["n", 10], "probability": ["n", 2]}
    )


def _conv(g: Graph, w: Tensors, x: str, number: str) -> str:
    return _prelu(g, w, g.conv(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"]), number)


def _prelu(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(x, w[f"prelu{number}.weight"], 2)


def _dense(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(
        g.dense(x, w[f"dense{number}.weight"], w[f"dense{number}.bias"]),
        w[f"prelu{number}.weight"],
        0,
    )


def _flat(g: Graph, x: str) -> str:
    """Flatten with columns first, as the dense layers were trained."""
    return g.node("Flatten", g.node("Transpose", x, perm=[0, 3, 2, 1]), axis=1)


def _outputs(g: Graph, w: Tensors, x: str, number: str) -> None:
    logits = g.dense(x, w[f"dense{number}_1.weight"], w[f"dense{number}_1.bias"])
    g.node("Softmax", logits, axis=1, output="probability")
    g.dense(x, w[f"dense{number}_2.weight"], w[f"dense{number}_2.bias"], output="box")
