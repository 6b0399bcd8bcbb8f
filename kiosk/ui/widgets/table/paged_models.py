"""Table models that hold only the pages that are looked at, however many rows there are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from kiosk.core.decisions import LogEntry, Outcome
from kiosk.core.people import Account, CredentialMode, Person
from kiosk.core.reports import USUAL, Action, Order
from kiosk.ui.formatting import day_of, distance_text, moment_text, valid_text
from kiosk.ui.i18n import known, tr

PAGE = 100
"""Rows asked for at once."""
KEPT_PAGES = 12
ASK_MS = 30
"""Pages scrolled past within this time are not asked for."""

BADGE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class StatusBadge:
    """A state as symbol, words and colour: ``icon`` of ``kiosk.ui.icons``, ``key`` of a message, ``tone`` of a label."""

    icon: str
    key: str
    tone: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its header's message key, the words of a row, its width in pixels (0 takes what is left).

    ``badge`` replaces the words where given. ``needs``: hidden where the table is narrower than this. ``order``: the
    name of this column for whoever sorts the rows; ``falling``: sorted downwards at the first touch.
    """

    key: str
    text: Callable[[Any], str]
    width: int = 0
    badge: Callable[[Any], StatusBadge] | None = None
    right: bool = False
    needs: int = 0
    order: str = ""
    falling: bool = False


