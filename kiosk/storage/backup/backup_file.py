"""The file format of backups: a whole encrypted database; each person's key can be destroyed in it.

    magic | header length, header (JSON) | slots | people's keys | chunks

The content key is random and sealed in each slot, by the master key and by the recovery key, so
that either opens the file. Each person's key is sealed in a record of its own: overwriting the
record destroys the templates of that person in this backup and nothing else. The chunks are the
compressed database; see ``backup_chunks``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kiosk.core.errors import StorageError
from kiosk.core.files import atomic_file
from kiosk.core.parsed_json import parse_json
from kiosk.storage.backup.backup_chunks import ChunksBroken, read_chunks, write_chunks
from kiosk.storage.crypto.aead import WRAPPED, SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.db.sqlite_errors import files_explained

MAGIC = b"MUNJIGI BACKUP 1\n"
"""The first bytes of every backup."""

SLOTS = ("master", "recovery")
"""Kinds of keys that open a backup, in the order of their slots."""

GONE = b"\0" * WRAPPED
"""Content of the record of a deleted person."""

FACE_GONE = b"\1" * WRAPPED
"""Content of the record of a person whose face was deleted."""

MAX_NUMBER = 10**15
"""The largest number of a backup, and of people in one."""

_IDENTITY = re.compile(r"[0-9A-Za-z_-]{1,16}", re.ASCII)
_WORDS = re.compile(r"[0-9A-Za-z _.:+-]{0,100}", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1971, 9000
_ID = 16
_SLOT = _ID + WRAPPED
_PERSON_ID = 8
_RECORD = _PERSON_ID + WRAPPED
_MAX_HEADER = 1 << 16


@dataclass(frozen=True, slots=True)
class Header:
    """The unencrypted description of a backup.

    ``slots``: id of the key that opens each slot. ``version``: last migration step. ``sealed``:
    whether the templates inside are sealed with keys of the people; else ``people`` is 0.
    ``number``: counts up with every backup of a folder; 0 if an older program made it. ``offset``:
    position of the slots in the file. ``raw``: the header as stored.
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

    @property
    def records_offset(self) -> int:
        """Position of the people's keys in the file."""
        return self.offset + len(SLOTS) * _SLOT

    @property
    def chunks_offset(self) -> int:
        """Position of the chunks in the file."""
        return self.records_offset + self.people * _RECORD


def write(
    target: Path,
    source: Path,
    content: bytes,
    *,
    made_at: str,
    label: str,
    version: str,
    person_keys: Mapping[int, bytes] | None,
    opened_by: Mapping[str, tuple[str, bytes]],
    number: int = 0,
) -> None:
    """Write the database file ``source`` atomically to the backup ``target`` (0600).

    ``content``: a new random key of 32 bytes, used for this file only. ``person_keys``: keys by
    the person's id; ``None`` if templates are not sealed. ``opened_by``: (key id, key) by slot.
    Raise ``StorageError`` if the backup cannot be written.
    """
    backup_id = secrets.token_hex(8)
    keys = person_keys or {}
    fields = {
        "id": backup_id,
        "made_at": made_at,
        "label": label,
        "version": version,
        "sealed": person_keys is not None,
        "people": len(keys),
        "number": number,
    }
    raw = json.dumps(fields, ensure_ascii=False).encode()
    with files_explained(target, "written"), atomic_file(target) as file:
        file.write(MAGIC + len(raw).to_bytes(4, "big") + raw)
        for kind in SLOTS:
            file.write(_slot(backup_id, kind, opened_by.get(kind), content))
        for person_id in sorted(keys):
            file.write(_person_record(backup_id, person_id, keys[person_id], content))
        with source.open("rb") as plain:
            write_chunks(file, plain, content, raw)


def header(path: Path) -> Header:
    """Return the header of ``path``; raise ``StorageError`` if it is not a complete backup."""
    with files_explained(path, "read"), path.open("rb") as file:
        return _header(path, file)


def content_key(path: Path, kind: str, key: bytes) -> bytes:
    """Return the content key of ``path``, from slot ``kind`` opened with ``key``.

    Raise ``StorageError`` if ``key`` does not open it.
    """
    with files_explained(path, "read"), path.open("rb") as file:
        about = _header(path, file)
        file.seek(about.offset + SLOTS.index(kind) * _SLOT + _ID)
        try:
            return unseal(key, file.read(WRAPPED), _slot_data(about.id, kind))
        except SealBroken:
            raise StorageError(
                f"The backup {path.name} does not open with this {kind} key.",
                key="error.backup_other_key",
            ) from None


def person_keys(path: Path, content: bytes) -> dict[int, bytes]:
    """Return the keys by the person's id; ``GONE`` or ``FACE_GONE`` for destroyed ones.

    Raise ``StorageError`` if a record was changed.
    """
    with files_explained(path, "read"), path.open("rb") as file:
        about = _header(path, file)
        records_key = _records_key(content)
        found = {}
        for person_id, sealed in _records(file, about):
            if sealed in (GONE, FACE_GONE):
                found[person_id] = sealed
                continue
            try:
                found[person_id] = unseal(records_key, sealed, _record_data(about.id, person_id))
            except SealBroken:
                raise damaged(path) from None
        return found


def authenticate(path: Path, content: bytes) -> None:
    """Read all of ``path``, writing nothing; raise ``StorageError`` if it is damaged."""
    with files_explained(path, "read"), path.open("rb") as file:
        for _ in _plaintext(path, file, content):
            pass
    person_keys(path, content)


