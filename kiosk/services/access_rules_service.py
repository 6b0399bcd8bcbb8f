"""See, change and undo the access rules; each change is validated, recorded, then written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from kiosk.core.access_rules import (
    STORED,
    AccessRules,
    RuleKind,
    RulesVersion,
    RulesView,
    digest,
)
from kiosk.core.errors import KioskError, StorageError
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.services.rules_difference import checked, checked_rename, differences
from kiosk.services.two_admins import TwoAdmins

HISTORY = "rules.history"
"""Key of the earlier rules in the settings of the database."""
KEPT = 30
"""How many earlier rules are kept."""
FILE_EDITED = "edits of the file"
"""What the log says of changes that somebody made in the file by hand."""
MAX_TEXT = 200_000
"""Characters of a file that is kept in the history; longer ones cannot be brought back here."""


class RulesFilePort(Protocol):
    """The policy file. Every method raises ``KioskError`` for a file that cannot be used.

    ``rules``, ``zone`` and ``users`` read a text; ``changed`` returns a text with other rules;
    ``widens`` compares a text with what the kiosk goes by, ``in_use`` returns whether they are the
    same.
    """

    @property
    def place(self) -> str: ...
    def read(self) -> str: ...
    def write(self, text: str) -> None: ...
    def rules(self, text: str) -> AccessRules: ...
    def zone(self, text: str) -> str: ...
    def users(self, text: str) -> Mapping[str, tuple[str, ...]]: ...
    def changed(self, text: str, rules: AccessRules) -> str: ...
    def renamed(self, text: str, kind: RuleKind, old: str, new: str) -> str: ...
    def widens(self, text: str) -> bool: ...
    def in_use(self, text: str) -> bool: ...


class RulesSettingsPort(Protocol):
    """The settings in the database."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...


class GroupRenamer(Protocol):
    """Renames a group of people and calls ``finish`` in one transaction: all of it, or nothing.

    ``by``: who did it. Returns the number of people. Raises ``KioskError``, also what ``finish``
    raised.
    """

    def __call__(self, old: str, new: str, by: str, finish: Callable[[], None]) -> int: ...


