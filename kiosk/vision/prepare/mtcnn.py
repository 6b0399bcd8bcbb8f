"""The three networks of MTCNN (Zhang et al., 2016) as ONNX, from the weights that facenet-pytorch carries.

Inputs are (n, 3, h, w) float32 RGB, (pixel - 127.5) / 128; h and w are free for P-Net, 24 for R-Net, 48
for O-Net. Outputs: ``box`` offsets, ``probability`` (softmax over no face, face), O-Net's ``points``.
"""

from __future__ import annotations

from kiosk.vision.prepare.graph import Graph
from kiosk.vision.prepare.torchfile import Tensors


def pnet(w: Tensors) -> bytes:
    """Proposal network, fully convolutional: a face of 12×12 pixels for each 2×2 of the input."""
    g = Graph("pnet")
    x = g.max_pool(_conv(g, w, "image", "1"), 2, ceil=True)
    x = _conv(g, w, _conv(g, w, x, "2"), "3")
    logits = g.conv(x, w["conv4_1.weight"], w["conv4_1.bias"])
    g.node("Softmax", logits, axis=1, output="probability")
    offsets = g.conv(x, w["conv4_2.weight"], w["conv4_2.bias"])
    g.node("Identity", offsets, output="box")
    return g.build({"image": ["n", 3, "h", "w"]}, {"box": ["n", 4, "rows", "columns"], "probability": ["n", 2, "rows", "columns"]})


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
    return g.build({"image": ["n", 3, 48, 48]}, {"box": ["n", 4], "points": ["n", 10], "probability": ["n", 2]})


def _conv(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(g.conv(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"]), w[f"prelu{number}.weight"], 2)


def _dense(g: Graph, w: Tensors, x: str, number: str) -> str:
    return g.prelu(g.dense(x, w[f"dense{number}.weight"], w[f"dense{number}.bias"]), w[f"prelu{number}.weight"], 0)


def _flat(g: Graph, x: str) -> str:
    """The dense layers were trained on columns first."""
    return g.node("Flatten", g.node("Transpose", x, perm=[0, 3, 2, 1]), axis=1)


def _answers(g: Graph, w: Tensors, x: str, number: str) -> None:
    logits = g.dense(x, w[f"dense{number}_1.weight"], w[f"dense{number}_1.bias"])
    g.node("Softmax", logits, axis=1, output="probability")
    g.dense(x, w[f"dense{number}_2.weight"], w[f"dense{number}_2.bias"], output="box")
