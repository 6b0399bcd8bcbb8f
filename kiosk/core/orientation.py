"""How a camera hangs: its pictures are turned upright and mirrored back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ANGLES = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Orientation:
    """What is done to a camera's picture before it is used.

    ``turned``: degrees clockwise, one of ``ANGLES``. ``mirrored``: the camera delivers its picture
    as a mirror would; the turned picture is mirrored back. Raises ``ValueError`` for other angles.
    """

    turned: int = 0
    mirrored: bool = False

    def __post_init__(self) -> None:
        if self.turned not in ANGLES:
            raise ValueError(f"a picture is turned by one of {ANGLES} degrees, not {self.turned}")

    def __call__(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return (h, w, ...) ``plane`` turned, C-contiguous; itself where nothing changes."""
        if self.turned:
            plane = np.rot90(plane, -self.turned // 90)
        if self.mirrored:
            plane = plane[:, ::-1]
        return np.ascontiguousarray(plane)

    def and_then(self, turned: int, mirrored: bool) -> Orientation:
        """Return the orientation that does the same to a picture as this one and then another.

        ``turned``, ``mirrored``: the other one's.
        """
        angle = self.turned + (-turned if self.mirrored else turned)
        return Orientation(angle % 360, self.mirrored is not mirrored)


AS_IT_IS = Orientation()