class AccessRulesService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``members``: returns the number of people by group. ``rename_people``: lets people follow a
    group that gets another name.
    """

    def __init__(
        self,
        file: RulesFilePort,
        settings: RulesSettingsPort,
        audit: AuditPort,
        two: TwoAdmins,
        members: Callable[[], Mapping[str, int]],
        clock: Clock,
        rename_people: GroupRenamer,
    ) -> None:
        self._rename_people = rename_people
        self._file = file
        self._settings = settings
        self._audit = audit
        self._two = two
        self._members = members
        self._clock = clock

    def view(self, actor: Actor) -> RulesView:
        """Return the rules in the file with what belongs to them."""
        require(actor, Right.CHANGE_RULES)
        return self._view(self._file.read())

    def change(
        self, actor: Actor, rules: AccessRules, seen: str, name: str = "", pin: str = ""
    ) -> RulesView:
        """Store ``rules``, edited from the view ``seen``; return the view afterwards.

        ``name`` and ``pin``: of the second administrator, who must agree where somebody may enter
        who might not before and the two-administrator rule is on. Raises ``ConfigError``,
        ``SignInError`` or ``StorageError``; nothing is changed then.
        """
        require(actor, Right.CHANGE_RULES)
        text = self._seen(seen)
        before = self._file.rules(text)
        users = self._file.users(text)
        made = self._file.changed(text, checked(rules, users))
        if made == text and self._file.in_use(text):
            return self._view(text)
        what = list(differences(before, rules))
        if not self._file.in_use(text):
            what.append(FILE_EDITED)
        return self._store(actor, text, made, {"changes": "; ".join(what)}, name, pin)

    def rename(
        self,
        actor: Actor,
        kind: RuleKind,
        old: str,
        new: str,
        seen: str,
        name: str = "",
        pin: str = "",
    ) -> RulesView:
        """Give a group or schedule another name; people in the group follow in one transaction.

        Two administrators are asked for where people are in a group of the new name already, who
        would gain what the group may do, and where the file was edited by hand; otherwise like
        ``change``.
        """
        require(actor, Right.CHANGE_RULES)
        text = self._seen(seen)
        new = checked_rename(self._file.rules(text), kind, old, new)
        made = self._file.renamed(text, kind, old, new)
        is_group = kind is RuleKind.GROUP
        gains = is_group and bool(self._members().get(new))
        wider = gains or self._file.widens(text if is_group else made)
        by = self._two.agreed(actor, name, pin) if wider else actor.name
        self._keep(text, by)
        self._audit.record("rules_changed", by, {"changes": f"{kind}: {old} → {new}"})
        try:
            if is_group:
                self._rename_people(old, new, by, lambda: self._file.write(made))
            else:
                self._file.write(made)
        except KioskError as error:
            self._audit.record("rules_not_written", by, {"why": error.key})
            if self._file.read() != text:  # people kept the old name, so the file does
                self._file.write(text)
            raise
        self._settings.set(STORED, digest(made))
        return self._view(made)

    def apply_file(self, actor: Actor, name: str = "", pin: str = "") -> None:
        """Let a running kiosk go by the file as it is, edited by hand.

        For a command, which cannot know what the kiosk goes by: where the two-administrator rule is
        on, two must agree to any edit.
        """
        require(actor, Right.CHANGE_RULES)
        text = self._file.read()
        self._file.rules(text)  # raises for what is no policy
        by = self._two.agreed(actor, name, pin)
        self._audit.record("rules_changed", by, {"changes": FILE_EDITED})
        self._settings.set(STORED, digest(text))

    def restore(self, actor: Actor, number: int, name: str = "", pin: str = "") -> RulesView:
        """Bring back the rules of the history's version ``number``; like ``change``."""
        require(actor, Right.CHANGE_RULES)
        found = next((kept for kept in self._history() if kept["number"] == number), None)
        if found is None:
            raise StorageError(
                "These rules are no longer kept; choose others from the list.",
                key="error.rules_version_gone",
            )
        text = self._file.read()
        return self._store(actor, text, str(found["text"]), {"version": number}, name, pin)

    def _store(
        self,
        actor: Actor,
        before: str,
        after: str,
        detail: Mapping[str, object],
        name: str,
        pin: str,
    ) -> RulesView:
        self._file.rules(after)  # raises for what is no policy
        by = self._two.agreed(actor, name, pin) if self._file.widens(after) else actor.name
        self._keep(before, by)
        self._audit.record("rules_changed", by, detail)
        try:
            self._file.write(after)
        except KioskError as error:
            self._audit.record("rules_not_written", by, {"why": error.key})
            raise
        self._settings.set(STORED, digest(after))
        return self._view(after)

    def _seen(self, seen: str) -> str:
        """Return the file's text, which must be the one that was looked at."""
        text = self._file.read()
        if digest(text) != seen:
            raise StorageError(
                "The access rules were changed meanwhile; look at them again.",
                key="error.rules_meanwhile",
            )
        return text

    def _view(self, text: str) -> RulesView:
        return RulesView(
            rules=self._file.rules(text),
            seen=digest(text),
            members=self._members(),
            plan_users=self._file.users(text),
            history=tuple(
                RulesVersion(kept["number"], datetime.fromisoformat(kept["until"]), kept["by"])
                for kept in self._history()
            ),
            two_admins=self._two.required,
            changed_outside=not self._file.in_use(text),
            place=self._file.place,
            zone=self._file.zone(text),
        )

    def _history(self) -> list[dict[str, Any]]:
        """Return the earlier rules, newest first."""
        return list(self._settings.get(HISTORY, []))

    def _keep(self, text: str, by: str) -> None:
        if len(text) > MAX_TEXT:
            return
        kept = self._history()
        number = 1 + max((int(version["number"]) for version in kept), default=0)
        now = self._clock().isoformat(timespec="seconds")
        version = {"number": number, "until": now, "by": by, "text": text}
        self._settings.set(HISTORY, [version, *kept][:KEPT])
