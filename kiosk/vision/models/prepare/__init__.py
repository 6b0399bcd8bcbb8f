"""Convert the networks that come with Python packages to ONNX files, once.

Neither torch nor dlib is needed. The manifest holds the checksum of the result; another result is
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from kiosk.core.errors import WeightsError
from kiosk.vision.models.checksums import sha256_of
from kiosk.vision.models.manifest import Manifest, ModelEntry


def prepare_all(manifest: Manifest, say: Callable[[str], object]) -> list[Path]:
    """Build every network with a recipe that is missing or outdated; return the new files.

    ``say`` is called with a line for each. Fast when nothing is missing.
    """
    made = []
    for entry in manifest.entries:
        if entry.recipe and not (entry.path.exists() and sha256_of(entry.path) == entry.sha256):
            say(f"preparing {entry.id}")
            made.append(prepare(entry))
    return made


def prepare(entry: ModelEntry) -> Path:
    """Build one network; raises ``WeightsError`` for a missing package or another result."""
    entry.install(build(entry.recipe))
    return entry.path


def build(recipe: str) -> bytes:
    """Return the ONNX file of ``recipe``: pnet, rnet, onet or dlib.

    Raises ``WeightsError`` for an unknown recipe and for missing or wrong weights.
    """
    # onnx is loaded only where something is missing
    from kiosk.vision.models.prepare import mtcnn_onnx, resnet29_onnx
    from kiosk.vision.models.prepare.torch_file import read_state_dict

    if recipe == "dlib":
        return resnet29_onnx.to_onnx(
            resnet29_onnx.read_dlib(
                in_package("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")
            ),
            normalise=True,
        )
    builders = {"pnet": mtcnn_onnx.pnet, "rnet": mtcnn_onnx.rnet, "onet": mtcnn_onnx.onet}
    if recipe not in builders:
        raise WeightsError(
            f"The manifest names the unknown recipe {recipe!r}; "
            f"use one of dlib, {', '.join(builders)}."
        )
    path = in_package("facenet-pytorch", f"{recipe}.pt")
    try:
        return builders[recipe](read_state_dict(path))
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{path.name} does not hold the weights of {recipe} ({error}); "
            "run `make run` to install its package again."
        ) from None


def in_package(package: str, name: str) -> Path:
    """Return the path of a file of an installed package, without importing the package.

    Raises ``WeightsError`` where package or file is missing.
    """
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        raise WeightsError(
            f"The package {package} is not installed; run `make run`, or `pip install --no-deps "
            f"{package}` where Munjigi itself was installed by pip."
        ) from None
    for file in files:
        if file.name == name:
            return Path(str(file.locate()))
    raise WeightsError(f"The package {package} lacks {name}; run `make run` to install it again.")
