"""Who stands at the demo camera and how: a looping show, or scenes on request."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POSES: dict[str, tuple[float, float]] = {
    "front": (0.0, 0.0),
    "left": (0.38, 0.0),
    "right": (-0.38, 0.0),
    "up": (0.0, -0.34),
    "down": (0.0, 0.43),
    "closer": (0.0, 0.0),
}
"""(yaw, pitch) of each pose in radians; left and right are the person's own."""


@dataclass(frozen=True, slots=True)
class DemoScene:
    """The requested scene: ``who`` of the cast (``None``: nobody), their pose, or a photograph.

    Raises ``ValueError`` for an unknown pose.
    """

    who: int | None
    pose: str = "front"
    photograph: bool = False

    def __post_init__(self) -> None:
        if self.pose not in POSES:
            raise ValueError(f"there is no pose {self.pose!r}; use one of {', '.join(POSES)}")


@dataclass(frozen=True, slots=True)
class Act:
    """A scene of the show and its duration in seconds."""

    scene: DemoScene
    seconds: float


def looping_show(
    members: int, strangers: Sequence[int], stay_s: float = 7.0, pause_s: float = 4.5
) -> tuple[Act, ...]:
    """Return a show in which members and strangers alternate, with pauses without anybody."""
    order: list[int] = []
    for k in range(max(members, len(strangers))):
        order += [k] if k < members else []
        order += [strangers[k]] if k < len(strangers) else []
    nobody = Act(DemoScene(None), pause_s)
    return tuple(act for who in order for act in (nobody, Act(DemoScene(who), stay_s)))


@dataclass(slots=True)
class DemoStage:
    """What is drawn in one frame.

    ``presence``: 0 outside .. 1 in place. ``yaw``, ``pitch``: radians. ``near``: 0 at the usual
    distance .. 1 closer.
    """

    who: int | None = None
    photograph: bool = False
    presence: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    near: float = 0.0
    leaving: bool = False


class Director:
    """Advances the stage frame by frame; ``cue``, ``follow`` and ``turn`` are thread-safe.

    The same seed and the same cues at the same frames give the same stage.
    """

    def __init__(self, show: Sequence[Act], fps: float, seed: int = 0) -> None:
        self._show = tuple(show)
        self._fps = fps
        self._seed = seed
        self._lock = threading.Lock()
        self._cued: DemoScene | None = None
        self._turned: str | None = None
        self._frame = 0
        self._show_began = 0
        self.stage = DemoStage()

    def cue(self, scene: DemoScene) -> None:
        """Request ``scene`` until the next request."""
        with self._lock:
            self._cued = scene

    def follow(self) -> None:
        """Return to the looping show, from its beginning."""
        with self._lock:
            self._cued = None
            self._show_began = self._frame

    def turn(self, pose: str | None) -> None:
        """Turn the head of the person to ``pose``, back for ``None``; a photograph does not turn.

        Raises ``ValueError`` for an unknown pose.
        """
        if pose is not None and pose not in POSES:
            raise ValueError(f"there is no pose {pose!r}; use one of {', '.join(POSES)}")
        with self._lock:
            self._turned = pose

    def requested(self) -> DemoScene:
        """Return the scene requested now."""
        with self._lock:
            if self._cued is not None:
                return self._cued
            elapsed = (self._frame - self._show_began) / self._fps
        elapsed %= sum(act.seconds for act in self._show)
        for act in self._show:
            if elapsed < act.seconds:
                return act.scene
            elapsed -= act.seconds
        return self._show[-1].scene

    def advance(self) -> DemoStage:
        """Return the stage one frame later."""
        with self._lock:
            self._frame += 1
            turned = self._turned
        scene = self.requested()
        stage = self.stage
        step = 1 / self._fps
        same = scene.who == stage.who and (
            scene.photograph == stage.photograph or scene.who is None
        )
        if not same and stage.presence <= 0:
            stage.who = scene.who
            stage.photograph = scene.photograph
            same = True
            stage.yaw = stage.pitch = stage.near = 0.0
        stage.leaving = not same
        stage.presence = _towards(stage.presence, float(same and stage.who is not None), step / 0.9)
        yaw, pitch = POSES[turned or scene.pose] if same else (0.0, 0.0)
        ease = 1 - math.exp(-step / 0.16)
        stage.yaw += (yaw - stage.yaw) * ease
        stage.pitch += (pitch - stage.pitch) * ease
        stage.near += (float(same and scene.pose == "closer") - stage.near) * ease
        return stage

    def blink(self, frame: int) -> float:
        """Return how far the eyes are closed, 0..1.

        They blink for a sixth of a second at an irregular moment of every four seconds.
        """
        slot, within = divmod(frame / self._fps, 4.0)
        began = 0.5 + 3.0 * float(np.random.default_rng((self._seed, int(slot))).random())
        since = within - began
        return max(0.0, 1 - abs(since - 0.09) / 0.09) if 0 <= since <= 0.18 else 0.0

    def sway(self, frame: int, which: int) -> float:
        """Return slow natural motion, -1..1; each ``which`` is another one."""
        t = frame / self._fps + 17.0 * which + 3.1 * self._seed
        return 0.6 * math.sin(0.9 * t + which) + 0.4 * math.sin(2.3 * t + 2.0 * which)


def _towards(value: float, goal: float, step: float) -> float:
    """Return ``value`` moved towards ``goal`` by at most ``step``."""
    return min(goal, value + step) if goal > value else max(goal, value - step)
