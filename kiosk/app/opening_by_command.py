"""Carries out what the command ``door open`` asks of the running kiosk."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.app.tasks import Tasks, Worker
from kiosk.core.errors import KioskError
from kiosk.core.rights import Operator
from kiosk.services.opening_requests import OpeningRequest, OpeningRequests
from kiosk.services.single_opening import SingleOpening

log = logging.getLogger(__name__)


class OpeningByCommand:
    """``read`` after each change of the database by another program."""

    def __init__(self, tasks: Tasks, opening: SingleOpening, requests: OpeningRequests) -> None:
        self._opening = opening
        self._requests = requests
        self._worker = Worker(tasks, "opening-by-command")

    def stop(self) -> None:
        """Wait for an opening in progress."""
        self._worker.stop()

    def read(self) -> Callable[[], None]:
        """Take a request on the database's thread; return what to call on the main thread."""
        request = self._requests.take()
        return lambda: None if request is None else self._begin(request)

    def _begin(self, request: OpeningRequest) -> None:
        self._worker.run(lambda: self._open(request), lambda _: None, _unanswered)

    def _open(self, request: OpeningRequest) -> None:
        said = ""
        try:
            self._opening.open(Operator(request.by), request.reason, request.words)
        except KioskError as error:
            log.error("the door was not opened for a command: %s", error)
            said = str(error)
        self._requests.answer(request, said)


def _unanswered(error: KioskError) -> None:
    log.error("a command that opens the door was not answered: %s", error)
