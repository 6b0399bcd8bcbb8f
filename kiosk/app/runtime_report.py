"""The state of the running kiosk for the Statistics page, ``/healthz`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk import __version__
from kiosk.access.lock_controller import LockController
from kiosk.app.capture_supervisor import CaptureSupervisor
from kiosk.app.inference_thread import InferenceWorker
from kiosk.core.door_state import DoorState
from kiosk.core.fleet_status import FleetGauges
from kiosk.core.site_events import ChannelState
from kiosk.core.statistics import RuntimeStats
from kiosk.core.view_models import DoorView
from kiosk.services.runtime_metrics import Metrics
from kiosk.services.watchdog import Watchdog


class RuntimeReport:
    """Only reads, so that any thread may call it. ``view``: the door as last shown.

    ``notifications``: states of the channels that are switched on. ``fleet``: how following the
    centre is doing, ``None`` outside a fleet.
    """

    def __init__(
        self,
        view: Callable[[], DoorView],
        capture: CaptureSupervisor,
        inference: InferenceWorker,
        lock: LockController,
        watchdog: Watchdog,
        metrics: Metrics,
        notifications: Callable[[], Sequence[ChannelState]] = tuple,
        fleet: Callable[[], FleetGauges | None] = lambda: None,
    ) -> None:
        self._view = view
        self._capture = capture
        self._inference = inference
        self._lock = lock
        self._watchdog = watchdog
        self._metrics = metrics
        self._notifications = notifications
        self._fleet = fleet

    def stats(self) -> RuntimeStats:
        """Return camera and networks at this moment."""
        view = self._view()
        return RuntimeStats(
            view.camera_title,
            view.camera_ok,
            view.frames_per_s,
            view.latency_ms,
            self._metrics.stages(),
            self._dropped(),
            self._metrics.losses(),
            len(self._watchdog.restarts()),
            self._lock.reachable,
            self._capture.meter.rate,
        )

    def health(self) -> dict[str, bool]:
        """Return whether each part of the kiosk works, by its name."""
        view = self._view()
        parts = {
            "networks": "inference" not in self._watchdog.stalled(),
            "camera": self._camera_up(view),
            "service": view.state is not DoorState.OUT_OF_SERVICE,
            "lock": self._lock.reachable,
        }
        fleet = self._fleet()
        if fleet is None:
            return parts
        stuck = fleet.sync.connected and fleet.sync.problem is not None
        return parts | {"fleet": not (fleet.lease_over or stuck)}

    def beat(self) -> dict[str, object]:
        """Return what this node tells the others of its fleet."""
        view = self._view()
        return {
            "version": __version__,
            "camera": self._camera_up(view),
            "lock": self._lock.reachable,
            "service": view.state is not DoorState.OUT_OF_SERVICE,
            "people": view.people_enrolled,
            "alert": view.alert,
        }

    def metrics_text(self) -> str:
        """Return the metrics in the Prometheus text format."""
        view = self._view()
        gauges = {
            "camera_up": float(self._camera_up(view)),
            "lock_up": float(self._lock.reachable),
            "people": view.people_enrolled,
            "frames_per_second": view.frames_per_s,
            "threshold": view.threshold,
            "door_open": float(view.state is DoorState.ACCEPTED),
        }
        fleet = self._fleet()
        if fleet is not None:
            gauges |= {
                "fleet_connected": float(fleet.sync.connected),
                "fleet_lease_left_seconds": fleet.lease_left_s or 0.0,
                "fleet_lines_behind": fleet.sync.behind,
                "fleet_conflicts": fleet.sync.conflicts,
                "fleet_refused": float(fleet.sync.refused),
            }
        return self._metrics.text(gauges, self._dropped(), self._notifications())

    @staticmethod
    def _camera_up(view: DoorView) -> bool:
        return view.camera_ok and view.state is not DoorState.CAMERA_LOST

    def _dropped(self) -> dict[str, int]:
        """Return how many frames a slow reader has missed, by mailbox."""
        return {
            "preview": self._capture.preview.dropped,
            "inference": self._capture.inference.dropped,
            "screen": self._inference.steps.dropped,
        }
