"""The access rules: shown, edited, undone, and who may enter by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Slot

from kiosk.access.policy.calendar import named_holidays
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.bootstrap.rules_factory import build_entry_preview, build_rules_service
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import shown_by
from kiosk.core.access_rules import AccessRules, PublicHoliday, RuleKind, RulesView
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.i18n import language
from kiosk.ui.screens.access.access_rules_screen import AccessRulesScreen

OFFERED = "KR"
"""The country whose public holidays are offered to a site without any."""
YEARS = 12
"""Years of public holidays that are shown, from last year on."""


class AccessRulesPresenter(QObject):
    """Answers the page of the access rules, on the staff's worker."""

    def __init__(
        self,
        page: AccessRulesScreen,
        context: StaffContext,
        storage: Store,
        controller: AccessPolicyController,
    ) -> None:
        super().__init__(page)  # it goes with the page, and lets go of the language then
        assert controller.file is not None, "the running kiosk follows its policy file"
        self._page = page
        self._context = context
        self._engine = controller.rules
        self._service = build_rules_service(storage, controller.file)
        self._previews = build_entry_preview(storage, controller.file, controller.rules)
        self._country = OFFERED
        page.viewRequested.connect(self._show)
        page.saveRequested.connect(self._save)
        page.renameRequested.connect(self._rename)
        page.restoreRequested.connect(self._restore)
        page.previewRequested.connect(self._preview)
        page.holidaysRequested.connect(self._show_holidays)
        language().changed.connect(self._language_changed)

    @Slot()
    def _show(self) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._with_holidays(self._service.view(actor)),
            self._page.show_view,
            shown_by(self._page.show_error),
        )

    @Slot(object, str, str, str)
    def _save(self, rules: AccessRules, seen: str, name: str, pin: str) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._with_holidays(self._service.change(actor, rules, seen, name, pin)),
            self._page.show_saved,
            shown_by(self._page.show_error),
        )

    @Slot(str, str, str, str, str, str)
    def _rename(self, kind: str, old: str, new: str, seen: str, name: str, pin: str) -> None:
        actor = self._context.session.account
        what = RuleKind(kind)
        self._context.worker.run(
            lambda: self._with_holidays(
                self._service.rename(actor, what, old, new, seen, name, pin)
            ),
            self._page.show_saved,
            shown_by(self._page.show_error),
        )

    @Slot(int, str, str)
    def _restore(self, number: int, name: str, pin: str) -> None:
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._with_holidays(self._service.restore(actor, number, name, pin)),
            self._page.show_saved,
            shown_by(self._page.show_error),
        )

    @Slot(object, object)
    def _preview(self, wall: datetime | None, draft: AccessRules | None) -> None:
        actor = self._context.session.account
        at = None if wall is None else self._engine.rules.moment(wall)
        self._context.worker.run(
            lambda: self._previews.preview(actor, at, draft),
            self._page.show_preview,
            shown_by(self._page.show_preview_error),
        )

    @Slot(str)
    def _language_changed(self, _code: str) -> None:
        """Name the holidays again, unless the page is away: it asks when it is opened."""
        if self._context.navigation.is_shown("rules"):
            self._show_holidays()

    @Slot()
    def _show_holidays(self) -> None:
        self._context.worker.run(
            self._public, self._page.show_public_holidays, shown_by(self._page.show_error)
        )

    def _with_holidays(self, view: RulesView) -> RulesView:
        self._country = view.rules.country or OFFERED
        return replace(view, public_holidays=self._public())

    def _public(self) -> tuple[PublicHoliday, ...]:
        first = local_now().year - 1
        days = named_holidays(self._country, range(first, first + YEARS), language().code)
        return tuple(PublicHoliday(day, name) for day, name in days)
