"""Where secret keys lie: files that only this user can read, or the system's keyring. Never the database."""

from __future__ import annotations

import hashlib
import logging
import secrets
import stat
from pathlib import Path
from typing import Protocol

from kiosk.core.errors import StorageError
from kiosk.core.files import atomic_write, shred
from kiosk.storage.db.sqlite_errors import files_explained

SIZE = 32
"""Bytes of every key: AES-256, and an Ed25519 seed."""

SERVICE = "munjigi"
"""What the system's keyring files our keys under."""

log = logging.getLogger(__name__)


class KeyStore(Protocol):
    """Keys by name. ``place`` is what a person is told. Errors come out as ``StorageError``."""

    @property
    def place(self) -> str: ...
    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, key: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


def new_key() -> bytes:
    """A fresh key of ``SIZE`` bytes from the system's random source."""
    return secrets.token_bytes(SIZE)


def key_id(key: bytes) -> str:
    """Sixteen hexadecimal digits that name a key without telling anything of it; another key has another name."""
    return hashlib.sha256(b"munjigi key id\0" + key).hexdigest()[:16]


def fetch(store: KeyStore, kind: str, wanted: str) -> bytes:
    """The key of that ``kind`` ("master", "signer") whose id is ``wanted``.

    ``StorageError`` where it is missing, cannot be read, or is another key than its name says.
    """
    key = store.get(f"{kind}-{wanted}")
    if key is None:
        raise StorageError(
            f"The {kind} key {wanted} is not in {store.place}; put it back, or restore a backup with the recovery code.",
            key="error.key_missing",
            place=store.place,
        )
    if len(key) != SIZE or key_id(key) != wanted:
        raise StorageError(
            f"The {kind} key {wanted} in {store.place} is another key; put the right one back.",
            key="error.key_wrong",
            place=store.place,
        )
    return key


def keep(store: KeyStore, kind: str, key: bytes) -> str:
    """Store ``key`` durably under its id, which is returned."""
    name = key_id(key)
    store.put(f"{kind}-{name}", key)
    return name


class FileKeys:
    """A folder (0700) with a file (0600) for each key, as one line of hexadecimal digits."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def get(self, name: str) -> bytes | None:
        """The key of that name; ``None`` where there is no such file. A file that others may read is closed to them."""
        path = self._path(name)
        try:
            _close_to_others(path)
            return bytes.fromhex(path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except ValueError:
            return b""
        except OSError as error:
            raise StorageError(
                f"The key file {path} cannot be read ({error.strerror or error}); check its permissions.",
                key="error.key_unreadable",
                place=str(path),
            ) from error

    def put(self, name: str, key: bytes) -> None:
        """Write the key so that it survives a power cut; the folder is made where it is missing."""
        path = self._path(name)
        with files_explained(path, "written"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic_write(path, f"{key.hex()}\n".encode("ascii"))

    def remove(self, name: str) -> None:
        """Overwrite and delete the key; nothing happens where there is none."""
        path = self._path(name)
        with files_explained(path, "deleted"):
            if path.exists():
                shred(path)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"


def _close_to_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        log.warning("the key file %s could be read by others; it is closed to them now", path)
        path.chmod(mode & 0o700)


class Keyring(Protocol):
    """The part of the package ``keyring`` that is used: passwords by service and name."""

    def get_password(self, service: str, name: str) -> str | None: ...
    def set_password(self, service: str, name: str, password: str) -> None: ...
    def delete_password(self, service: str, name: str) -> None: ...


class KeyringKeys:
    """Keys in the system's keyring (Secret Service, KWallet, ...), by the package ``keyring``."""

    place = "the system keyring"

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @classmethod
    def system(cls) -> KeyringKeys:
        """The system's own keyring; ``StorageError`` where the package is not installed."""
        try:
            import keyring
        except ImportError:
            raise StorageError(
                "The system keyring needs the package keyring; install munjigi[keyring], or set security.key_store to file.",
                key="error.key_unreadable",
                place=cls.place,
            ) from None
        return cls(keyring)

    def get(self, name: str) -> bytes | None:
        """The key of that name."""
        try:
            text = self._keyring.get_password(SERVICE, name)
        except Exception as error:  # each backend has errors of its own
            raise self._refused(error) from error
        try:
            return None if text is None else bytes.fromhex(text)
        except ValueError:
            return b""

    def put(self, name: str, key: bytes) -> None:
        """Store the key."""
        try:
            self._keyring.set_password(SERVICE, name, key.hex())
        except Exception as error:
            raise self._refused(error) from error

    def remove(self, name: str) -> None:
        """Delete the key; nothing happens where there is none."""
        try:
            if self._keyring.get_password(SERVICE, name) is not None:
                self._keyring.delete_password(SERVICE, name)
        except Exception as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> StorageError:
        return StorageError(
            f"The system keyring does not answer ({error}); unlock it, or set security.key_store to file.",
            key="error.key_unreadable",
            place=self.place,
        )
