"""Downloads a network: with progress, resumed where it broke off, never used before its checksum is right."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kiosk.errors import WeightsError
from kiosk.vision.manifest import Entry, sha256_of

PIECE = 1 << 16
TIMEOUT_S = 30.0

Progress = Callable[[int, int], object]


def target_of(entry: Entry) -> Path:
    """Where the downloaded file lies: the network itself, or what is exported to it."""
    return entry.root / (entry.download or entry.file)


def fetch(entry: Entry, progress: Progress = lambda done, total: None, timeout_s: float = TIMEOUT_S) -> Path:
    """Download ``entry``; returns the verified file. ``progress(done, total)`` counts bytes, total 0 if unknown.

    Where no checksum is published, the first download's is written beside the file and holds from then on.
    Raises ``WeightsError``; what arrived so far stays in a ``.part`` file and the next call goes on from there.
    """
    if not entry.url:
        raise WeightsError(f"The network {entry.id} cannot be fetched; {entry.remedy}.")
    target = target_of(entry)
    wanted = _known_checksum(entry, target)
    if target.exists() and (not wanted or sha256_of(target) == wanted):
        return target
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(entry.url, part, progress, timeout_s)
        found = sha256_of(part)
        if wanted and found != wanted:
            part.unlink()
            raise WeightsError(f"What {entry.url} sent has the checksum {found[:12]}…, not {wanted[:12]}…; it was thrown away, try again later.")
        if not wanted:
            _remember(target, found)
        part.replace(target)
    except OSError as error:
        raise WeightsError(f"{entry.id} cannot be fetched from {entry.url} ({_why(error)}); check the network and the disk, then try again.") from None
    return target


def _known_checksum(entry: Entry, target: Path) -> str:
    """The manifest's, else the one of the first download."""
    published = entry.download_sha256 or ("" if entry.needs_export else entry.sha256)
    if published:
        return published
    note = _note_of(target)
    return note.read_text(encoding="ascii").split()[0] if note.exists() else ""


def _note_of(target: Path) -> Path:
    return target.with_name(target.name + ".sha256")


def _remember(target: Path, found: str) -> None:
    _note_of(target).write_text(f"{found}  {target.name}\n", encoding="ascii")


def _download(url: str, part: Path, progress: Progress, timeout_s: float) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # the part is as long as the file, or longer: begin again
            part.unlink()
            _download(url, part, progress, timeout_s)
            return
        raise
    with answer:
        resumed = answer.status == 206
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else 0
        with part.open("ab" if resumed else "wb") as file:
            done = _copy(answer, file, have, total, progress)
    if total and done != total:
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, have: int, total: int, progress: Progress) -> int:
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


def _why(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error)
