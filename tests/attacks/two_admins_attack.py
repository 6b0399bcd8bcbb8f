"""One administrator who wants to do alone what needs two."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_accounts, build_stored_data
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, AccountRole
from kiosk.services.door_override import DoorOverrideService
from kiosk.services.settings_service import SettingsService
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.administrators import PIN, seasoned

NEW_PIN = "739164"


@dataclass
class Office:
    """A kiosk whose rule is on, with the accounts that one administrator may have at hand."""

    folder: Path
    store: Store
    her: Account
    colleague: Account
    former: Account

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path) -> Iterator[Office]:
        with open_store(folder, Config()) as store:
            her = seasoned(store, "her")
            colleague = seasoned(store, "colleague", "582036")
            seasoned(store, "staff", role=AccountRole.STAFF)
            former = seasoned(store, "former")
            store.accounts.set_enabled(former.id or 0, False)
            month_ago = local_now() - timedelta(days=30)
            store.using(lambda: month_ago).accounts.create("given", AccountRole.ADMIN, PIN)
            store.accounts.create("new", AccountRole.ADMIN, PIN, own=True)
            store.backups.make("by-hand", local_now())
            store.two_admins.turn_on()
            yield cls(folder, store, her, colleague, former)

    def settings(self) -> SettingsService:
        two = build_two_admins(self.store)
        file = ConfigFile(paths.config_file(self.folder))
        return SettingsService(
            file, self.store.audit_log, two, self.store.two_admins, Config(), str(file.path)
        )


Way = Callable[[Office, str, str], object]
WAYS: dict[str, Way] = {
    "make an administrator": lambda o, name, pin: build_accounts(o.store).add(
        o.her, f"mine {name}", AccountRole.ADMIN, NEW_PIN, name, pin
    ),
    "choose a colleague's PIN": lambda o, name, pin: build_accounts(o.store).set_pin(
        o.her, o.colleague.id or 0, NEW_PIN, name, pin
    ),
    "disable a colleague": lambda o, name, pin: build_accounts(o.store).set_enabled(
        o.her, o.colleague.id or 0, False, name, pin
    ),
    "enable a former one": lambda o, name, pin: build_accounts(o.store).set_enabled(
        o.her, o.former.id or 0, True, name, pin
    ),
    "make a recovery code": lambda o, name, pin: build_stored_data(
        Config(), o.store
    ).new_recovery_code(o.her, name, pin),
    "make another master key": lambda o, name, pin: build_stored_data(Config(), o.store).rotate_key(
        o.her, name, pin
    ),
    "remove rows": lambda o, name, pin: build_stored_data(Config(), o.store).delete_rows(
        o.her, date(2100, 1, 1), name, pin
    ),
    "restore": lambda o, name, pin: build_stored_data(Config(), o.store).restorer(
        o.her, o.store.backups.files()[0].name, name, pin
    ),
    "switch the rule off": lambda o, name, pin: o.settings().change(
        o.her, {"security.two_admins": "false"}, name, pin
    ),
    "open the door to everybody": lambda o, name, pin: DoorOverrideService(
        o.store.settings, o.store.audit_log, build_two_admins(o.store)
    ).store(o.her, "free", name, pin),
    "keep the log for a day": lambda o, name, pin: o.settings().change(
        o.her, {"privacy.keep_log_days": "1"}, name, pin
    ),
}
APPROVERS = (
    ("", ""),
    ("her", PIN),
    ("new", PIN),
    ("given", PIN),
    ("former", PIN),
    ("staff", PIN),
    ("colleague", NEW_PIN),
)


@attack("B6", "one administrator does what needs two", tries=77, short=33)
def one_for_two(folder: Path, tries: int) -> Outcome:
    """Try each of the ways with each of the accounts that she can use, and as each of them."""
    tried = succeeded = 0
    done: list[str] = []
    with Office.opened(folder / "data") as office:
        for name, pin in APPROVERS:
            for what, way in WAYS.items():
                if tried == tries:
                    break
                tried += 1
                try:
                    way(office, name, pin)
                except KioskError:
                    continue
                succeeded += 1
                done.append(f"{what} with {name or 'nobody'}")
    return tried, succeeded, "; ".join(done[:3])


@attack("B6", "as the account that she made, an administrator approves herself", tries=22, short=22)
def herself_twice(folder: Path, tries: int) -> Outcome:
    """Sign in as the second account, and agree with the first one."""
    succeeded = 0
    with Office.opened(folder / "data") as office:
        second = [one for one in office.store.accounts.list() if one.name in ("new", "given")]
        acts = [(one, way) for one in second for way in WAYS.values()][:tries]
        for one, way in acts:
            with contextlib.suppress(KioskError):
                way(replace(office, her=one), "her", PIN)
                succeeded += 1
    return len(acts), succeeded, ""


COMMANDS = (
    ("door", "free"),
    ("log", "confirm"),
    ("keys", "rotate"),
    ("backup", "recovery-code"),
    ("backup", "restore", "--yes"),
    ("log", "remove", "--before", "2100-01-01"),
)


@attack("B6", "a command with other settings skips the second administrator", tries=36, short=6)
def other_settings(folder: Path, tries: int) -> Outcome:
    """Run each command with a file that says false, with an empty one, and with none."""
    data = folder / "data"
    with Office.opened(data) as office:
        keys = office.store.key_facts()
    off = folder / "off.toml"
    off.write_text("[security]\ntwo_admins = false\n")
    empty = folder / "empty.toml"
    empty.write_text("")
    configs = [["--config", str(off)], [], ["--config", str(empty)]]
    runs = [
        (words, config, typed)
        for typed in ("", "her\nher\n")
        for config in configs
        for words in COMMANDS
    ][:tries]
    succeeded = sum(_runs([*words, *config], data, typed) for words, config, typed in runs)
    with Store.open(paths.database_file(data)) as store:
        changed = int(store.key_facts() != keys or not store.two_admins.is_on())
    return len(runs), succeeded + changed, ""


def _runs(words: list[str], data: Path, typed: str) -> bool:
    """Return whether a command did what it was asked, with what she types."""
    with (
        patch("sys.stdin", io.StringIO(typed)),
        patch("getpass.getpass", lambda prompt: PIN),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        return main([*words, "--data-dir", str(data)]) == 0
