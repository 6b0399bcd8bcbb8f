"""The panel of a new account, and that of an existing one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import Account, AccountRole
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.pin_fields import PIN_MAX, PinFields
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class NewAccountForm(QWidget):
    """Name, role and PIN of a new account; a second administrator for one who is to be one."""

    added = Signal(str, object, str, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._names: frozenset[str] = frozenset()
        self._two = False
        self.name = Field("accounts.panel.name", "accountName", max_length=40)
        self.role = SegmentedControl(
            "accountRole", [(r.value, f"accounts.role.{r.value}") for r in AccountRole]
        )
        self.role_text = Label("", size=SIZES[0], quiet=True, wrap=True)
        self.pin = PinFields("accountPin")
        self.second = SecondAdmin("accountSecond")
        self.create_button = Button(
            "accounts.panel.create", "primary", "check", name="accountCreate"
        )
        self.error = Label("", wrap=True, name="accountNewError")
        self.error.set_tone("reject")
        role = column(
            Label("accounts.panel.role", size=SIZES[0], quiet=True),
            self.role,
            self.role_text,
            gap=0.5,
        )
        self.setLayout(
            column(
                self.name,
                role,
                1,
                self.pin,
                self.second,
                self.error,
                self.create_button,
                None,
                gap=1,
            )
        )
        self.role.chosen.connect(self._explain)
        self.create_button.clicked.connect(self._submit)
        for field in (self.name, self.pin):
            field.submitted.connect(self._submit)

    def begin(self, names: frozenset[str], *, two: bool = False) -> None:
        """Clear the form; ``names`` are taken. ``two``: an administrator needs two to be made."""
        self._names = names
        self._two = two
        self.second.clear()
        self.name.set_text("")
        self.name.clear_error()
        self.pin.clear()
        self.error.set_key("")
        self.role.set_value(AccountRole.STAFF.value)
        self._explain(AccountRole.STAFF.value)
        self.create_button.setEnabled(True)
        self.name.edit.setFocus()

    def show_error(self, key: str, **values: object) -> None:
        """Show below the matching field why the account was not created."""
        self.create_button.setEnabled(True)
        if key.startswith("accounts.error.pin"):
            self.pin.first.set_error(key, **values)
        elif key.startswith("accounts.error.name"):
            self.name.set_error(key, **values)
        else:
            self.error.set_key(key, **values)

    def _explain(self, role: str) -> None:
        self.role_text.set_key(f"accounts.role.{role}_text")
        self.second.setVisible(self._two and role == AccountRole.ADMIN.value)

    def _submit(self) -> None:
        name = " ".join(self.name.text().split())
        problem = (
            "accounts.error.name_missing"
            if not name
            else "accounts.error.name_taken"
            if name in self._names
            else ""
        )
        if problem:
            self.name.set_error(problem)
        if not problem and self.pin.check():
            self.create_button.setEnabled(False)
            self.error.set_key("")
            self.added.emit(
                name, AccountRole(self.role.value()), self.pin.pin(), *self.second.take()
            )


class AccountDetails(QWidget):
    """Changing the PIN, and disabling or enabling the account.

    One's own PIN asks for the present one; what is done to others may need a second administrator.
    """

    pinChosen = Signal(int, str, str, str)
    ownPinChosen = Signal(str, str)
    enabledChosen = Signal(int, bool, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._account = Account("", AccountRole.STAFF)
        self._own = False
        self.role = Label("", quiet=True, name="accountShownRole")
        self.note = Label("", wrap=True, size=SIZES[0], name="accountNote")
        self.old = Field("accounts.panel.old_pin", "accountOldPin", secret=True, max_length=PIN_MAX)
        self.pin = PinFields("accountNewPin")
        self.second = SecondAdmin("accountSecondFor")
        self.set_pin = Button("accounts.panel.set_pin", "primary", "lock", name="accountSetPin")
        self.enable = Button("accounts.panel.disable", icon="pause", name="accountEnable")
        self.fixed = Label("", quiet=True, wrap=True, size=SIZES[0], name="accountFixed")
        self.confirm = Confirm(
            "accountDisableConfirm",
            title="",
            yes="accounts.panel.disable_yes",
            no="accounts.panel.disable_no",
        )
        self.setLayout(
            column(
                self.role,
                Label("accounts.panel.new_pin", bold=True),
                self.old,
                self.pin,
                self.second,
                self.note,
                self.set_pin,
                3,
                self.enable,
                self.fixed,
                self.confirm,
                None,
                gap=1,
            )
        )
        self.set_pin.clicked.connect(self._choose_pin)
        self.pin.submitted.connect(self._choose_pin)
        self.enable.clicked.connect(self._toggle)
        self.confirm.confirmed.connect(self._disable)

    @property
    def account(self) -> Account:
        """The account shown."""
        return self._account

    def show_account(
        self,
        account: Account,
        *,
        fixed: str = "",
        note: str = "",
        own: bool = False,
        two: bool = False,
    ) -> None:
        """Show ``account``.

        ``fixed`` is the message key of why it cannot be disabled, ``note`` that of what just
        happened. ``own``: it is the signed-in one. ``two``: changes to others need two.
        """
        self._account = account
        self._own = own
        self.role.set_key(f"accounts.role.{account.role.value}")
        self.clear_pins()
        self.old.setVisible(own)
        self.second.setVisible(two and not own)
        self.note.set_tone("accept")
        self.note.set_key(note)
        self.enable.set_key(
            "accounts.panel.disable" if account.enabled else "accounts.panel.enable"
        )
        self.enable.set_icon("pause" if account.enabled else "check")
        self.fixed.set_key(fixed)
        self.fixed.setVisible(bool(fixed))
        self.confirm.hide()
        self._set_busy(False)

    def clear_pins(self) -> None:
        """Clear what was typed."""
        self.old.set_text("")
        self.pin.clear()
        self.second.clear()

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was changed."""
        self._set_busy(False)
        if key.startswith("accounts.error.pin"):
            self.pin.first.set_error(key, **values)
            return
        self.note.set_tone("reject")
        self.note.set_key(key, **values)

    def _set_busy(self, busy: bool) -> None:
        self.set_pin.setEnabled(not busy)
        self.enable.setEnabled(not busy and self.fixed.isHidden())

    def _choose_pin(self) -> None:
        if self._account.id is None or not self.pin.check():
            return
        self._set_busy(True)
        if self._own:
            self.ownPinChosen.emit(self.old.edit.text(), self.pin.pin())
            self.old.set_text("")
        else:
            self.pinChosen.emit(self._account.id, self.pin.pin(), *self.second.take())

    def _toggle(self) -> None:
        if self._account.enabled:
            self.confirm.ask("accounts.panel.disable_text", name=self._account.name)
        else:
            self._emit_enabled(True)

    def _disable(self) -> None:
        self._emit_enabled(False)

    def _emit_enabled(self, enabled: bool) -> None:
        if self._account.id is not None:
            self._set_busy(True)
            self.enabledChosen.emit(self._account.id, enabled, *self.second.take())
