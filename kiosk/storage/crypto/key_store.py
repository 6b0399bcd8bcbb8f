"""Where secret keys are kept: files readable by this user only, or the system's keyring.

They are never in the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import Protocol

from kiosk.core.errors import StorageError
from kiosk.core.files import atomic_write, shred
from kiosk.core.private_files import make_private
from kiosk.storage.db.sqlite_errors import files_explained

SIZE = 32
"""Length of every key in bytes: AES-256, and an Ed25519 seed."""

SERVICE = "munjigi"
"""Name of the service under which our keys are in the system's keyring."""

_NAME = re.compile(r"[A-Za-z0-9-]{1,80}")


class KeyStore(Protocol):
    """Keys by name. ``place`` describes the store to people. Errors are raised as ``StorageError``.

    ``get`` returns ``None`` for an unknown name and b"" for an entry that cannot be a key.
    """

    @property
    def place(self) -> str: ...
    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, key: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


def new_key() -> bytes:
    """Return a new key of ``SIZE`` bytes from the system's random source."""
    return secrets.token_bytes(SIZE)


def key_id(key: bytes) -> str:
    """Return the id of a key: 16 hexadecimal digits of a hash, which reveal nothing of the key."""
    return hashlib.sha256(b"munjigi key id\0" + key).hexdigest()[:16]


def fetch_key(store: KeyStore, kind: str, name: str) -> bytes:
    """Return the key of that ``kind`` ("master", "signer", "badge") whose id is ``name``.

    Raise ``StorageError`` if it is missing, cannot be read, or does not have that id.
    """
    key = store.get(f"{kind}-{name}")
    if key is None:
        raise StorageError(
            f"The {kind} key {name} is not in {store.place};"
            " put it back, or restore a backup with the recovery code.",
            key="error.key_missing",
            place=store.place,
        )
    if len(key) != SIZE or key_id(key) != name:
        raise StorageError(
            f"The {kind} key {name} in {store.place} is another key; put the right one back.",
            key="error.key_wrong",
            place=store.place,
        )
    return key


def store_key(store: KeyStore, kind: str, key: bytes) -> str:
    """Store ``key`` durably and return its id."""
    name = key_id(key)
    store.put(f"{kind}-{name}", key)
    return name


class FileKeys:
    """A folder (0700) with a file (0600) per key, each one line of hexadecimal digits."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def get(self, name: str) -> bytes | None:
        """Return the key of that name; remove permissions that other users have on its file."""
        path = self._path(name)
        try:
            make_private(path)
            return bytes.fromhex(path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except ValueError:
            return b""
        except OSError as error:
            raise StorageError(
                f"The key file {path} cannot be read ({error.strerror or error});"
                " check its permissions.",
                key="error.key_unreadable",
                place=str(path),
            ) from error

    def put(self, name: str, key: bytes) -> None:
        """Write the key so that it survives a power cut; create the folder if needed."""
        path = self._path(name)
        with files_explained(path, "written"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic_write(path, f"{key.hex()}\n".encode("ascii"))

    def remove(self, name: str) -> None:
        """Overwrite and delete the key, if there is one."""
        path = self._path(name)
        with files_explained(path, "deleted"):
            if path.exists():
                shred(path)

    def _path(self, name: str) -> Path:
        """Return the file of a key; a name from a damaged database or backup leads nowhere else."""
        if not _NAME.fullmatch(name):
            raise StorageError(
                f"A key cannot be called {name[:40]!r}; restore a backup.",
                key="error.key_wrong",
                place=self.place,
            )
        return self.folder / f"{name}.key"


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
        """Return the keys in the system's keyring; raise ``StorageError`` without the package."""
        try:
            import keyring
        except ImportError:
            raise StorageError(
                "The system keyring needs the package keyring;"
                " install munjigi[keyring], or set security.key_store to file.",
                key="error.key_unreadable",
                place=cls.place,
            ) from None
        return cls(keyring)

    def get(self, name: str) -> bytes | None:
        """Return the key of that name."""
        try:
            text = self._keyring.get_password(SERVICE, name)
        except Exception as error:  # each backend has errors of its own
            raise self._unavailable(error) from error
        try:
            return None if text is None else bytes.fromhex(text)
        except ValueError:
            return b""

    def put(self, name: str, key: bytes) -> None:
        """Store the key."""
        try:
            self._keyring.set_password(SERVICE, name, key.hex())
        except Exception as error:
            raise self._unavailable(error) from error

    def remove(self, name: str) -> None:
        """Delete the key, if there is one."""
        try:
            if self._keyring.get_password(SERVICE, name) is not None:
                self._keyring.delete_password(SERVICE, name)
        except Exception as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> StorageError:
        return StorageError(
            f"The system keyring does not answer ({error});"
            " unlock it, or set security.key_store to file.",
            key="error.key_unreadable",
            place=self.place,
        )
