"""Downloads a network: with progress, resumed where it broke off, never used before its checksum is right."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kiosk.core.errors import WeightsError
from kiosk.vision.models.checksums import note_of, noted, remember, sha256_of
from kiosk.vision.models.manifest import ModelEntry

PIECE = 1 << 16
TIMEOUT_S = 30.0

Progress = Callable[[int, int], object]


def target_of(entry: ModelEntry) -> Path:
    """Where the downloaded file lies: the network itself, or what is exported to it."""
    return entry.locate(entry.download or entry.file)


def fetch(
    entry: ModelEntry, progress: Progress = lambda done, total: None, timeout_s: float = TIMEOUT_S
) -> Path:
    """Download ``entry``; returns the verified file. ``progress(done, total)`` counts bytes, total 0 if unknown.

    Where no checksum is published, the first file's is written beside it and holds from then on.
    Raises ``WeightsError``; what arrived so far stays in a ``.part`` file and the next call goes on from there.
    """
    if not entry.url:
        raise WeightsError(f"The network {entry.id} cannot be fetched; {entry.remedy}.")
    target = target_of(entry)
    wanted = _published(entry) or noted(target)
    try:
        if target.exists():
            found = sha256_of(target)
            if not wanted:
                remember(target, found)
            if found == (wanted or found):
                return target
        return _fetched(entry, target, wanted, progress, timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WeightsError(
            f"{entry.id} cannot be fetched from {entry.url} ({_why(error)}); check the network and the disk, then try again."
        ) from None


def trust_note(entry: ModelEntry) -> str:
    """What a person should know of a fetched file whose checksum nobody published; empty where one is."""
    target = target_of(entry)
    if _published(entry):
        return ""
    return f"No checksum is published for {target.name}: {noted(target)} is kept in {note_of(target).name} and holds from now on."


def _published(entry: ModelEntry) -> str:
    """The checksum that the manifest has of what is downloaded, if any."""
    return entry.download_sha256 or ("" if entry.needs_export else entry.sha256)


def _fetched(
    entry: ModelEntry, target: Path, wanted: str, progress: Progress, timeout_s: float
) -> Path:
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not (
        wanted and part.is_file() and sha256_of(part) == wanted
    ):  # whole already where only the renaming was missing
        _download(entry.url, part, progress, timeout_s, checked=bool(wanted))
    found = sha256_of(part)
    if wanted and found != wanted:
        part.unlink()
        raise WeightsError(
            f"What {entry.url} sent has the checksum {found[:12]}…, not {wanted[:12]}…; it was thrown away, try again later."
        )
    if not wanted:
        remember(target, found)
    part.replace(target)
    return target


def _download(url: str, part: Path, progress: Progress, timeout_s: float, checked: bool) -> None:
    """Complete ``part``; ``checked``: whether a checksum will tell a whole file from half of one."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("the address does not begin with https://")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not have:
            raise
        _again(
            url, part, progress, timeout_s, checked
        )  # the part is as long as the file, or longer
        return
    with answer:
        if answer.status == 206 and have and _begin(answer) != have:
            _again(url, part, progress, timeout_s, checked)
            return
        _receive(answer, part, have if answer.status == 206 else 0, progress, checked)


def _again(url: str, part: Path, progress: Progress, timeout_s: float, checked: bool) -> None:
    """From the first byte: what is there does not fit what the server has."""
    part.unlink()
    _download(url, part, progress, timeout_s, checked)


def _begin(answer: http.client.HTTPResponse) -> int:
    """The first byte's place in a partial answer, -1 where it is not said."""
    said = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(said[1]) if said else -1


def _receive(
    answer: http.client.HTTPResponse, part: Path, have: int, progress: Progress, checked: bool
) -> None:
    length = answer.headers.get("Content-Length")
    if not length and not checked:
        raise OSError(
            "the server does not say how long the file is, and no checksum is known that tells whether all of it came"
        )
    total = have + int(length) if length else 0
    with part.open("ab" if have else "wb") as file:
        done = _copy(answer, file, have, total, progress)
    if not done or (total and done != total):
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _copy(
    answer: http.client.HTTPResponse, file: BinaryIO, have: int, total: int, progress: Progress
) -> int:
    done = have
    while True:
        try:
            piece = answer.read(PIECE)
        except http.client.IncompleteRead as broken:
            piece = broken.partial
            file.write(piece)
            return done + len(piece)
        if not piece:
            return done
        file.write(piece)
        done += len(piece)
        progress(done, total)


def _why(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split()) or type(error).__name__
