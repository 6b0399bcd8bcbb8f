"""Who stands before the demo camera and how: a looping show, or scenes called for by somebody else."""

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
    """What is wanted before the camera: ``who`` of the cast (``None``: nobody), in which pose, or on a photograph."""

    who: int | None
    pose: str = "front"
    photograph: bool = False

    def __post_init__(self) -> None:
        if self.pose not in POSES:
            raise ValueError(f"there is no pose {self.pose!r}; use one of {', '.join(POSES)}")


@dataclass(frozen=True, slots=True)
class Act:
    """A scene of the show and how long it lasts, in seconds."""

    scene: DemoScene
    seconds: float


def looping_show(
    members: int, strangers: Sequence[int], stay_s: float = 7.0, pause_s: float = 4.5
) -> tuple[Act, ...]:
    """Members and strangers take turns, with nobody there in between."""
    order: list[int] = []
    for k in range(max(members, len(strangers))):
        order += [k] if k < members else []
        order += [strangers[k]] if k < len(strangers) else []
    nobody = Act(DemoScene(None), pause_s)
    return tuple(act for who in order for act in (nobody, Act(DemoScene(who), stay_s)))


@dataclass(slots=True)
class DemoStage:
    """What is to be drawn: ``presence`` 0 outside .. 1 in place; angles in radians; ``near`` 0 usual .. 1 closer."""

    who: int | None = None
    photograph: bool = False
    presence: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    near: float = 0.0
    leaving: bool = False


class Director:
    """Moves the stage on, frame by frame. ``cue``, ``follow`` and ``turn`` may be called from any thread.

    The same seed and the same cues before the same frames give the same stage.
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
        """Ask for ``scene`` until something else is asked for."""
        with self._lock:
            self._cued = scene

    def follow(self) -> None:
        """Back to the looping show, from its beginning."""
        with self._lock:
            self._cued = None
            self._show_began = self._frame

    def turn(self, pose: str | None) -> None:
        """Whoever stands there turns their head to ``pose``, ``None``: no more; who is on a photograph cannot."""
        if pose is not None and pose not in POSES:
            raise ValueError(f"there is no pose {pose!r}; use one of {', '.join(POSES)}")
        with self._lock:
            self._turned = pose

    def wanted(self) -> DemoScene:
        """The scene that is asked for now."""
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
        """The stage one frame later."""
        with self._lock:
            self._frame += 1
            turned = self._turned
        scene = self.wanted()
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
        """How far the eyes are closed, 0..1: a sixth of a second at an irregular moment of every four seconds."""
        slot, within = divmod(frame / self._fps, 4.0)
        began = 0.5 + 3.0 * float(np.random.default_rng((self._seed, int(slot))).random())
        since = within - began
        return max(0.0, 1 - abs(since - 0.09) / 0.09) if 0 <= since <= 0.18 else 0.0

    def sway(self, frame: int, which: int) -> float:
        """Slow natural motion between -1 and 1, another one for each ``which``."""
        t = frame / self._fps + 17.0 * which + 3.1 * self._seed
        return 0.6 * math.sin(0.9 * t + which) + 0.4 * math.sin(2.3 * t + 2.0 * which)


def _towards(value: float, goal: float, step: float) -> float:
    return min(goal, value + step) if goal > value else max(goal, value - step)
