"""The card of a restored backup that is to be confirmed, with the people and accounts in it."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.core.people import Account
from kiosk.core.view_models import RestoredContent
from kiosk.ui.formatting import count_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.settings.privacy_cards import PrivacyCard
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class RestoredCard(PrivacyCard):
    """Hidden while nothing is to be confirmed. ``confirmed``: name and PIN of the second one."""

    confirmed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__("privacyRestored", "privacy.restored")
        self.about = Label("", wrap=True, name="privacyRestoredAbout")
        self.accounts = Label("", wrap=True, size=SIZES[1], name="privacyRestoredAccounts")
        self.people = Label("", wrap=True, size=SIZES[1], name="privacyRestoredPeople")
        self.button = Button("privacy.restored.confirm", "primary", "check", name="restoredConfirm")
        self.second = SecondAdmin("restoredSecond")
        self.question = Confirm(
            "privacyRestoredQuestion",
            title="privacy.restored.confirm",
            yes="privacy.restored.yes",
            no="privacy.restored.no",
            also=self.second,
        )
        for item in (self.about, self.accounts, self.people, self.note):
            self.body.addWidget(item)
        self.body.addLayout(row(self.button, None))
        self.body.addWidget(self.question)
        self.button.clicked.connect(lambda: self.question.ask("privacy.restored.ask"))
        self.question.confirmed.connect(lambda: self.confirmed.emit(*self.second.take()))
        self.hide()

    def show_content(self, content: RestoredContent | None, two_admins: bool) -> None:
        """Show who came back; ``None``: nothing is to be confirmed."""
        self.setVisible(content is not None)
        self.second.setVisible(two_admins)
        if content is None:
            return
        self.about.set_key("privacy.restored.about", backup=content.backup)
        names = ", ".join(_account(one) for one in content.accounts if one.enabled)
        self.accounts.set_key("privacy.restored.accounts", names=names)
        listed = ", ".join(f"{one.number} {one.name}" for one in content.people if one.enabled)
        self.people.set_key(
            "privacy.restored.people",
            count=count_text(content.total),
            names=listed,
        )

    def reset(self) -> None:
        """Clear the inputs and the question."""
        self.second.clear()
        self.question.hide()


def _account(account: Account) -> str:
    return f"{account.name} ({tr(f'accounts.role.{account.role.value}')})"
