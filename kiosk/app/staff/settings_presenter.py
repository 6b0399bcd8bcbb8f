"""The Settings page's other side: what is changed is kept in the file, and used at once where that is possible."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kiosk.access.drivers import make_driver
from kiosk.app.bootstrap.build import backups_folder, key_store
from kiosk.app.bootstrap.pipeline_factory import check_weights
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.time_factor import apply_time_factor
from kiosk.app.health import Health, HealthServer
from kiosk.core.config import Config, Reload, StartupCheck
from kiosk.core.errors import ConfigError, KioskError, StorageError
from kiosk.core.settings import keys_reloaded, merged, settings_of
from kiosk.services.settings_service import SettingsService
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.crypto.key_store import KeyStore
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.database import Database
from kiosk.ui.theme import theme
from kiosk.vision.camera.sources import SourceKind, kind_of, resolve_source

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp

log = logging.getLogger(__name__)

ENGINE = keys_reloaded(Reload.ENGINE)
"""What networks and door are built with: they are built again."""

LIVE = ENGINE | keys_reloaded(Reload.LIVE)
"""What ``use_at_once`` applies; all else takes effect after the next start."""


class SettingsPresenter(QObject):
    """Reads and writes ``file`` on the thread of staff's work.

    ``started_with``: what it said at the start; none where it could not be read, which is told when the page is opened, and its first readable state counts then.
    """

    def __init__(self, app: KioskApp, file: Path, started_with: Config | None) -> None:
        super().__init__()
        self._app = app
        self._page = app.staff.settings
        self._file = ConfigFile(file)
        self._started_with = started_with
        self._service: SettingsService | None = None
        self._page.viewRequested.connect(self._show)
        self._page.changed.connect(self._change)
        self._page.restartRequested.connect(self._restart)

    def _ready(self) -> SettingsService:
        if self._service is None:
            storage = self._app.storage
            self._service = SettingsService(
                self._file,
                storage.actions,
                storage.accounts.verify,
                self._started_with or self._file.read(),
                str(self._file.path),
                self._app.config.security.two_admins,
                partial(startable, self._app),
            )
        return self._service

    @Slot()
    def _show(self) -> None:
        actor = self._app.desk.signed_in()
        self._run(lambda: self._ready().view(actor), self._page.show_view)

    @Slot(object, str, str)
    def _change(self, texts: Mapping[str, str | None], name: str, pin: str) -> None:
        actor = self._app.desk.signed_in()

        def done(result: Any) -> None:
            config, view = result
            use_at_once(self._app, config)
            self._page.show_saved(view)

        self._run(lambda: self._ready().change(actor, texts, name, pin), done)

    @Slot()
    def _restart(self) -> None:
        actor = self._app.desk.signed_in()
        self._run(
            lambda: self._app.admin.may_administer(actor),
            lambda _: self._app.restart_with(_nothing),
        )

    def _run(self, work: Callable[[], object], done: Callable[[Any], None]) -> None:
        self._app.desk.run(work, done, self._page.show_error)


def startable(app: KioskApp, config: Config, changed: Collection[str]) -> None:
    """Raise ``ConfigError`` if the next start would fail with the keys ``changed`` in ``config``.

    After a failed start nobody is there with a keyboard to correct the file.
    """
    checks: dict[StartupCheck, Callable[[], object]] = {
        StartupCheck.WEIGHTS: lambda: check_weights(config),
        StartupCheck.CAMERA: lambda: check_camera(config.camera.source),
        StartupCheck.LOCK: lambda: make_driver(config),
        StartupCheck.POLICY: lambda: build_rules(config, app.data_dir),
        StartupCheck.KEYS: lambda: check_keys(
            app.storage.database, key_store(app.data_dir, config)
        ),
        StartupCheck.BACKUPS: lambda: check_backups(config),
        StartupCheck.PORT: lambda: check_port(config.health.port, app.config.health.port),
    }
    needed = {item.spec.startup_check for item in settings_of(config) if item.key in changed}
    for name, check in checks.items():
        if name in needed:
            try:
                check()
            except KioskError as error:
                log.warning("settings were not kept: %s", error)
                raise ConfigError(str(error), key="setting.error.start", setting=name) from None


def check_camera(source: str) -> None:
    """Raise ``CameraError`` if there is no such camera; auto may find one later."""
    if kind_of(source) is not SourceKind.AUTO:
        resolve_source(source)


def check_keys(database: Database, store: KeyStore) -> None:
    """``StorageError`` where ``store`` has not every key that ``database`` is used with: it is not opened without them."""

    def work() -> None:
        sql = database.sqlite.conn
        Vault(store).check(sql)
        if any(store.get(name) != key for name, key in database.vault.carried(sql).items()):
            raise StorageError(
                f"Not all keys are in {store.place}; copy every file of {database.vault.store.place} there first.",
                key="error.key_missing",
                place=store.place,
            )

    database.call(work)


def check_backups(config: Config) -> None:
    """``ConfigError`` where no backup can be written: neither into the folder nor, where it is still to be made, into the one that is to hold it."""
    folder = backups_folder(config)
    if folder is None:
        return
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(
            f"Backups cannot be written to {folder}; correct the permissions of {there} or choose another folder."
        )


def check_port(port: int, in_use: int) -> None:
    """``ConfigError`` where nothing could answer at ``port``; ``in_use`` is the kiosk's own since the start."""
    if port not in (0, in_use):
        HealthServer(port, lambda: Health({}), str).stop()


def use_at_once(app: KioskApp, config: Config) -> None:
    """Settings of ``LIVE``; the main thread's. What the command line said stays, and so does how much longer people are waited for."""
    factor = replace(config, ui=replace(config.ui, time_factor=app.config.ui.time_factor))
    before = app.config
    app.config = merged(app.config, apply_time_factor(factor), LIVE)
    ui = app.config.ui
    app.sounds.enabled = ui.sound
    app.window.set_timeouts(ui.idle_s, ui.sign_out_s)
    theme().reduced_motion = ui.reduced_motion
    if merged(before, app.config, ENGINE) != before:
        app.inference.renew()


def _nothing() -> None:
    """Only the new start is wanted."""