def authenticate_keys(path: Path, content: bytes) -> None:
    """Check the header and the people's keys of ``path``; raise ``StorageError`` if changed."""
    with files_explained(path, "read"), path.open("rb") as file:
        next(_plaintext(path, file, content))  # every chunk authenticates the header
    person_keys(path, content)


def unpack(path: Path, content: bytes, target: Path) -> None:
    """Write the database in ``path`` to the new file ``target`` (0600), authenticating every byte.

    Raise ``StorageError`` if the backup is damaged; ``target`` is then removed.
    """
    with files_explained(target, "written"):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        with path.open("rb") as file, os.fdopen(os.open(target, flags, 0o600), "wb") as out:
            try:
                for piece in _plaintext(path, file, content):
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            except BaseException:
                target.unlink(missing_ok=True)
                raise


def destroy_key(path: Path, person_id: int, mark: bytes = GONE) -> bool:
    """Overwrite a person's key in ``path`` with ``mark``; return whether there is a record of it.

    Repeating it changes nothing, and ``GONE`` is never overwritten. A damaged backup may have
    several records of that id.
    """
    found = False
    with files_explained(path, "written"), path.open("r+b") as file:
        about = _header(path, file)
        for index, (owner, sealed) in enumerate(_records(file, about)):
            if owner != person_id:
                continue
            found = True
            if sealed not in (mark, GONE):
                _overwrite(file, about.records_offset + index * _RECORD + _PERSON_ID, mark)
    return found


def set_slot(path: Path, kind: str, opened_by: tuple[str, bytes] | None, content: bytes) -> None:
    """Make the key ``opened_by`` (id, key) the one that opens slot ``kind``; ``None`` for none."""
    with files_explained(path, "written"), path.open("r+b") as file:
        about = _header(path, file)
        slot = _slot(about.id, kind, opened_by, content)
        _overwrite(file, about.offset + SLOTS.index(kind) * _SLOT, slot)


def damaged(path: Path) -> StorageError:
    """Return the error for a backup that cannot be trusted."""
    return StorageError(
        f"The backup {path.name} is damaged; use another one.",
        key="error.backup_damaged",
        name=path.name,
    )


def _header(path: Path, file: BinaryIO) -> Header:
    if file.read(len(MAGIC)) != MAGIC:
        raise StorageError(
            f"{path} is not a backup of Munjigi; name a file ending in .mjb.",
            key="error.backup_damaged",
            name=path.name,
        )
    length = int.from_bytes(file.read(4), "big")
    raw = file.read(min(length, _MAX_HEADER))
    offset = file.tell()
    slots = {kind: file.read(_SLOT)[:_ID] for kind in SLOTS}
    try:
        parsed = _parse_header(raw, slots, offset)
    except (ValueError, KeyError, TypeError, OverflowError):
        raise damaged(path) from None
    if len(raw) != length or path.stat().st_size <= parsed.chunks_offset:
        raise damaged(path)
    return parsed


def _parse_header(raw: bytes, slots: Mapping[str, bytes], offset: int) -> Header:
    """Return what ``raw`` says; raise ``ValueError`` or the like for anything that we never write.

    Nothing here is authenticated before a key opens the backup.
    """
    fields = parse_json(raw)
    return Header(
        _text(fields["id"], _IDENTITY),
        _moment(fields["made_at"]),
        _text(fields["label"]),
        _text(fields["version"]),
        bool(fields["sealed"]),
        _count(fields["people"]),
        {kind: _opener(name) for kind, name in slots.items() if name.strip(b"\0")},
        offset,
        raw,
        _count(fields.get("number", 0)),
    )


def _text(value: object, pattern: re.Pattern[str] = _WORDS) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("a text is none of ours")
    return value


def _moment(value: object) -> str:
    """Return a moment that can be compared and shown in every time zone."""
    text = _text(value)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("a moment is none of ours")
    return text


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise ValueError("a number is none of ours")
    return value


def _opener(name: bytes) -> str:
    return _text(name.rstrip(b"\0").decode("ascii"), _IDENTITY)


def _overwrite(file: BinaryIO, offset: int, data: bytes) -> None:
    file.seek(offset)
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _records(file: BinaryIO, about: Header) -> Iterator[tuple[int, bytes]]:
    for index in range(about.people):
        # one by one: anybody may have written how many there are
        file.seek(about.records_offset + index * _RECORD)
        record = file.read(_RECORD)
        yield int.from_bytes(record[:_PERSON_ID], "big"), record[_PERSON_ID:]


def _person_record(backup_id: str, person_id: int, key: bytes, content: bytes) -> bytes:
    sealed = seal(_records_key(content), key, _record_data(backup_id, person_id))
    return person_id.to_bytes(_PERSON_ID, "big") + sealed


def _slot(backup_id: str, kind: str, opened_by: tuple[str, bytes] | None, content: bytes) -> bytes:
    if opened_by is None:
        return b"\0" * _SLOT
    name, key = opened_by
    sealed = seal(key, content, _slot_data(backup_id, kind))
    return name.encode("ascii").ljust(_ID, b"\0") + sealed


def _slot_data(backup_id: str, kind: str) -> bytes:
    return length_prefixed("backup slot", backup_id, kind)


def _record_data(backup_id: str, person_id: int) -> bytes:
    return length_prefixed("backup person key", backup_id, person_id)


def _records_key(content: bytes) -> bytes:
    return derive(content, "backup person keys")


def _plaintext(path: Path, file: BinaryIO, content: bytes) -> Iterator[bytes]:
    about = _header(path, file)
    file.seek(about.chunks_offset)
    size = path.stat().st_size - about.chunks_offset
    try:
        yield from read_chunks(file, size, content, about.raw)
    except ChunksBroken:
        raise damaged(path) from None
