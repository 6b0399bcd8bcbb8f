"""Download a network with progress, resume a broken download, and verify the checksum."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kiosk.core.errors import WeightsError
from kiosk.core.files import replace_durably
from kiosk.core.private_files import make_public_folder
from kiosk.vision.models.checksums import note_of, noted_checksum, sha256_of, write_note
from kiosk.vision.models.manifest import ModelEntry

CHUNK_BYTES = 1 << 16
TIMEOUT_S = 30.0
"""Seconds without data after which a download is given up."""

REACH_TIMEOUT_S = 5.0
"""Seconds after which a server counts as out of reach."""

Progress = Callable[[int, int], object]
"""Called with the bytes received and the bytes in total, 0 if unknown."""


def target_of(entry: ModelEntry) -> Path:
    """Return the path of the downloaded file: the network itself, or what is converted to it."""
    return entry.locate(entry.download or entry.file)


def fetch(
    entry: ModelEntry, progress: Progress = lambda done, total: None, timeout_s: float = TIMEOUT_S
) -> Path:
    """Download ``entry`` and return the verified file.

    Where no checksum is published, the first file's is noted beside it and required from then on.
    Raises ``WeightsError``; the part received stays in a ``.part`` file, and the next call resumes.
    """
    if not entry.url:
        raise WeightsError(f"The network {entry.id} cannot be fetched; {entry.remedy}.")
    target = target_of(entry)
    expected = _published(entry) or noted_checksum(target)
    try:
        if target.exists():
            found = sha256_of(target)
            if not expected:
                write_note(target, found)
            if found == (expected or found):
                return target
        return _download_verified(entry, target, expected, progress, timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WeightsError(
            f"{entry.id} cannot be fetched from {entry.url} ({_why(error)}); "
            "check the network and the disk, then try again."
        ) from None


def can_be_reached(entry: ModelEntry, timeout_s: float = REACH_TIMEOUT_S) -> bool:
    """Return whether the server of ``entry`` answers; one byte is asked for."""
    try:
        request = urllib.request.Request(entry.url, headers={"Range": "bytes=0-0"})
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            return bool(response.status in (200, 206))
    except (OSError, http.client.HTTPException, ValueError):
        return False


def trust_note(entry: ModelEntry) -> str:
    """Return a note for people about a file without a published checksum; "" where there is one."""
    target = target_of(entry)
    if _published(entry):
        return ""
    published = (
        f"Only the digits {entry.download_digits}… of its checksum are"
        if entry.download_digits
        else "No checksum is"
    )
    return (
        f"{published} published for {target.name}: {noted_checksum(target)} is kept in "
        f"{note_of(target).name} and holds from now on."
    )


def _published(entry: ModelEntry) -> str:
    """Return the manifest's checksum of the downloaded file, "" where it has none."""
    return entry.download_sha256 or ("" if entry.needs_export else entry.sha256)


def _download_verified(
    entry: ModelEntry, target: Path, expected: str, progress: Progress, timeout_s: float
) -> Path:
    part = target.with_name(target.name + ".part")
    make_public_folder(target.parent)
    # the part may be complete already, where only the renaming failed
    complete = expected and part.is_file() and sha256_of(part) == expected
    if not complete:
        _download(entry.url, part, progress, timeout_s, verifiable=bool(expected))
    found = sha256_of(part)
    wanted = expected or entry.download_digits
    if not found.startswith(wanted):
        part.unlink()
        raise WeightsError(
            f"The file from {entry.url} has the checksum {found[:12]}…, not {wanted[:12]}…; "
            "it was discarded; try again later."
        )
    if not expected:
        write_note(target, found)
    part.chmod(0o644)  # networks are no secret: other users of this machine may share them
    replace_durably(part, target)
    return target


def _download(url: str, part: Path, progress: Progress, timeout_s: float, verifiable: bool) -> None:
    """Complete ``part``; ``verifiable``: whether its checksum is known."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("the address does not begin with https://")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not have:
            raise
        # the part is as long as the file, or longer
        _restart(url, part, progress, timeout_s, verifiable)
        return
    with response:
        if response.status == 206 and have and _range_start(response) != have:
            _restart(url, part, progress, timeout_s, verifiable)
            return
        _receive(response, part, have if response.status == 206 else 0, progress, verifiable)


def _restart(url: str, part: Path, progress: Progress, timeout_s: float, verifiable: bool) -> None:
    """Download from the first byte: the part does not match the server's file."""
    part.unlink()
    _download(url, part, progress, timeout_s, verifiable)


def _range_start(response: http.client.HTTPResponse) -> int:
    """Return the position of the first byte of a partial response, -1 where it is missing."""
    content_range = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(content_range[1]) if content_range else -1


def _receive(
    response: http.client.HTTPResponse,
    part: Path,
    have: int,
    progress: Progress,
    verifiable: bool,
) -> None:
    length = response.headers.get("Content-Length")
    if not length and not verifiable:
        raise OSError(
            "the server does not say how long the file is, "
            "and no checksum is known that tells whether all of it came"
        )
    total = have + int(length) if length else 0
    with part.open("ab" if have else "wb") as file:
        done = _copy(response, file, have, total, progress)
    if not done or (total and done != total):
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _copy(
    response: http.client.HTTPResponse, file: BinaryIO, have: int, total: int, progress: Progress
) -> int:
    done = have
    while True:
        try:
            chunk = response.read(CHUNK_BYTES)
        except http.client.IncompleteRead as broken:
            chunk = broken.partial
            file.write(chunk)
            return done + len(chunk)
        if not chunk:
            return done
        file.write(chunk)
        done += len(chunk)
        progress(done, total)


def _why(error: Exception) -> str:
    """Return the error's reason in one line."""
    return " ".join(str(getattr(error, "reason", None) or error).split()) or type(error).__name__
