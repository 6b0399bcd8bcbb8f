"""Opens the staff area when it is first needed, or while nobody is at the door."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from kiosk.app.kiosk_parts import KioskParts

if TYPE_CHECKING:
    from kiosk.app.staff.area import StaffArea


class InputWatcher(Protocol):
    """Sees every event of the application while it watches."""

    def watch(self, on: bool) -> None: ...


class StaffLoader:
    """Half of all screens are the staff's: the door does not wait for them at the start.

    ``area`` is ``None`` until then. ``watchers`` do not watch while screens are built, else half of
    the time goes into events of the new widgets.
    """

    def __init__(
        self,
        parts: KioskParts,
        watchers: Sequence[InputWatcher],
        busy: Callable[[], object] = lambda: None,
    ) -> None:
        """``busy``: called before the main thread is busy with building, for seconds."""
        self._busy = busy
        self._parts = parts
        self._watchers = watchers
        self.area: StaffArea | None = None
        self.importer: threading.Thread | None = None

    def open(self) -> StaffArea:
        """Return the staff area, built now if need be."""
        if self.area is None:
            self.area = self._build()
        return self.area

    def open_soon(self) -> None:
        """Import on a thread at the first call; build at the first call after that has ended."""
        if self.importer is None:
            self.importer = threading.Thread(
                target=importlib.import_module,
                args=("kiosk.app.staff.area",),
                name="staff-import",
                daemon=True,
            )
            self.importer.start()
        elif not self.importer.is_alive():
            self.open()

    def _build(self) -> StaffArea:
        from kiosk.app.staff.area import StaffArea

        self._busy()
        for watcher in self._watchers:
            watcher.watch(False)
        try:
            return StaffArea.build(self._parts)
        finally:
            for watcher in self._watchers:
                watcher.watch(True)
