"""Cards and access QR codes of a person, wherever a page shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.badge_print import BadgeFace, print_badge
from kiosk.app.bootstrap.badge_factory import badge_key_of
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core import paths
from kiosk.core.card_facts import ShownBadge
from kiosk.core.config import Config
from kiosk.core.people import Person
from kiosk.core.rights import Actor
from kiosk.services.card_service import CardService
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.own_data_files import badge_file
from kiosk.storage.store import Store
from kiosk.ui.screens.access.person_cards import PersonCards
from kiosk.vision.detection.code_reader import qr_code

T = TypeVar("T")


class CardsPresenter(QObject):
    """Answers one ``PersonCards``; everything that waits runs on the staff's worker."""

    def __init__(
        self,
        part: PersonCards,
        context: StaffContext,
        storage: Store,
        config: LiveConfig,
        data_dir: Path,
        deliver: Callable[[Path], None] = lambda file: None,
    ) -> None:
        """``deliver``: offers a file that was just written, for example to a USB stick."""
        super().__init__()
        self._deliver = deliver
        self._part = part
        self._context = context
        self._storage = storage
        self._config = config
        self._data_dir = data_dir
        part.set_settings(config.value.cards)
        part.listRequested.connect(self._list)
        part.cardRead.connect(self._register)
        part.badgeRequested.connect(self._make)
        part.saveRequested.connect(self._save)
        part.revoked.connect(self._revoke)
        config.changed.connect(self._changed)

    @Slot(object, object)
    def _changed(self, _before: Config, after: Config) -> None:
        self._part.set_settings(after.cards)

    @Slot(object)
    def _list(self, person: Person) -> None:
        actor = self._context.session.account
        self._run(
            lambda: self._without_key().cards(actor, person),
            lambda cards: self._part.show_cards(person.id, cards),
        )

    @Slot(object, str)
    def _register(self, person: Person, code: str) -> None:
        actor = self._context.session.account

        def register() -> bool:
            cards = self._with_key()
            before = len(cards.cards(actor, person))
            return sum(cards.add_card(actor, person, code).values()) > before

        def registered(new: bool) -> None:
            self._part.show_registered(code, new=new)
            self._list(person)

        self._run(register, registered)

    @Slot(object, int)
    def _make(self, person: Person, days: int) -> None:
        actor = self._context.session.account

        def made(badge: ShownBadge) -> None:
            self._part.show_badge(badge)
            self._list(person)

        self._run(lambda: self._new_badge(actor, person, days), made)

    @Slot(object)
    def _save(self, badge: ShownBadge) -> None:
        place = self._config.value.door.name

        def save() -> Path:
            file = badge_file(paths.database_file(self._data_dir), badge.person_id)
            with files_explained(file, "written"):
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            print_badge(BadgeFace(place, badge.name, badge.number, badge.until, badge.code), file)
            return file

        def saved(file: Path) -> None:
            self._part.show_saved(file.name)
            self._deliver(file)

        self._run(save, saved)

    @Slot(object, int)
    def _revoke(self, person: Person, card_id: int) -> None:
        actor = self._context.session.account

        def revoked(_: None) -> None:
            self._part.show_revoked()
            self._list(person)

        self._run(lambda: self._without_key().revoke(actor, person, card_id), revoked)

    def _new_badge(self, actor: Actor, person: Person, days: int) -> ShownBadge:
        key = badge_key_of(self._storage, self._data_dir)
        expires = local_now() + timedelta(days=days)
        drawn: list[ShownBadge] = []
        self._service(key.pepper).issue_badge(
            actor,
            person,
            key,
            expires,
            lambda text: drawn.append(
                ShownBadge(
                    person.id or 0, person.name, person.number, expires.date(), qr_code(text)
                )
            ),
        )
        return drawn[0]

    def _with_key(self) -> CardService:
        return self._service(badge_key_of(self._storage, self._data_dir).pepper)

    def _without_key(self) -> CardService:
        """List and revoke also where the key of badges and cards is missing."""
        return self._service(b"")

    def _service(self, pepper: bytes) -> CardService:
        storage = self._storage
        return CardService(storage.cards(pepper), storage.audit_log, storage.people.get)

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._context.worker.run(work, done, shown_by(self._part.show_error))
