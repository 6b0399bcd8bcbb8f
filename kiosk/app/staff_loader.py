"""Opens the staff area when it is first needed, or while nobody is at the door."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.app.kiosk_parts import KioskParts
from kiosk.app.tasks import Worker
from kiosk.core.errors import KioskError

if TYPE_CHECKING:
    from kiosk.app.staff.area import StaffArea

EARLY_PAGES = ("people", "enrol")
"""The pages that a sign-in begins with, the slowest to show."""


class InputWatcher(Protocol):
    """Sees every event of the application while it watches."""

    def watch(self, on: bool) -> None: ...


class StaffLoader:
    """Half of all screens are the staff's: the door does not wait for them at the start.

    ``area`` is ``None`` until then. ``watchers`` do not watch while screens are built, else half of
    the time goes into events of the new widgets.
    """

    def __init__(self, parts: KioskParts, watchers: Sequence[InputWatcher]) -> None:
        self._parts = parts
        self._watchers = watchers
        self._building = 0
        self._importer = Worker(parts.tasks, "staff-import")
        self.area: StaffArea | None = None
        self.imported: Future[Any] | None = None

    def open(self) -> StaffArea:
        """Return the staff area, built now if need be."""
        if self.area is None:
            from kiosk.app.staff.area import StaffArea

            with self._quietly():
                self.area = StaffArea(self._parts, self._quietly)
        return self.area

    def open_then(self, use: Callable[[StaffArea], None]) -> None:
        """Call ``use`` with the staff area; what is not imported yet is, on a thread, before."""
        if self.area is not None:
            use(self.area)
        else:
            self._parts.tasks.watch(self._import(), lambda _: use(self.open()), self._failed)

    def prepare(self) -> None:
        """Do a step towards a quick sign-in: import on a thread, build, then a page a call."""
        if self.imported is None or not self.imported.done():
            self._import()
            return
        if self.area is None:
            self.open()
            return
        missing = (name for name in EARLY_PAGES if not self.area.screen.is_built(name))
        name = next(missing, None)
        if name is not None:
            self.area.screen.build(name)

    def stop(self) -> None:
        """Wait for the import."""
        self._importer.stop()

    def _import(self) -> Future[Any]:
        if self.imported is None:
            self.imported = self._importer.run(
                lambda: importlib.import_module("kiosk.app.staff.area"),
                lambda _: None,
                self._failed,
            )
        return self.imported

    def _failed(self, _error: KioskError) -> None:
        self.imported = None  # the task logged why; the next call tries again

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        self._building += 1
        self._watch(False)
        try:
            yield
        finally:
            self._building -= 1
            self._watch(self._building == 0)

    def _watch(self, on: bool) -> None:
        for watcher in self._watchers:
            watcher.watch(on)