class PagedModel(QAbstractTableModel):
    """Rows in pages of ``PAGE``. A row that is not here shows nothing, and its page is asked for.

    ``pageWanted(offset, limit)`` asks; ``accept`` takes the answer. Answers must come in the order of the
    questions: the page at offset 0 begins a new list, so a late answer to an older search cannot stay. ``order`` is
    how the rows shall be sorted by whoever answers, at first and after ``reset_order`` as ``usual``.
    """

    pageWanted = Signal(int, int)
    arrived = Signal()

    def __init__(self, columns: Sequence[TableColumn], usual: Order = USUAL) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.order = self._usual = usual
        self.loaded = False
        self._total = 0
        self._pages: OrderedDict[int, Sequence[Any]] = OrderedDict()
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_MS)
        self._timer.timeout.connect(self._ask_wanted)

    @property
    def total(self) -> int:
        """Rows in the whole list."""
        return self._total

    def restart(self) -> None:
        """Ask for the list anew; the rows stay until the answer comes."""
        self._wanted.clear()
        self._asked = {0}
        self.pageWanted.emit(0, PAGE)

    def order_by(self, section: int) -> None:
        """Sort by the column ``section``, the other way round where it is the one already, and ask anew."""
        column = self.columns[section]
        again = column.order == self.order.column
        self._put_order(Order(column.order, not self.order.descending if again else column.falling))
        self.restart()

    def reset_order(self) -> None:
        """Sort as at first, without asking anybody."""
        self._put_order(self._usual)

    def sorted_section(self) -> int:
        """The column that the rows are sorted by; -1 where it is none of them."""
        return next(
            (
                n
                for n, column in enumerate(self.columns)
                if column.order and column.order == self.order.column
            ),
            -1,
        )

    def _put_order(self, order: Order) -> None:
        self.order = order
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def forget_questions(self) -> None:
        """No answer will come to what was asked."""
        self._asked.clear()

    def accept(self, rows: Sequence[Any], total: int, offset: int) -> None:
        """Take in the page at ``offset``, a multiple of ``PAGE``, of a list of ``total`` rows."""
        if offset % PAGE:
            raise ValueError(f"a page begins at a multiple of {PAGE}, not at {offset}")
        if offset == 0:
            self._pages.clear()
        self.loaded = True
        self._resize(total)
        self._asked.discard(offset)
        self._pages[offset // PAGE] = rows
        self._forget_oldest()
        if total:
            self.dataChanged.emit(self.index(0, 0), self.index(total - 1, len(self.columns) - 1))
        self.arrived.emit()

    def row(self, number: int) -> Any | None:
        """The row ``number``, or ``None`` while its page is not here."""
        page = self._pages.get(number // PAGE)
        if page is None:
            return None
        self._pages.move_to_end(number // PAGE)
        within = number % PAGE
        return page[within] if within < len(page) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            BADGE_ROLE,
        ):
            return None
        item = self.row(index.row())
        if item is None:
            self._want(index.row() // PAGE * PAGE)
            return None
        return _content(column, item, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(self.columns[section].key) + self._arrow(section)
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.data(self.index(0, section), role) or int(
                    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                )
        return None

    def retranslate(self) -> None:
        """Words come from the catalogue at each look; tell the views to look again."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._total:
            self.dataChanged.emit(
                self.index(0, 0), self.index(self._total - 1, len(self.columns) - 1)
            )

    def _arrow(self, section: int) -> str:
        """Qt's own arrow would stand over the words of a narrow column."""
        if section != self.sorted_section():
            return ""
        return " ↓" if self.order.descending else " ↑"

    def _spoken(self, section: int) -> str:
        """The header for those who cannot see its arrow."""
        words = tr(self.columns[section].key)
        if section != self.sorted_section():
            return words
        return tr(f"admin.table.{'falling' if self.order.descending else 'rising'}", column=words)

    def _resize(self, total: int) -> None:
        # rows are added or taken at the end, not reset: the place one has scrolled to stays
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()

    def _forget_oldest(self) -> None:
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def _want(self, offset: int) -> None:
        if offset in self._asked or offset in self._wanted:
            return
        self._wanted.append(offset)
        self._timer.start()

    def _ask_wanted(self) -> None:
        wanted = self._wanted[-3:]
        self._wanted = []
        for offset in wanted:
            if offset not in self._asked and offset < self._total:
                self._asked.add(offset)
                self.pageWanted.emit(offset, PAGE)


def _content(column: TableColumn, item: Any, role: int) -> Any:
    if column.badge is None:
        return None if role == BADGE_ROLE else column.text(item)
    badge = column.badge(item)
    return badge if role == BADGE_ROLE else tr(badge.key)


def person_badge(person: Person, today: date) -> StatusBadge:
    """Whether somebody may come in on ``today``, worst first."""
    if not person.enabled:
        return StatusBadge("pause", "people.state.disabled", "quiet")
    if person.valid_until and person.valid_until < today:
        return StatusBadge("clock", "people.state.expired", "reject")
    if person.templates == 0 and person.entry is CredentialMode.FACE:
        return StatusBadge("warning", "people.state.no_face", "wait")
    if person.valid_from and person.valid_from > today:
        return StatusBadge("clock", "people.state.not_yet", "wait")
    if person.look_alike and not person.has_pin:
        return StatusBadge("lock", "people.state.needs_pin", "wait")
    return StatusBadge("check", "people.state.active", "accept")


def outcome_badge(entry: LogEntry) -> StatusBadge:
    """What the door did."""
    if entry.decision.outcome is Outcome.ACCEPT:
        return StatusBadge("check", "log.outcome.ACCEPT", "accept")
    return StatusBadge("cross", "log.outcome.REJECT", "reject")


def account_badge(account: Account) -> StatusBadge:
    """Whether somebody may sign in."""
    if account.enabled:
        return StatusBadge("check", "accounts.state.enabled", "accept")
    return StatusBadge("pause", "accounts.state.disabled", "quiet")


def people_model(today: Callable[[], date]) -> PagedModel:
    """Rows are ``Person``."""
    return PagedModel(
        (
            TableColumn("people.column.number", lambda p: p.number, 140, order="number"),
            TableColumn("people.column.name", lambda p: p.name, order="name"),
            TableColumn(
                "people.column.role",
                lambda p: tr(f"people.role.{p.role.value}"),
                110,
                needs=640,
                order="role",
            ),
            TableColumn(
                "people.column.valid",
                lambda p: valid_text(p.valid_from, p.valid_until),
                250,
                needs=760,
                order="valid",
            ),
            TableColumn(
                "people.column.templates",
                lambda p: str(p.templates),
                124,
                right=True,
                needs=900,
                order="templates",
            ),
            TableColumn(
                "people.column.state",
                lambda p: "",
                150,
                badge=lambda p: person_badge(p, today()),
                order="state",
            ),
        ),
        Order("name"),
    )


def log_model() -> PagedModel:
    """Rows are ``LogEntry``."""
    return PagedModel(
        (
            TableColumn(
                "log.column.time",
                lambda e: moment_text(e.decision.at),
                200,
                order="time",
                falling=True,
            ),
            TableColumn("log.column.person", who_text, order="person"),
            TableColumn(
                "log.column.outcome", lambda e: "", 136, badge=outcome_badge, order="outcome"
            ),
            TableColumn(
                "log.column.reason",
                lambda e: tr(f"log.reason.{e.decision.reason.value}"),
                270,
                needs=700,
                order="reason",
            ),
            TableColumn(
                "log.column.distance",
                lambda e: distance_text(e.decision.distance),
                116,
                right=True,
                needs=860,
                order="distance",
            ),
            TableColumn(
                "log.column.mode", lambda e: e.decision.mode.value, 92, needs=900, order="mode"
            ),
        ),
        Order("time", descending=True),
    )


def actions_model() -> PagedModel:
    """Rows are ``Action``."""
    return PagedModel(
        (
            TableColumn("log.column.time", lambda a: moment_text(a.at), 200),
            TableColumn("log.column.event", lambda a: event_text(a.event)),
            TableColumn("log.column.actor", lambda a: actor_text(a.actor), 180),
            TableColumn("log.column.detail", detail_text, 320, needs=760),
        )
    )


def event_key(event: str) -> str:
    """The key of the words for what was done or happened; an event that this program has no words for is its own."""
    return next(
        (key for key in (f"log.event.{event}", f"door_page.event.{event}") if known(key)), event
    )


def event_text(event: str) -> str:
    """What was done or happened, in words."""
    return known(event_key(event)) or event


def actor_text(actor: str) -> str:
    """Who did it; the kiosk itself, its door, or a command of the system's user."""
    if actor in ("system", "door"):
        return tr(f"log.actor.{actor}")
    return (
        tr("log.actor.command", user=actor.removeprefix("command:"))
        if actor.startswith("command:")
        else actor
    )


def detail_text(action: Action) -> str:
    """The details in one line; a number, and what has no words of its own, with its name."""
    parts = []
    for name, value in action.detail.items():
        words = known(f"log.detail.{name}")
        if value not in (None, "", []):
            parts.append(
                value_text(value)
                if words and isinstance(value, str | list)
                else f"{words or name} {value_text(value)}"
            )
    return " · ".join(parts)


def value_text(value: object) -> str:
    """One detail."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def who_text(entry: LogEntry) -> str:
    """Whose row this is; somebody rejected as unknown has no name."""
    return entry.decision.person_name or tr("log.unknown_person")


def accounts_model() -> PagedModel:
    """Rows are ``Account``."""
    return PagedModel(
        (
            TableColumn("accounts.column.name", lambda a: a.name, order="name"),
            TableColumn(
                "accounts.column.role",
                lambda a: tr(f"accounts.role.{a.role.value}"),
                180,
                order="role",
            ),
            TableColumn(
                "accounts.column.created",
                lambda a: day_of(a.created_at),
                180,
                needs=700,
                order="created",
            ),
            TableColumn(
                "accounts.column.state", lambda a: "", 160, badge=account_badge, order="state"
            ),
        ),
        Order("created"),
    )
