"""The three networks of MTCNN (Zhang et al., 2016) as ONNX, from the weights that facenet-pytorch carries.

Inputs are (n, 3, h, w) float32 RGB, (pixel - 127.5) / 128; h and w are free for P-Net, 24 for R-Net, 48
for O-Net. Outputs: ``box`` offsets, ``probability`` (of R- and O-Net softmax over no face, face; of P-Net of a face alone), O-Net's ``points``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.vision.models.prepare.onnx_graph import Graph
from kiosk.vision.models.prepare.torch_file import Tensors


def pnet(w: Tensors) -> bytes:
    """Proposal network, fully convolutional: a face of 12×12 pixels for each 2×2 of the input.

    Half of a detection's time is spent here, so it is written to do the same with less: of two classes only the difference of
    their logits matters, and boxes and that difference come out of one convolution.
    """
    g = Graph("pnet")
    x, order = _pooled_first(g, w)
    x = _bent(g, w, g.conv(x, w["conv2.weight"][:, order], w["conv2.bias"]), "2")
    x = _conv(g, w, x, "3")
    face = ("conv4_1.weight", "conv4_1.bias")
    offsets = ("conv4_2.weight", "conv4_2.bias")
    weight, bias = (
        np.concatenate([w[box], w[logit][1:] - w[logit][:1]])
        for logit, box in zip(face, offsets, strict=True)
    )
    answers = g.conv(x, weight, bias)
    g.channels(answers, 0, 4, output="box")
    g.node("Sigmoid", g.channels(answers, 4, 5), output="probability")
    return g.build(
        {"image": ["n", 3, "h", "w"]},
        {"box": ["n", 4, "rows", "columns"], "probability": ["n", 1, "rows", "columns"]},
    )


def _pooled_first(g: Graph, w: Tensors) -> tuple[str, NDArray[np.int64]]:
    """P-Net's first convolution, PReLU and pooling, and the order in which the channels come out.

    PReLU is max(x, slope·x) where the slope is negative: the largest of it is the larger of the largest x and the largest slope·x, so
    the convolution gives both. With any other slope PReLU rises everywhere and can wait until a quarter of the values is left.
    """
    slope = w["prelu1.weight"]
    weight = w["conv1.weight"]
    bias = w["conv1.bias"]
    order = np.argsort(slope >= 0, kind="stable")
    below = int((slope < 0).sum())
    count = len(slope)
    slope = slope[order]
    weight = weight[order]
    bias = bias[order]
    falling = slope[:below]
    both = g.conv(
        "image",
        np.concatenate([weight, weight[:below] * falling[:, None, None, None]]),
        np.concatenate([bias, bias[:below] * falling]),
    )
    pooled = g.max_pool(both, 2, ceil=True)
    bent = g.node("Max", g.channels(pooled, 0, below), g.channels(pooled, count, count + below))
    return g.node(
        "Concat", bent, g.prelu(g.channels(pooled, below, count), slope[below:], 2), axis=1
    ), order


def rnet(w: Tensors) -> bytes:
    """Refinement network."""
    g = Graph("rnet")
    x = g.max_pool(_conv(g, w, "image", "1"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "2"), 3, ceil=True)
    x = _dense(g, w, _flat(g, _conv(g, w, x, "3")), "4")
    _answers(g, w, x, "5")
    return g.build({"image": ["n", 3, 24, 24]}, {"box": ["n", 4], "probability": ["n", 2]})


def onet(w: Tensors) -> bytes:
    """Output network, with five landmarks relative to the box."""
    g = Graph("onet")
    x = g.max_pool(_conv(g, w, "image", "1"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "2"), 3, ceil=True)
    x = g.max_pool(_conv(g, w, x, "3"), 2, ceil=True)
    x = _dense(g, w, _flat(g, _conv(g, w, x, "4")), "5")
    _answers(g, w, x, "6")
    g.dense(x, w["dense6_3.weight"], w["dense6_3.bias"], output="points")
    return g.build(
        {"image": ["n", 3, 48, 48]}, {"box": ["n", 4], "points": ["n", 10], "probability": ["n", 2]}
    )


def _conv(g: Graph, w: Tensors, x: str, number: str) -> str:
    return _bent(g, w, g.conv(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"]), number)


def _bent(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(x, w[f"prelu{number}.weight"], 2)


def _dense(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(
        g.dense(x, w[f"dense{number}.weight"], w[f"dense{number}.bias"]),
        w[f"prelu{number}.weight"],
        0,
    )


def _flat(g: Graph, x: str) -> str:
    """The dense layers were trained on columns first."""
    return g.node("Flatten", g.node("Transpose", x, perm=[0, 3, 2, 1]), axis=1)


def _answers(g: Graph, w: Tensors, x: str, number: str) -> None:
    logits = g.dense(x, w[f"dense{number}_1.weight"], w[f"dense{number}_1.bias"])
    g.node("Softmax", logits, axis=1, output="probability")
    g.dense(x, w[f"dense{number}_2.weight"], w[f"dense{number}_2.bias"], output="box")
