"""Read the tensors of a torch state dict without torch and without running code from the file.

Both formats are read: the legacy one (several pickles, then the storages) and the zip one. The
unpickler knows only what a state dict of float tensors needs; anything else is refused.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError

Tensors = dict[str, NDArray[np.float32]]

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
    "HalfStorage": np.dtype("<f2"),
}


class _Storage:
    """The numbers that tensors are views of; read after them in the legacy format."""

    def __init__(self, dtype: np.dtype[Any], size: int) -> None:
        self.dtype = dtype
        self.size = size
        self.values: NDArray[Any] | None = None


class _Tensor:
    """A view of a storage, resolved once all storages have been read."""

    def __init__(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides

    def array(self) -> NDArray[np.float32]:
        """Return a copy as float32; raises ``ValueError`` for a view outside its storage."""
        values = self.storage.values
        if min(self.shape + self.strides + (self.offset,), default=0) < 0:
            raise ValueError("a tensor with a negative size, step or place")
        count = (
            1 + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
            if all(self.shape)
            else 0
        )
        if values is None or self.offset + count > len(values):
            raise ValueError("a tensor reaches outside its storage")
        width = values.itemsize
        view = np.lib.stride_tricks.as_strided(
            values[self.offset :], self.shape, [s * width for s in self.strides]
        )
        return np.array(view, np.float32)


def _rebuild(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


class _Reader(pickle.Unpickler):
    """An unpickler for ordered dictionaries and tensor views, and nothing else."""

    def __init__(self, file: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")

    def persistent_load(self, pid: Any) -> _Storage:
        kind = pid[1]
        key = str(pid[2])
        size = int(pid[4])
        return self._storages.setdefault(key, _Storage(_TYPES[kind], size))


def read_state_dict(path: Path) -> Tensors:
    """Return every tensor in ``path`` as float32 by name; raises ``WeightsError`` otherwise."""
    try:
        with path.open("rb") as file:
            found = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(file)
        if not all(isinstance(tensor, _Tensor) for tensor in found.values()):
            raise ValueError("it holds other things than tensors")
        return {str(name): tensor.array() for name, tensor in found.items()}
    except FileNotFoundError:
        raise WeightsError(
            f"{path.name} is missing; run `make run` to install its package again."
        ) from None
    except Exception as error:
        raise WeightsError(
            f"{path.name} is not a readable torch state dict ({error}); install or fetch it again."
        ) from None


def _read_legacy(file: BinaryIO) -> dict[str, _Tensor]:
    storages: dict[str, _Storage] = {}
    if _Reader(file, storages).load() != LEGACY_MAGIC:
        raise ValueError("unknown format")
    _Reader(file, storages).load()  # protocol version
    _Reader(file, storages).load()  # sizes of the writer's types
    found: dict[str, _Tensor] = _Reader(file, storages).load()
    for key in _Reader(file, storages).load():
        storage = storages[str(key)]
        size = int.from_bytes(file.read(8), "little")
        if size != storage.size:
            raise ValueError("a storage has another size than announced")
        storage.values = np.frombuffer(file.read(size * storage.dtype.itemsize), storage.dtype)
    return found


def _read_zip(path: Path) -> dict[str, _Tensor]:
    storages: dict[str, _Storage] = {}
    with zipfile.ZipFile(path) as archive:
        pickled = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        found: dict[str, _Tensor] = _Reader(io.BytesIO(archive.read(pickled)), storages).load()
        folder = pickled.removesuffix("data.pkl")
        for key, storage in storages.items():
            storage.values = np.frombuffer(archive.read(f"{folder}data/{key}"), storage.dtype)
    return found
