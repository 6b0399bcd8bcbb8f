"""Offering a file on the local network, once and for minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk.core.errors import ConfigError
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.sticks import HandOut, Parcel
from kiosk.services.delivery_service import check_there


class OfferedDownload(Protocol):
    """A parcel that is being offered until ``stop``."""

    url: str
    fingerprint: str

    @property
    def finished(self) -> bool: ...
    @property
    def busy(self) -> bool: ...
    def stop(self) -> None: ...


class DownloadService:
    """``allowed``: whether the settings allow it, asked each time.

    ``listen`` begins to offer a parcel and calls back with each file that was delivered and the
    client's address, on any thread that may block. For threads that may block.
    """

    def __init__(
        self,
        audit: AuditPort,
        allowed: Callable[[], bool],
        listen: Callable[[Parcel, Callable[[HandOut, str], object]], OfferedDownload],
    ) -> None:
        self._audit = audit
        self._allowed = allowed
        self._listen = listen

    @property
    def allowed(self) -> bool:
        """Whether the settings allow downloads."""
        return self._allowed()

    def offer(self, actor: Actor, parcel: Parcel) -> OfferedDownload:
        """Offer ``parcel``, once that is recorded; the caller stops it.

        Raises ``SignInError`` without the right, and ``ConfigError`` if the settings forbid it or
        there is no network.
        """
        require(actor, Right.TAKE_FILES)
        if not self._allowed():
            raise ConfigError(
                "Downloads are off; use a USB stick, or set exports.download.",
                key="error.download_off",
            )
        check_there(parcel)
        names = [file.name for file in parcel.files]
        self._audit.record("download_offered", actor.name, {"files": names})

        def taken(file: HandOut, client: str) -> None:
            self._audit.record(
                "file_downloaded", actor.name, {"files": [file.name], "client": client}
            )

        return self._listen(parcel, taken)
