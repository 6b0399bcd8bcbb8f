"""One backup in one file: a whole database, encrypted, whose people's keys can be destroyed one by one.

    magic | header length, header (JSON) | slots | people's keys | chunks

The content key is random and sealed in each slot, by the master key and by the recovery key, so that either opens the file.
A person's key is sealed in a record of its own: overwriting that record destroys the person's templates in this backup
and nothing else. The chunks are the compressed database in pieces; number, last piece and header are bound to each, so that
none can be left out, moved, or taken from another backup (the STREAM construction, Hoang and others, CRYPTO 2015).
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.core.errors import StorageError
from kiosk.core.files import atomic_file
from kiosk.storage.crypto.aead import WRAPPED, SealBroken, bound, derive, seal, unseal
from kiosk.storage.db.sqlite_errors import files_explained

MAGIC = b"MUNJIGI BACKUP 1\n"
SLOTS = ("master", "recovery")
CHUNK = 1 << 20
GONE = b"\0" * WRAPPED
FACE_GONE = b"\1" * WRAPPED
"""What stands in a record whose key was destroyed: with the person, or with their face only."""

_ID = 16
_SLOT = 16 + WRAPPED
_RECORD = 8 + WRAPPED
_LONGEST_HEADER = 1 << 16


class _Unpacker(Protocol):
    """zlib's, whose type has no public name."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself. ``slots``: id of the key that opens each slot. ``version``: last migration step.

    ``sealed``: whether the templates inside are sealed with people's keys; else ``people`` is 0. ``number``: counts up with every
    backup of a folder, 0 of an older program.
    """

    id: str
    made_at: str
    label: str
    version: str
    sealed: bool
    people: int
    slots: Mapping[str, str]
    offset: int
    raw: bytes
    number: int


def write(
    target: Path,
    source: Path,
    *,
    made_at: str,
    label: str,
    version: str,
    person_keys: Mapping[int, bytes] | None,
    opened_by: Mapping[str, tuple[str, bytes]],
    number: int = 0,
) -> None:
    """Write the database file ``source`` to ``target``, whole or not at all, as a file (0600) that survives a power cut.

    ``person_keys``: key by person's id; ``None`` where templates are not sealed. ``opened_by``: (key id, key) by slot. ``StorageError`` where it cannot be written.
    """
    backup = secrets.token_hex(8)
    keys = person_keys or {}
    about = {
        "id": backup,
        "made_at": made_at,
        "label": label,
        "version": version,
        "sealed": person_keys is not None,
        "people": len(keys),
        "number": number,
    }
    raw = json.dumps(about, ensure_ascii=False).encode()
    content = secrets.token_bytes(32)
    with files_explained(target, "written"), atomic_file(target) as file:
        file.write(MAGIC + len(raw).to_bytes(4, "big") + raw)
        for kind in SLOTS:
            file.write(_slot(backup, kind, opened_by.get(kind), content))
        for person in sorted(keys):
            sealed = seal(_records_key(content), keys[person], _record(backup, person))
            file.write(person.to_bytes(8, "big") + sealed)
        with source.open("rb") as plain:
            _write_chunks(file, plain, content, raw)


def header(path: Path) -> Header:
    """What ``path`` says of itself, without a key; ``StorageError`` where it is no backup or cut off."""
    with files_explained(path, "read"), path.open("rb") as file:
        return _header(path, file)


def content_key(path: Path, kind: str, key: bytes) -> bytes:
    """The content key of ``path``, from slot ``kind`` opened with ``key``; ``StorageError`` where the key is another."""
    with files_explained(path, "read"), path.open("rb") as file:
        about = _header(path, file)
        file.seek(about.offset + SLOTS.index(kind) * _SLOT + _ID)
        try:
            return unseal(key, file.read(WRAPPED), _slot_use(about.id, kind))
        except SealBroken:
            raise StorageError(
                f"The backup {path.name} does not open with this {kind} key.",
                key="error.backup_other_key",
            ) from None


def person_keys(path: Path, content: bytes) -> dict[int, bytes]:
    """Key by person's id; ``GONE`` or ``FACE_GONE`` for those that were destroyed. ``StorageError`` where one was changed."""
    with files_explained(path, "read"), path.open("rb") as file:
        about = _header(path, file)
        key = _records_key(content)
        found = {}
        for person, sealed in _records(file, about):
            try:
                found[person] = (
                    sealed
                    if sealed in (GONE, FACE_GONE)
                    else unseal(key, sealed, _record(about.id, person))
                )
            except SealBroken:
                raise damaged(path) from None
        return found


def authenticate(path: Path, content: bytes) -> None:
    """Read the whole of ``path`` without writing anything; ``StorageError`` where it is damaged or cut off."""
    with files_explained(path, "read"), path.open("rb") as file:
        for _ in _pieces(path, file, content):
            pass
    person_keys(path, content)


