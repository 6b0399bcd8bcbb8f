"""Export of FaceNet (facenet-pytorch's InceptionResnetV1) from its torch file to ONNX."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from kiosk.core.errors import WeightsError
from kiosk.learning.networks.onnx_export import trace_to_onnx
from kiosk.learning.networks.torchvision_compat import ensure_torchvision
from kiosk.vision.models.manifest import ModelEntry
from kiosk.vision.models.model_download import target_of


def export_facenet(entry: ModelEntry) -> Path:
    """Write ``entry.path`` from the fetched file; ``WeightsError`` if that is not FaceNet's."""
    source = target_of(entry)
    try:
        state = torch.load(source, map_location="cpu", weights_only=True)
        network = _network(state)
    except ImportError as error:
        raise WeightsError(
            f"FaceNet needs the package {error.name}; run `bash scripts/setup.sh test`, then this "
            "command again."
        ) from None
    except FileNotFoundError:
        raise WeightsError(f"{source} is not here; {entry.remedy}.") from None
    except (
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
        AttributeError,
        TypeError,
        pickle.UnpicklingError,
    ):
        raise WeightsError(
            f"{source} does not hold FaceNet's weights; delete it and fetch it again."
        ) from None
    entry.install(trace_to_onnx(network, entry.input))
    return entry.path


def _network(state: dict[str, torch.Tensor]) -> torch.nn.Module:
    ensure_torchvision()
    from facenet_pytorch import InceptionResnetV1

    network: torch.nn.Module = InceptionResnetV1(pretrained=None, classify=False)
    network.load_state_dict({k: v for k, v in state.items() if not k.startswith("logits.")})
    return network.eval()
