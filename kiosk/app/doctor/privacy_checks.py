"""A site checked point by point, after public summaries of a guideline on biometric data.

개인정보보호위원회, 생체정보 보호 가이드라인 (September 2021): public summaries sort its measures
into five stages, and each point here names its stage and the articles of PIPA behind it. The text
of the guideline was not at hand: this is not its own self-check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from kiosk.app.bootstrap.consent_factory import consent_form
from kiosk.app.bootstrap.store_factory import backups_of, open_store
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.program_name import program_name
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import CheckLevel
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.consent_review import review_consents
from kiosk.storage.people.subject_access import own_data
from kiosk.storage.store import Store
from kiosk.ui.catalogue import tr_in
from kiosk.vision.camera.picture_files import is_picture

YEAR = 365
STAFF_LOG_DAYS = 2 * YEAR
"""Retention of the log of who handled sensitive data: notice on safety measures, article 8."""

GOOD, UNSURE, BAD = CheckLevel.OK, CheckLevel.WARNING, CheckLevel.PROBLEM


@dataclass(frozen=True, slots=True)
class PrivacyPoint:
    """One point. ``stage``: 1 to 5 of the guideline. ``law``: articles, in Korean.

    The sentences are ``privacy_check.<name>.<found>`` and ``privacy_check.<name>.<found>_advice``
    with ``values``.
    """

    name: str
    stage: int
    law: str
    level: CheckLevel
    found: str
    values: tuple[tuple[str, object], ...] = ()

    def title(self, code: str) -> str:
        """Return what is asked, in the language ``code``."""
        return tr_in(code, f"privacy_check.{self.name}.title")

    def sentence(self, code: str) -> str:
        """Return what was found, in the language ``code``."""
        return tr_in(code, f"privacy_check.{self.name}.{self.found}", **dict(self.values))

    def advice(self, code: str) -> str:
        """Return what to do, in the language ``code``; empty if nothing."""
        if self.level is GOOD:
            return ""
        key = f"privacy_check.{self.name}.{self.found}_advice"
        return tr_in(code, key, **dict(self.values))


def examine_privacy(actor: Actor, config: Config, data_dir: Path) -> list[PrivacyPoint]:
    """Return every point, in the order of the guideline's stages.

    Raise ``SignInError`` without the right to check the system, and ``KioskError`` if the database
    or the site's texts of consent cannot be used.
    """
    require(actor, Right.CHECK_SYSTEM)
    with open_store(data_dir, config) as store:
        site = _Site(config, data_dir, store, local_now().date())
        points = [_point(name, *check(site)) for name, check in _CHECKS.items()]
    return sorted(points, key=lambda point: point.stage)


@dataclass(frozen=True, slots=True)
class _Site:
    config: Config
    data_dir: Path
    store: Store
    today: date

    def count(self, query: str, *values: object) -> int:
        """Return the number that ``query`` selects."""
        sql = self.store.database
        return int(sql.call(lambda: sql.connection.execute(query, values).fetchone()[0]) or 0)


_Found = tuple[CheckLevel, str, dict[str, object]]


def _found(level: CheckLevel, found: str, **values: object) -> _Found:
    return level, found, values


def _point(name: str, level: CheckLevel, found: str, values: dict[str, object]) -> PrivacyPoint:
    stage, law = _ORIGINS[name]
    shown = {"program": program_name(), **values}
    return PrivacyPoint(name, stage, law, level, found, tuple(shown.items()))


def _alternative(site: _Site) -> _Found:
    without = site.count(
        "SELECT count(*) FROM people WHERE"
        " (entry = 'pin' AND id NOT IN (SELECT person_id FROM door_pins))"
        " OR (entry = 'card' AND id NOT IN (SELECT person_id FROM cards))"
    )
    if without:
        return _found(BAD, "shut_out", n=without)
    return _found(
        GOOD, "offered", n=site.count("SELECT count(*) FROM people WHERE entry <> 'face'")
    )


def _separate_consent(site: _Site) -> _Found:
    terms = consent_form(site.config).terms
    asked = review_consents(site.store, terms)
    without = [one.number for one in asked if one.missing]
    if without:
        return _found(BAD, "missing", n=len(without), numbers=_some(without))
    outdated = [one.number for one in asked if one.outdated]
    if outdated:
        return _found(UNSURE, "outdated", n=len(outdated), numbers=_some(outdated))
    return _found(GOOD, "separate", n=site.count("SELECT count(*) FROM people"))


def _notice(site: _Site) -> _Found:
    form = consent_form(site.config)
    lacking = [name for name in ("controller", "contact") if not getattr(form.terms, name)]
    if lacking:
        return _found(BAD, "unnamed", keys=", ".join(f"privacy.{name}" for name in lacking))
    found = "own_text" if form.site else "named"
    return _found(GOOD, found, controller=form.terms.controller, contact=form.terms.contact)


def _forgery(site: _Site) -> _Found:
    on = site.config.liveness.enabled
    return _found(GOOD, "checked") if on else _found(UNSURE, "unchecked")


def _purpose(site: _Site) -> _Found:
    others = [
        word
        for word, on in (
            ("privacy.attendance", site.config.privacy.attendance),
            ("notify", bool(consent_form(site.config).terms.notified)),
        )
        if on
    ]
    return (
        _found(UNSURE, "further", keys=", ".join(others)) if others else _found(GOOD, "door_only")
    )


def _originals(site: _Site) -> _Found:
    folder = paths.imports_dir(site.data_dir)
    pictures = sum(1 for file in _files(folder) if is_picture(file))
    if pictures:
        return _found(UNSURE, "pictures", n=pictures, folder=folder)
    return _found(GOOD, "none")


def _encryption(site: _Site) -> _Found:
    try:
        site.store.check_keys()
    except KioskError as error:
        return _found(BAD, "unusable", why=str(error))
    place = Path(site.store.vault.store.place)
    if place.is_absolute() and place.is_relative_to(site.data_dir.absolute()):
        return _found(UNSURE, "beside", place=place)
    return _found(GOOD, "sealed", place=site.store.vault.store.place)


def _retention(site: _Site) -> _Found:
    days = site.config.privacy.keep_log_days
    limit = (site.today - timedelta(days=days + 2)).isoformat()
    late = site.count("SELECT count(*) FROM log WHERE at < ?", limit)
    if late:
        return _found(BAD, "late", n=late, days=days)
    return _found(UNSURE if days > YEAR else GOOD, "long" if days > YEAR else "set", days=days)


def _ended(site: _Site) -> _Found:
    days = site.config.privacy.keep_log_days
    limit = (site.today - timedelta(days=days)).isoformat()
    ended = site.count("SELECT count(*) FROM people WHERE valid_until < ?", limit)
    return _found(UNSURE, "left", n=ended, days=days) if ended else _found(GOOD, "none", days=days)


def _deletion(site: _Site) -> _Found:
    receipts = site.store.people.genuine_receipts()
    backups, _ = backups_of(site.config, site.data_dir)
    away = [place.place for place in backups.missing()]
    if away:
        return _found(UNSURE, "away", places=", ".join(away))
    unreached = sum(1 for receipt in receipts if receipt.unreached)
    if unreached:
        return _found(UNSURE, "unreached", n=unreached)
    return _found(GOOD, "works", n=len(receipts))


def _rights(site: _Site) -> _Found:
    first = site.count("SELECT coalesce(min(id), 0) FROM people")
    if not first:
        return _found(GOOD, "nobody")
    try:
        own_data(site.store, first, local_now())
    except KioskError as error:
        return _found(BAD, "broken", why=str(error))
    return _found(GOOD, "works")


def _exports(site: _Site) -> _Found:
    open_files = [file for file in _files(site.data_dir) if file.stat().st_mode & 0o077]
    if open_files:
        return _found(BAD, "open", n=len(open_files), folder=site.data_dir)
    left = sum(1 for _ in _files(paths.exports_dir(site.data_dir)))
    if left:
        return _found(UNSURE, "left", n=left, folder=paths.exports_dir(site.data_dir))
    return _found(GOOD, "closed")


def _staff_log(site: _Site) -> _Found:
    privacy = site.config.privacy
    days = max(privacy.keep_log_days, privacy.keep_staff_log_days)
    if days < STAFF_LOG_DAYS:
        return _found(UNSURE, "short", days=days, asked=STAFF_LOG_DAYS)
    return _found(GOOD, "kept", days=days)


def _accounts(site: _Site) -> _Found:
    accounts = [account for account in site.store.accounts.list() if account.enabled]
    if not accounts:
        return _found(BAD, "nobody")
    level = GOOD if site.config.security.two_admins else UNSURE
    return _found(level, "two" if level is GOOD else "one", n=len(accounts))


def _some(numbers: list[str]) -> str:
    shown = ", ".join(numbers[:5])
    return f"{shown}, …" if len(numbers) > 5 else shown


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


_CHECKS: dict[str, Callable[[_Site], _Found]] = {
    "alternative": _alternative,
    "consent": _separate_consent,
    "notice": _notice,
    "forgery": _forgery,
    "purpose": _purpose,
    "originals": _originals,
    "encryption": _encryption,
    "retention": _retention,
    "ended": _ended,
    "deletion": _deletion,
    "rights": _rights,
    "exports": _exports,
    "staff_log": _staff_log,
    "accounts": _accounts,
}

_ORIGINS: dict[str, tuple[int, str]] = {
    "alternative": (1, "개인정보 보호법 제16조"),
    "consent": (2, "개인정보 보호법 제15조, 제22조, 제23조"),
    "notice": (2, "개인정보 보호법 제15조제2항, 제30조, 시행령 제17조"),
    "forgery": (2, "개인정보 보호법 제29조"),
    "purpose": (3, "개인정보 보호법 제15조, 제18조"),
    "originals": (4, "개인정보 보호법 제21조"),
    "encryption": (4, "개인정보의 안전성 확보조치 기준 제7조"),
    "retention": (4, "개인정보 보호법 제21조"),
    "ended": (4, "개인정보 보호법 제21조제1항"),
    "deletion": (4, "개인정보 보호법 제21조, 제37조"),
    "exports": (4, "개인정보의 안전성 확보조치 기준 제5조"),
    "rights": (5, "개인정보 보호법 제35조, 제36조, 제37조"),
    "staff_log": (5, "개인정보의 안전성 확보조치 기준 제8조"),
    "accounts": (5, "개인정보의 안전성 확보조치 기준 제5조"),
}
"""The guideline's stage and the articles behind it, by point."""
