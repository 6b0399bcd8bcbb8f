"""Short tones for people who do not look at the screen. Playing never blocks and never raises."""

from __future__ import annotations

import logging
import math
import shutil
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTemporaryDir
from PySide6.QtWidgets import QApplication

from kiosk.core.paths import ASSETS

RATE = 22050
FULL_VOLUME = 100
TONES: dict[str, tuple[tuple[float, float], ...]] = {
    "accept": ((660.0, 0.10), (990.0, 0.18)),  # a rising fifth
    "reject": ((330.0, 0.14), (247.0, 0.22)),  # a falling fourth
    "turn": ((784.0, 0.09),),  # a turn of the head was seen, or the first one is requested
}
"""Notes of each sound: (frequency in hertz, length in seconds)."""

LOUDNESS = 0.35
"""Amplitude of the shipped tones, which are those of the full volume."""

PLAYERS = (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",)))


log = logging.getLogger(__name__)


def sound_file(name: str) -> Path:
    """The path of the tone ``name``."""
    return ASSETS / "sounds" / f"{name}.wav"


def samples(notes: Sequence[tuple[float, float]], loudness: float = LOUDNESS) -> list[int]:
    """16-bit samples of sine tones with a fade-in and a fade-out, so that nothing clicks.

    ``loudness``: amplitude of the sine, 0..1.
    """
    values: list[int] = []
    for frequency, seconds in notes:
        count = round(seconds * RATE)
        for index in range(count):
            envelope = min(1.0, index / (0.01 * RATE)) * (1.0 - index / count)
            values.append(
                round(
                    32767 * loudness * envelope * math.sin(2 * math.pi * frequency * index / RATE)
                )
            )
    return values


def write_tones(folder: Path, loudness: float = LOUDNESS) -> list[Path]:
    """Write every tone as a mono 16-bit WAV file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, notes in TONES.items():
        path = folder / f"{name}.wav"
        points = samples(notes, loudness)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(struct.pack(f"<{len(points)}h", *points))
        written.append(path)
    return written


def find_player() -> tuple[str, tuple[str, ...]] | None:
    """The first sound player installed on this machine, with its options."""
    for program, options in PLAYERS:
        found = shutil.which(program)
        if found:
            return found, options
    return None


class Sounds(QObject):
    """Plays tones through an installed sound player, or beeps without one."""

    def __init__(self, enabled: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.enabled = enabled
        self._volume = FULL_VOLUME
        self._folder: QTemporaryDir | None = None
        self._player = find_player()

    @property
    def volume(self) -> int:
        """The volume in per cent of the shipped tones."""
        return self._volume

    @volume.setter
    def volume(self, percent: int) -> None:
        """Tones of that volume are written once: not every player can be told one."""
        if percent == self._volume:
            return
        self._volume = percent
        self._folder = None
        if 0 < percent < FULL_VOLUME:
            folder = QTemporaryDir()
            try:
                write_tones(Path(folder.path()), LOUDNESS * percent / FULL_VOLUME)
            except OSError as error:  # a full disk: the shipped tones are played
                log.warning("tones of another volume could not be written: %s", error)
            else:
                self._folder = folder

    def play(self, name: str) -> None:
        """Start the tone ``name``: ``accept``, ``reject`` or ``turn``, with or without ``sound_``
        before it.
        """
        name = name.removeprefix("sound_")
        if not self.enabled or not self._volume or name not in TONES:
            return
        if self._player is None or not self._start(*self._player, self._file(name)):
            QApplication.beep()

    def _file(self, name: str) -> Path:
        """The path of the tone ``name`` at the volume in use."""
        return Path(self._folder.path()) / f"{name}.wav" if self._folder else sound_file(name)

    def _start(self, program: str, options: tuple[str, ...], path: Path) -> bool:
        """Start the player detached, with its output discarded; return whether it started."""
        process = QProcess()
        process.setProgram(program)
        process.setArguments([*options, str(path)])
        for redirect in (process.setStandardOutputFile, process.setStandardErrorFile):
            redirect(QProcess.nullDevice())
        started = process.startDetached()
        return bool(started[0] if isinstance(started, tuple) else started)
