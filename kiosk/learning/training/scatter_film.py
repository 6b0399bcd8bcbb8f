"""The scatter of every epoch of a training, and all of them as an animation."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from kiosk.learning.networks.weight_files import write

FOLDER = "scatter"
FILM = "scatter.gif"
_SHOWN_MS = 700
_LAST_SHOWN_MS = 2500


def keep_scatter(folder: Path, epoch: int, picture: bytes) -> None:
    """Keep the PNG of an epoch in the run's ``folder``, and make the film of those there are."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    write(place / f"epoch-{epoch:03}.png", picture)
    write(folder / FILM, _film(sorted(place.glob("epoch-*.png"))))


def _film(pictures: list[Path]) -> bytes:
    frames = []
    for path in pictures:
        with Image.open(path) as picture:
            frames.append(picture.convert("RGB").quantize(64))
    shown = [_SHOWN_MS] * (len(frames) - 1) + [_LAST_SHOWN_MS]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=shown, loop=0)
    return content.getvalue()
