"""Weights as files: safetensors, or torch files read with ``weights_only=True``.

Verified before use.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor

from kiosk.core.errors import LearningError, WeightsError
from kiosk.core.files import atomic_write
from kiosk.learning.networks.siamese import SiameseNetwork, spec_of
from kiosk.vision.models.checksums import noted_checksum, sha256_of, write_note

DAMAGED = (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError)
NAME = "weights.safetensors"
"""The best weights in a run's folder."""


def save_network(path: Path, network: SiameseNetwork) -> None:
    """Write the weights and their checksum atomically; ``LearningError`` on a full disk."""
    from safetensors.torch import save

    state = {key: value.detach().contiguous().cpu() for key, value in network.state_dict().items()}
    write(path, save(state))
    try:
        write_note(path, sha256_of(path))
    except OSError as error:
        raise _unwritable(path, error) from None


def write(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` atomically; ``LearningError``."""
    try:
        atomic_write(path, content, mode=None)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> LearningError:
    return LearningError(
        f"{path} cannot be written ({error.strerror or error}); make room or correct its "
        "permissions, then go on with --resume."
    )


def load_network(path: Path) -> SiameseNetwork:
    """Load the network in ``path``: a state file, or a run's folder.

    A checksum beside the file is verified first. Raises ``LearningError``.
    """
    file = path / NAME if path.is_dir() else path
    state = load_state(file)
    network = SiameseNetwork.of(spec_of(state))
    try:
        network.load_state_dict(dict(state))
    except RuntimeError:
        raise LearningError(
            f"{file} does not fit a {network.spec.backbone} with the head {network.spec.head}; use "
            "weights that `train` wrote."
        ) from None
    return network.eval()


def load_state(file: Path) -> Mapping[str, Tensor]:
    """Read the tensors of a .safetensors or torch file by name; ``LearningError``."""
    if not file.is_file():
        raise LearningError(
            f"{file} is not here; name a run's folder or a file of weights that `train` wrote."
        )
    try:
        wanted = noted_checksum(file)
        if wanted and sha256_of(file) != wanted:
            raise LearningError(
                f"{file.name} is not what was noted in {file.name}.sha256; restore it, or delete "
                "both."
            )
        state = _read(file)
    except WeightsError as error:
        raise LearningError(str(error)) from None
    if not isinstance(state, dict) or not all(
        isinstance(value, Tensor) for value in state.values()
    ):
        raise LearningError(
            f"{file} holds something else than weights by name; use a file that `train` wrote."
        )
    return state


def _read(file: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return load_torch(file)
    except (SafetensorError, *DAMAGED):
        raise LearningError(
            f"{file} is damaged or holds no weights; use a file that `train` wrote."
        ) from None


def load_torch(file: Path) -> object:
    """Read a torch file without running code from it; raises one of ``DAMAGED``."""
    with catch_warnings():
        simplefilter("ignore")  # warnings about pickle protocols, for a file that is refused anyway
        return torch.load(file, map_location="cpu", weights_only=True)
