"""The policy file of this site, as the service of the access rules reads and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk.access.policy.policy_document import plan_users, policy_in, rules_in
from kiosk.access.policy.rules import AccessPolicy
from kiosk.access.policy.widening import widens
from kiosk.app.bootstrap.policy_factory import with_settings
from kiosk.core import paths
from kiosk.core.access_rules import AccessRules, RuleKind
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError
from kiosk.core.files import atomic_write
from kiosk.core.parsed_toml import MAX_FILE
from kiosk.storage.db.sqlite_errors import files_explained


def policy_path(config: Config, data_dir: Path) -> Path:
    """Return the policy file that is read at the start; it need not exist."""
    return paths.existing(config.door.policy) if config.door.policy else paths.policy_file(data_dir)


class SitePolicyFile:
    """A ``RulesFilePort``.

    ``going_by``: returns the policy that the door goes by; ``None``: unknown, for a command beside
    a kiosk that may run. ``use``: lets the door go by another one from now on.
    """

    def __init__(
        self,
        config: Config,
        data_dir: Path,
        going_by: Callable[[], AccessPolicy] | None = None,
        use: Callable[[AccessPolicy], None] = lambda policy: None,
    ) -> None:
        self._config = config
        self._path = policy_path(config, data_dir)
        self._going_by = going_by
        self._use = use

    @property
    def place(self) -> str:
        """The path, for people."""
        return str(self._path)

    def read(self) -> str:
        """Return the text of the file; empty if there is none."""
        with files_explained(self._path, "read"):
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                return ""
        if len(data) > MAX_FILE:
            raise _unusable(self._path, f"it is larger than {MAX_FILE // 1_000_000} MB")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _unusable(self._path, str(error)) from None

    def write(self, text: str) -> None:
        """Write ``text`` and let the door go by it."""
        policy = self.policy(text)
        target = self._path.resolve()  # keep a symbolic link
        with files_explained(self._path, "written"):
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
            atomic_write(target, text.encode("utf-8"), mode)
        self._use(policy)

    def policy(self, text: str) -> AccessPolicy:
        """Return the policy in ``text`` with what the settings add."""
        try:
            return with_settings(policy_in(text), self._config)
        except ConfigError as error:
            raise _unusable(self._path, str(error)) from None

    def rules(self, text: str) -> AccessRules:
        """Return what the screen edits of ``text``."""
        self.policy(text)
        return rules_in(text)

    def zone(self, text: str) -> str:
        """Return the time zone of the schedules in ``text``; empty for the machine's."""
        zone = policy_in(text).zone
        return "" if zone is None else str(zone)

    def users(self, text: str) -> Mapping[str, tuple[str, ...]]:
        """Return what uses a schedule beside groups, by its name."""
        return plan_users(text)

    def changed(self, text: str, rules: AccessRules) -> str:
        """Return ``text`` with other rules."""
        from kiosk.access.policy.policy_change import changed_text  # no start needs tomlkit

        return changed_text(text, rules)

    def renamed(self, text: str, kind: RuleKind, old: str, new: str) -> str:
        """Return ``text`` with a group or schedule called ``new``."""
        from kiosk.access.policy.policy_renaming import renamed_text

        return renamed_text(text, kind, old, new)

    def widens(self, text: str) -> bool:
        """Return whether somebody may enter by ``text`` who may not at present.

        Where it is unknown what the door goes by, somebody may: the file may be edited by hand.
        """
        return self._going_by is None or widens(self._going_by(), self.policy(text))

    def in_use(self, text: str) -> bool:
        """Return whether the door goes by ``text``; where that is unknown, by the file."""
        going_by = self._going_by() if self._going_by else self.policy(self.read())
        return going_by == self.policy(text)


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"The policy file {path} cannot be used ({why}); correct it by hand first.",
        key="error.rules_unreadable",
        why=why,
    )
