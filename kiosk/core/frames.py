"""Camera frames, the faces found in them, and what the pipeline observes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kiosk.core.templates import Vector

BGRImage = NDArray[np.uint8]
"""(height, width, 3) uint8, channel order blue, green, red, range 0..255; x right, y down."""

InfraredImage = NDArray[np.uint8]
"""(height, width) uint8 infrared intensity, 0..255."""

DepthMap = NDArray[np.float32]
"""(height, width) float32 distance from the camera in metres; NaN or 0 where not measured."""

Points = NDArray[np.float32]
"""(n, 2) float32 pixel coordinates, x then y, origin at the picture's top left corner."""


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """What a camera delivers beside the colour picture, registered to it pixel by pixel."""

    infrared: InfraredImage | None = None
    depth: DepthMap | None = None


NO_PLANES = Planes()


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture beside its pixels.

    ``stamp``: when the camera took or sent it, in seconds on a clock of its own; ``None`` where it
    does not say. ``face``: a person is seen at the moment.
    """

    stamp: float | None = None
    face: bool = False


NO_FACTS = PictureFacts()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of the camera.

    ``image``: ``BGRImage``, not mirrored. ``captured_at``: seconds on the monotonic clock.
    ``index`` counts the frames of one camera session from 0. ``infrared`` and ``depth``: further
    planes of the same height and width, ``None`` where the camera has none.
    Raises ``ValueError`` where a plane has another shape or dtype.
    """

    image: BGRImage
    captured_at: float
    index: int
    infrared: InfraredImage | None = None
    depth: DepthMap | None = None

    def __post_init__(self) -> None:
        for name, plane, dtype in (
            ("infrared", self.infrared, np.uint8),
            ("depth", self.depth, np.float32),
        ):
            if plane is None:
                continue
            if plane.shape != self.image.shape[:2] or plane.dtype != dtype:
                raise ValueError(
                    f"{name} must be {self.image.shape[:2]} {np.dtype(dtype)}, "
                    f"not {plane.shape} {plane.dtype}"
                )


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face, in pixels of the frame it was found in.

    ``box``: (4,) float32 x1, y1, x2, y2. ``landmarks``: (5, 2) float32: the left eye in the
    picture, right eye, nose, left mouth corner, right mouth corner.
    ``probability``: the detector's confidence that this is a face, 0..1; it says nothing about
    whose face it is.
    """

    box: NDArray[np.float32]
    landmarks: Points
    probability: float

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return float(self.box[2] - self.box[0])

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return float(self.box[3] - self.box[1])

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, x and y in pixels."""
        return float(self.box[0] + self.box[2]) / 2, float(self.box[1] + self.box[3]) / 2


class QualityIssue(StrEnum):
    """Why a face is not good enough to be compared."""

    TOO_SMALL = "too_small"
    TOO_CLOSE = "too_close"
    OFF_CENTRE = "off_centre"
    CUT_OFF = "cut_off"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED_AWAY = "turned_away"
    TILTED = "tilted"
    SEVERAL_FACES = "several_faces"


@dataclass(frozen=True, slots=True)
class Quality:
    """Measurements of one face.

    ``eye_distance``: pixels between the eyes. ``sharpness``: variance of the Laplacian of the
    aligned crop. ``brightness``: mean luminance of the crop, 0..255. ``yaw``: about -1 (the person
    looks to the left edge of the unmirrored picture) .. 0 (straight) .. 1 (right edge), ``pitch``:
    about -1 (up) .. 0 .. 1 (down), both from the nose's place between eyes and mouth. ``roll``:
    degrees, clockwise positive. ``issues``: what to correct, the most important first.
    """

    eye_distance: float
    sharpness: float
    brightness: float
    yaw: float
    pitch: float
    roll: float
    issues: tuple[QualityIssue, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the face may be embedded and compared."""
        return not self.issues


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """All that the pipeline says about one frame.

    ``sized``: (width, height) of the frame in pixels. ``faces``: every face, largest first.
    ``main``: the face nearest to the door (largest, most centred), if any. ``quality``: of
    ``main``; of a photograph that is not upright, also without one. ``embedding``: of ``main``,
    L2-normalised, only where its quality is good. ``image``, ``infrared`` and ``depth``: the
    frame's planes, not to be written to. ``standing``: faces that are there for minutes and are
    none of ``faces``; ``standing_found``: in how many places such faces have been found so far.
    """

    captured_at: float
    sized: tuple[int, int]
    faces: tuple[Face, ...] = ()
    main: Face | None = None
    quality: Quality | None = None
    embedding: Vector | None = None
    embedder_id: str = ""
    image: BGRImage | None = None
    infrared: InfraredImage | None = None
    depth: DepthMap | None = None
    standing: tuple[Face, ...] = ()
    standing_found: int = 0
