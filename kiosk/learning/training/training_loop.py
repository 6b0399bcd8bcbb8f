"""Shared parts of training loops: randomness by step, stopping, progress bars, device."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any, TypeVar

import numpy as np
import torch
from tqdm import tqdm

from kiosk.core.errors import LearningError

T = TypeVar("T")
STOPPING = (signal.SIGINT, signal.SIGTERM)


def generator(*numbers: int) -> np.random.Generator:
    """Return a generator for one purpose, seeded by the run's seed, the epoch and so on."""
    return np.random.default_rng(numbers)


def seed_step(*numbers: int) -> None:
    """Seed torch for one step, so that a killed run resumes exactly without stored state."""
    torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


def device() -> torch.device:
    """Return the GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def finite(loss: torch.Tensor, epoch: int) -> float:
    """Return the loss as a number; ``LearningError`` if it is not finite."""
    value = float(loss.detach())
    if not np.isfinite(value):
        raise LearningError(
            f"The loss is no longer a number in epoch {epoch}; start again with a smaller --lr. "
            "The run's folder keeps the best weights until then."
        )
    return value


class Stopper:
    """Records Ctrl-C and SIGTERM as a request to stop between two steps.

    A second signal stops at once.

    with Stopper() as stopper:
        ...
        if stopper.wanted: ...
    """

    def __init__(self) -> None:
        self.wanted = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopper:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in STOPPING}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True


class ProgressBars:
    """Nested progress bars with the time left, on stderr.

    Silent without a terminal or if not ``shown``.
    """

    def __init__(self, outer: str, inner: str, shown: bool = True) -> None:
        self._names = outer, inner
        self._disable = None if shown else True
        self._outer: Any = None

    def preparing(self, steps: Iterable[T]) -> Iterable[T]:
        """Iterate ``steps`` before the first epoch, with a bar."""
        bar: Iterable[T] = tqdm(steps, desc="preparing", leave=False, disable=self._disable)
        return bar

    def outer(self, total: int, done: int) -> Any:
        """Return the bar of epochs, some of which may be done.

        Call its ``update`` and ``set_postfix_str``.
        """
        self._outer = tqdm(
            total=total,
            initial=done,
            desc=self._names[0],
            unit="",
            disable=self._disable,
            position=0,
        )
        return self._outer

    def inner(self, steps: Iterable[T], total: int, done: int) -> Iterable[T]:
        """Iterate ``steps`` with a nested bar."""
        bar: Iterable[T] = tqdm(
            steps,
            total=total,
            initial=done,
            desc=self._names[1],
            leave=False,
            disable=self._disable,
            position=1,
        )
        return bar
