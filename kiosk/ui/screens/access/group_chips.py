"""The access groups of a person, as chips to touch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.screens.access.rule_words import group_words
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class GroupChips(QWidget):
    """A chip for each group of the rules, chosen for those that the person is in.

    Groups of the person that no rule names have a chip too, so that they can be taken away. A chip
    is named ``<name>.<group>``.
    """

    def __init__(self, key: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._known: tuple[str, ...] = ()
        self._default = ""
        self._own: tuple[str, ...] = ()
        self._editable = True
        self._chips: dict[str, Button] = {}
        self._flow = FlowLayout()
        self.note = Label("", size=SIZES[0], quiet=True, wrap=True, name=f"{name}Note")
        row = QWidget()
        row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        row.setLayout(self._flow)
        self.setLayout(column(Label(key, size=SIZES[0], quiet=True), row, self.note, gap=0.5))
        self._show()

    def set_known(self, names: Sequence[str], default: str) -> None:
        """Offer the groups ``names``; people without one are in ``default``, if that is a name."""
        chosen = self.names()
        self._known, self._default = tuple(names), default
        self.show_names(chosen)

    def set_editable(self, editable: bool) -> None:
        """Let the groups be changed, or only show those of the person."""
        self._editable = editable
        self._show()

    def show_names(self, names: Sequence[str]) -> None:
        """Show that the person is in the groups ``names``."""
        self._own = tuple(names)
        self._show()

    def names(self) -> tuple[str, ...]:
        """The groups chosen: those of the person in their order, then the others."""
        chosen = [name for name, chip in self._chips.items() if chip.isChecked()]
        before = [name for name in self._own if name in chosen]
        return (*before, *(name for name in chosen if name not in before))

    def _show(self) -> None:
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        unknown = tuple(name for name in self._own if name not in self._known)
        offered = (*self._known, *unknown) if self._editable else self._own
        self._chips = {name: self._chip(name) for name in offered}
        self._show_note()
        self.updateGeometry()

    def _chip(self, name: str) -> Button:
        chip = Button("rules.name", "chip", name=f"{self.objectName()}.{name}")
        key, values = group_words(name)
        if name not in self._known:
            key, values = "rules.group.unknown", {"name": name}
        chip.set_key(key, **values)
        chip.setProperty("chip", True)
        chip.setCheckable(True)
        chip.setChecked(name in self._own)
        chip.setEnabled(self._editable)
        chip.clicked.connect(self._show_note)
        self._flow.addWidget(chip)
        chip.show()  # a layout shows what is added to a visible widget only later
        return chip

    def _show_note(self) -> None:
        if self.names():
            self.note.set_key("")
        elif self._default:
            self.note.set_key("rules.group.default", name=self._default)
        else:
            self.note.set_key("rules.group.none" if self._known else "rules.group.no_rules")
        self.note.setVisible(not self.names())
