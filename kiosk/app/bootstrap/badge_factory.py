"""Build what reads badges and cards."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from kiosk.access.badges import BadgeKey, is_badge
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Reason
from kiosk.core.errors import KioskError
from kiosk.door.credential_reader import CredentialReader
from kiosk.door.door_service import DoorService
from kiosk.door.frame_engine import CodeInput
from kiosk.storage.crypto.badge_secret import badge_secret
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.detection.code_reader import CodeReader
from kiosk.vision.detection.isolated_code_search import IsolatedCodeSearch

log = logging.getLogger(__name__)


class SiteBadges:
    """Reads the badges of this site; a ``BadgePort``."""

    def __init__(self, key: BadgeKey) -> None:
        self._key = key

    def is_badge(self, text: str) -> bool:
        """Return whether ``text`` has the form of a badge, genuine or not."""
        return is_badge(text)

    def read(self, text: str, now: datetime) -> bytes | Reason:
        """Return the serial of a genuine badge, or the reason to refuse it."""
        badge = self._key.read(text, now)
        return badge if isinstance(badge, Reason) else badge.serial


def badge_key_of(storage: Store, data_dir: Path) -> BadgeKey:
    """Return the key of badges and cards.

    Raises ``StorageError`` if it is missing although some were issued.
    """
    return BadgeKey(badge_secret(storage, paths.badge_key(data_dir)))


def build_codes(
    door: DoorService, config: Config, storage: Store, data_dir: Path
) -> CodeInput | None:
    """Let badges and cards claim an identity; ``None`` if their key cannot be read.

    The door then goes on with face and number.
    """
    try:
        key = badge_key_of(storage, data_dir)
    except KioskError as error:
        log.error("badges and cards are not read: %s", error)
        return None
    reader = CredentialReader(
        door,
        storage.people,
        SiteBadges(key),
        storage.cards(key.pepper),
        local_now,
    )
    if not config.cards.camera:
        return CodeInput(reader)
    cards = config.cards
    search = IsolatedCodeSearch(cards.bar_codes, cards.search_ms / 1000)
    return CodeInput(reader, CodeReader(cards.interval_s, search))