def unpack(path: Path, content: bytes, into: Path) -> None:
    """Write the database of ``path`` to the new file ``into`` (0600), every byte authenticated.

    ``StorageError`` where the backup is damaged or cut off; ``into`` is gone then.
    """
    with files_explained(into, "written"):
        try:
            with (
                path.open("rb") as file,
                os.fdopen(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out,
            ):
                for piece in _pieces(path, file, content):
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
        except FileExistsError:
            raise
        except BaseException:
            into.unlink(missing_ok=True)
            raise


def destroy_key(path: Path, person: int, mark: bytes = GONE) -> bool:
    """Overwrite the person's key in ``path`` with ``mark``; whether there was one. Doing it again changes nothing."""
    with files_explained(path, "written"), path.open("r+b") as file:
        about = _header(path, file)
        for number, (owner, sealed) in enumerate(_records(file, about)):
            if owner == person:
                if sealed not in (mark, GONE):
                    file.seek(_records_at(about) + number * _RECORD + 8)
                    file.write(mark)
                    file.flush()
                    os.fsync(file.fileno())
                return True
    return False


def set_slot(path: Path, kind: str, opened_by: tuple[str, bytes] | None, content: bytes) -> None:
    """Let another key (id, key) open slot ``kind``, or none."""
    with files_explained(path, "written"), path.open("r+b") as file:
        about = _header(path, file)
        file.seek(about.offset + SLOTS.index(kind) * _SLOT)
        file.write(_slot(about.id, kind, opened_by, content))
        file.flush()
        os.fsync(file.fileno())


def damaged(path: Path) -> StorageError:
    """What is said of a backup that cannot be trusted."""
    return StorageError(
        f"The backup {path.name} is damaged; use another one.",
        key="error.backup_damaged",
        name=path.name,
    )


def _header(path: Path, file: BinaryIO) -> Header:
    if file.read(len(MAGIC)) != MAGIC:
        raise StorageError(
            f"{path} is no backup of Munjigi; name a file ending in .mjb.",
            key="error.backup_damaged",
            name=path.name,
        )
    length = int.from_bytes(file.read(4), "big")
    raw = file.read(min(length, _LONGEST_HEADER))
    offset = file.tell()
    slots = {kind: file.read(_SLOT)[:_ID] for kind in SLOTS}
    try:
        about = json.loads(raw)
        names = {kind: name.decode("ascii") for kind, name in slots.items() if name.strip(b"\0")}
        made = Header(
            str(about["id"]),
            str(about["made_at"]),
            str(about["label"]),
            str(about["version"]),
            bool(about["sealed"]),
            int(about["people"]),
            names,
            offset,
            raw,
            int(about.get("number", 0)),
        )
    except (ValueError, KeyError, TypeError):
        raise damaged(path) from None
    if (
        len(raw) != length
        or made.people < 0
        or path.stat().st_size <= _records_at(made) + made.people * _RECORD
    ):
        raise damaged(path)
    return made


def _records_at(about: Header) -> int:
    return about.offset + len(SLOTS) * _SLOT


def _records(file: BinaryIO, about: Header) -> Iterator[tuple[int, bytes]]:
    file.seek(_records_at(about))
    block = file.read(about.people * _RECORD)
    for at in range(0, len(block), _RECORD):
        yield int.from_bytes(block[at : at + 8], "big"), block[at + 8 : at + _RECORD]


def _slot(backup: str, kind: str, opened_by: tuple[str, bytes] | None, content: bytes) -> bytes:
    if opened_by is None:
        return b"\0" * _SLOT
    name, key = opened_by
    return name.encode("ascii").ljust(_ID, b"\0") + seal(key, content, _slot_use(backup, kind))


def _slot_use(backup: str, kind: str) -> bytes:
    return bound("backup slot", backup, kind)


def _record(backup: str, person: int) -> bytes:
    return bound("backup person key", backup, person)


def _records_key(content: bytes) -> bytes:
    return derive(content, "backup person keys")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _chunk(raw: bytes, number: int, last: bool) -> bytes:
    return bound("backup chunk", raw, number, int(last))


def _write_chunks(file: BinaryIO, plain: BinaryIO, content: bytes, raw: bytes) -> None:
    cipher = AESGCM(
        derive(content, "backup contents")
    )  # this key serves for one file: a counter is a good nonce
    waiting: bytes | None = None
    number = 0
    for piece in _compressed(plain):
        if waiting is not None:
            _write_chunk(file, cipher.encrypt(_nonce(number), waiting, _chunk(raw, number, False)))
            number += 1
        waiting = piece
    _write_chunk(file, cipher.encrypt(_nonce(number), waiting or b"", _chunk(raw, number, True)))


def _write_chunk(file: BinaryIO, sealed: bytes) -> None:
    file.write(len(sealed).to_bytes(4, "big"))
    file.write(sealed)


def _compressed(plain: BinaryIO) -> Iterator[bytes]:
    packer = zlib.compressobj(1)
    held = bytearray()
    while block := plain.read(CHUNK):
        held += packer.compress(block)
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    held += packer.flush()
    for at in range(0, len(held), CHUNK):
        yield bytes(held[at : at + CHUNK])


def _inflated(unpacker: _Unpacker, packed: bytes) -> Iterator[bytes]:
    """A piece at a time: empty pages pack a thousandfold."""
    while packed:
        yield unpacker.decompress(packed, CHUNK)
        packed = unpacker.unconsumed_tail


def _pieces(path: Path, file: BinaryIO, content: bytes) -> Iterator[bytes]:
    about = _header(path, file)
    cipher = AESGCM(derive(content, "backup contents"))
    unpacker = zlib.decompressobj()
    file.seek(_records_at(about) + about.people * _RECORD)
    left = path.stat().st_size - file.tell()
    number = 0
    while left > 0:
        length = int.from_bytes(file.read(4), "big")
        left -= 4 + length
        if left < 0 or length > CHUNK + 64:
            raise damaged(path)
        try:
            plain = cipher.decrypt(
                _nonce(number), file.read(length), _chunk(about.raw, number, left == 0)
            )
            yield from _inflated(unpacker, plain)
        except (InvalidTag, zlib.error):
            raise damaged(path) from None
        number += 1
    if not unpacker.eof:
        raise damaged(path)
