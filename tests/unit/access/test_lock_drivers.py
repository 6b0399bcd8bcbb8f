"""Lock drivers are found by folder: one new file is a new driver, with its settings."""

from __future__ import annotations

import contextlib
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.access import drivers
from kiosk.access.drivers import lock_drivers, make_driver
from kiosk.access.locks import LockState
from kiosk.app.bootstrap.config_factory import default_config, read_config
from kiosk.core.config import Config, LockTable, lock_setting
from kiosk.core.config.setting_spec import Reload, setting
from kiosk.core.errors import ConfigError, LockError
from kiosk.core.settings import settings_of
from kiosk.storage.config_file import ConfigFile

ROOT = Path(__file__).resolve().parents[3]
MAGNET = '''
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.access.lock_driver import LockDriver, wrong_setting
from kiosk.access.locks import LockState, LogLock
from kiosk.core.config import lock_setting


@dataclass(frozen=True, slots=True)
class MagnetConfig:
    """A magnet (door.lock = "magnet")."""

    coil: int = lock_setting(
        1, "Magnet coil", "자석 코일 번호", unit="coil", low=1, high=4, weakens_security="any"
    )


class Magnet(LogLock):
    def __init__(self, coil: int, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.coil = coil


def make(config: MagnetConfig, clock: Callable[[], float]) -> Magnet:
    if config.coil == 4:
        raise wrong_setting("magnet.coil", "names a coil that is broken")
    return Magnet(config.coil, clock)


DRIVER = LockDriver("magnet", "Magnet", "전자석", MagnetConfig, make)
'''


