"""Export of a trained network to ONNX, compared with torch before it is written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from kiosk.core.errors import LearningError
from kiosk.learning.networks.siamese import SiameseNetwork, folded
from kiosk.learning.networks.weight_files import write

ONNX_NAME = "siamese.onnx"
FACTS_NAME = "network.toml"
TOLERANCE = 1e-4
"""Largest allowed difference in any number of an embedding between torch and ONNX Runtime."""


def export(
    network: SiameseNetwork, folder: Path, size: int, threshold: float | None, far: float = 1.6
) -> Path:
    """Write ``siamese.onnx`` and ``network.toml`` into ``folder``; return the former.

    ``threshold``: a distance, or ``None`` where none is known, which is then not written.
    Raises ``LearningError`` if ONNX Runtime and torch differ, or a file cannot be written.
    """
    content = to_onnx(network, size)
    difference = disagreement(network, content, size)
    if not difference <= TOLERANCE:
        raise LearningError(
            f"The exported network differs from the trained one by {difference:.1g}, more than "
            f"{TOLERANCE:g}; "
            "nothing was written. Check that its weights are finite and train it again."
        )
    write(folder / FACTS_NAME, facts(network, size, threshold, far).encode())
    write(folder / ONNX_NAME, content)
    return folder / ONNX_NAME


def to_onnx(network: SiameseNetwork, size: int) -> bytes:
    """Return an ONNX model: ``face`` (n, 3, size, size) float32 to ``embedding`` (n, dimension)."""
    return trace_to_onnx(folded(network), size)


def trace_to_onnx(network: torch.nn.Module, size: int) -> bytes:
    """Trace ``network``, in evaluation mode, with one picture of ``size`` pixels a side."""
    return traced(network, torch.zeros(1, 3, size, size), taken="face", given="embedding")


def traced(network: torch.nn.Module, example: Tensor, *, taken: str, given: str) -> bytes:
    """Return ``network``, in evaluation mode, as an ONNX model, traced with ``example``.

    ``taken``, ``given``: names of its input and output, whose first dimension is open.
    """
    with TemporaryDirectory() as folder, catch_warnings():
        simplefilter("ignore")  # the tracer warns about fixed shapes and its own deprecation
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            network,
            (example,),
            file,
            dynamo=False,
            opset_version=17,
            input_names=[taken],
            output_names=[given],
            dynamic_axes={taken: {0: "n"}, given: {0: "n"}},
        )
        return file.read_bytes()


def session_of(content: bytes) -> onnxruntime.InferenceSession:
    """Return a session of ONNX Runtime that runs a model on one thread of the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def disagreement(network: SiameseNetwork, content: bytes, size: int) -> float:
    """Return the largest difference between torch and ONNX Runtime on noise pictures."""
    session = session_of(content)
    plain = _evaluated(network)
    worst = 0.0
    for n in (1, 3):
        faces = np.random.default_rng(n).uniform(-1, 1, (n, 3, size, size)).astype(np.float32)
        with torch.inference_mode():
            wanted = plain(torch.from_numpy(faces)).numpy()
        found = np.asarray(session.run(None, {"face": faces})[0])
        if found.shape != wanted.shape:
            raise LearningError(
                f"The exported network gives {found.shape} for {n} pictures, not {wanted.shape}; "
                "nothing was written."
            )
        worst = max(
            worst, float(np.abs(found - wanted).max())
        )  # the caller's comparison catches NaN
        if not np.isfinite(found).all():
            return float("nan")
    return worst


def _evaluated(network: SiameseNetwork) -> SiameseNetwork:
    copy = SiameseNetwork.of(network.spec)
    copy.load_state_dict(network.state_dict())
    return copy.eval()


def facts(network: SiameseNetwork, size: int, threshold: float | None, far: float) -> str:
    """Return ``network.toml``: the manifest keys that a kiosk needs to run this network."""
    of = network.spec.facts
    decides = (
        ""
        if threshold is None
        else f"threshold = {threshold:.2f}\nfar = {max(far, threshold + 0.1):.2f}\n"
    )
    return (
        f'input = {size}\nalignment = "{of.alignment}"\nmean = '
        f"[{', '.join(f'{m:g}' for m in of.mean)}]\n"
        f'scale = {of.scale}\nchannels = "rgb"\ndimension = {network.spec.dimension}\nnormalise = '
        f"true\n{decides}"
    )


def read_facts(folder: Path) -> dict[str, Any]:
    """Read ``network.toml`` in ``folder``; empty if there is none or it cannot be read."""
    try:
        return tomllib.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