@contextlib.contextmanager
def a_driver_in_a_file(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Add magnet.py to the folder of drivers."""
    folder = tmp_path / "drivers"
    folder.mkdir()
    (folder / "magnet.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(drivers, "__path__", [*drivers.__path__, str(folder)])
    try:
        yield
    finally:
        sys.modules.pop("kiosk.access.drivers.magnet", None)
        vars(drivers).pop("magnet", None)


@pytest.fixture
def magnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The drivers of the package and the one in ``MAGNET``."""
    with a_driver_in_a_file(MAGNET, tmp_path, monkeypatch):
        yield


def config_with(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return read_config(file)


def test_the_drivers_of_the_package() -> None:
    shipped = ["gpio", "serial", "mqtt", "http", "command"]
    assert list(lock_drivers())[: len(shipped)] == shipped


@pytest.mark.usefixtures("magnet")
def test_a_new_file_is_a_driver_that_opens_the_door(tmp_path: Path) -> None:
    config = config_with(tmp_path, '[door]\nlock = "magnet"\n[magnet]\ncoil = 3\n')
    lock = make_driver(config, lambda: 0.0)
    assert lock.coil == 3  # type: ignore[attr-defined]
    lock.check()
    lock.open(4.0, "match")
    assert lock.state() is LockState.OPEN
    lock.stop()
    assert lock.state() is LockState.LOCKED


class Coil:
    """The coil of the package that the example in docs/locks.md uses."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.on = True
        self.broken = False

    def switch(self, on: bool) -> None:
        if self.broken:
            raise OSError("gone")
        self.on = on


def test_the_driver_of_the_documentation_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs/locks.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    with a_driver_in_a_file(example, tmp_path, monkeypatch):
        config = config_with(tmp_path, '[door]\nlock = "magnet"\n[magnet]\ncoil = 3\n')
        with pytest.raises(LockError, match="install it with: pip install 'coilcard'"):
            make_driver(config)
        monkeypatch.setitem(sys.modules, "coilcard", types.SimpleNamespace(Coil=Coil))
        lock = make_driver(config)
        lock.open(4.0, "match")
        coil: Coil = lock._coil  # type: ignore[attr-defined]
        assert (coil.number, coil.on, lock.state()) == (3, False, LockState.OPEN)
        lock.stop()
        lock.check()
        assert coil.on and lock.state() is LockState.LOCKED and lock.inputs() == {}
        coil.broken = True
        with pytest.raises(LockError, match="does not answer"):
            lock.open(4.0, "match")


@pytest.mark.usefixtures("magnet")
@pytest.mark.parametrize("lock", ["log", "magnet"])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("coil = 9", r"magnet\.coil must be between 1 and 4 coil, not 9\."),
        ('coil = "a"', r"magnet\.coil must be a whole number, not 'a'\."),
        ("coils = 1", r"unknown key magnet\.coils; use one of coil\."),
    ],
)
def test_its_table_is_validated_whether_or_not_it_is_chosen(
    tmp_path: Path, lock: str, line: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        config_with(tmp_path, f'[door]\nlock = "{lock}"\n[magnet]\n{line}\n')


@pytest.mark.usefixtures("magnet")
def test_settings_that_cannot_work_together_are_refused_when_it_is_made(tmp_path: Path) -> None:
    config = config_with(tmp_path, '[door]\nlock = "magnet"\n[magnet]\ncoil = 4\n')
    with pytest.raises(LockError, match=r"magnet\.coil names a coil that is broken\."):
        make_driver(config)


@pytest.mark.usefixtures("magnet")
def test_its_settings_are_listed_and_changed_like_all_others(tmp_path: Path) -> None:
    settings = {setting.key: setting for setting in settings_of(default_config())}
    assert list(settings).index("magnet.coil") > list(settings).index("command.limit_s")
    assert settings["magnet.coil"].section_titles == {"en": "Magnet", "ko": "전자석"}
    assert settings["magnet.coil"].weakened_by(2)
    lock = settings["door.lock"]
    assert lock.choices == ("log", *lock_drivers()) and "magnet" in lock.choices
    assert lock.choice_titles["magnet"]["en"] == "Magnet"
    file = ConfigFile(tmp_path / "config.toml", default_config())
    changed = file.change({"magnet.coil": 2, "door.lock": "magnet"})
    assert (changed.tables["magnet"].coil, changed.door.lock) == (2, "magnet")
    assert "[magnet]\ncoil = 2" in file.path.read_text()


def test_without_its_file_neither_name_nor_table_is_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown table \[magnet\]; use one of camera, .*gpio"):
        config_with(tmp_path, "[magnet]\ncoil = 1\n")
    with pytest.raises(ConfigError, match=r"door\.lock must be one of log, gpio, .*, not 'magnet'"):
        config_with(tmp_path, '[door]\nlock = "magnet"\n')


@dataclass(frozen=True, slots=True)
class Plain:
    coil: int = lock_setting(1, "coil", "코일", unit="coil", low=1, high=4)


@dataclass(frozen=True, slots=True)
class TakesEffectAtOnce:
    coil: int = lock_setting(1, "coil", "코일", unit="coil", low=1, high=4, reload=Reload.LIVE)


@dataclass(frozen=True, slots=True)
class NotTried:
    coil: int = setting(1, "coil", "코일", unit="coil", low=1, high=4)


@pytest.mark.parametrize(
    ("name", "en", "ko", "settings", "message"),
    [
        ("log", "Magnet", "전자석", Plain(), "cannot be the name"),
        ("Magnet lock", "Magnet", "전자석", Plain(), "cannot be the name"),
        ("magnet", "", "전자석", Plain(), "title in English and in Korean"),
        ("magnet", "Magnet", "", Plain(), "title in English and in Korean"),
        ("magnet", "Magnet", "전자석", TakesEffectAtOnce(), "declare coil with lock_setting"),
        ("magnet", "Magnet", "전자석", NotTried(), "declare coil with lock_setting"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(
    name: str, en: str, ko: str, settings: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        LockTable(name, en, ko, settings)


@pytest.mark.parametrize("names", [("camera",), ("magnet", "magnet")])
def test_two_tables_of_one_name_are_refused(names: tuple[str, ...]) -> None:
    locks = tuple(LockTable(name, "Magnet", "전자석", Plain()) for name in names)
    with pytest.raises(ValueError, match="two tables of settings are called"):
        Config(locks=locks)


def test_a_file_that_cannot_be_loaded_leaves_the_other_drivers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = list(lock_drivers())
    with a_driver_in_a_file("import nothing_of_that_name", tmp_path, monkeypatch):
        assert list(lock_drivers()) == shipped
    assert "magnet.py cannot be loaded (ModuleNotFoundError" in caplog.text


def test_texts_of_a_driver_are_set_in_the_file_only_unless_it_says_otherwise() -> None:
    @dataclass(frozen=True, slots=True)
    class Settings:
        program: str = lock_setting("", "program", "프로그램")
        words: tuple[str, ...] = lock_setting((), "words", "낱말", file_only=False)
        way: str = lock_setting("a", "way", "방법", choices=("a", "b"))
        coil: int = lock_setting(1, "coil", "코일", low=1, high=4)

    table = LockTable("magnet", "Magnet", "전자석", Settings())
    specs = {setting.key: setting.spec for setting in settings_of(Config(locks=(table,)))}
    assert [specs[f"magnet.{name}"].file_only for name in ("program", "words", "way", "coil")] == [
        True,
        False,
        False,
        False,
    ]
