"""Every use case of staff refuses the wrong role, even if called directly, and does nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kiosk.core.access_rules import RuleKind
from kiosk.core.config import Config
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import SignInError
from kiosk.core.import_plan import ImportPlan
from kiosk.core.people import Account, AccountRole
from kiosk.core.people_filter import EVERYBODY
from kiosk.core.rights import RIGHTS, Right
from kiosk.core.threshold_analysis import Source
from kiosk.core.thresholds import Choice, Thresholds
from kiosk.services.access_rules_service import AccessRulesService
from kiosk.services.account_service import AccountService
from kiosk.services.administer import AdministerService
from kiosk.services.analysis import AnalysisService
from kiosk.services.card_service import CardService
from kiosk.services.decision_replay import DecisionReplayService
from kiosk.services.door_override import DoorOverrideService
from kiosk.services.door_pin_service import DoorPinService
from kiosk.services.enrolment import EnrolService
from kiosk.services.entry_preview_service import EntryPreviewService
from kiosk.services.export_service import ExportService
from kiosk.services.fleet_service import FleetService
from kiosk.services.import_people import BulkImport
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.services.manual_opening import ManualOpening
from kiosk.services.own_data_service import OwnDataService
from kiosk.services.people_bulk import BulkDone, BulkEdit, PeopleBulkService
from kiosk.services.picture_enrolment import PictureEnrolment
from kiosk.services.re_enrolment_service import ReEnrolmentService
from kiosk.services.settings_service import SettingsService
from kiosk.services.single_opening import OpeningReason, SingleOpening
from kiosk.services.statistics_service import StatisticsService
from kiosk.services.stored_data import BackupFilesService, StoredDataService
from kiosk.services.system_check import SystemCheckService
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.consenting import consenting
from tests.helpers.door import INFO, NOW

PERSON = consenting("2026-1", "이산", NOW)
ACTORS = {
    "nobody": Account("", AccountRole.STAFF, enabled=False),
    "disabled": Account("전 관리자", AccountRole.ADMIN, enabled=False),
    "staff": Account("조교", AccountRole.STAFF),
}


class Untouched:
    """Stands in for every store and function and records the calls."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def __getattr__(self, name: str):
        def use(*_values: object, **_named: object) -> None:
            self.used.append(name)

        return use

    def __call__(self, *_values: object, **_named: object) -> None:
        self.used.append("called")


def administer(store):
    return AdministerService(store, store, store, lambda: NOW, store, store)


def rules_service(store):
    two = TwoAdmins(lambda: False, store.verify, lambda: NOW)
    return AccessRulesService(store, store, store, two, store, lambda: NOW, store)


def fleet(store):
    two = TwoAdmins(lambda: False, store.verify, lambda: NOW)
    return FleetService(store, store, store, two, store, store)


def enrolment(store):
    return EnrolService(
        store,
        store,
        INFO,
        thresholds=Thresholds.same(1.0),
        duplicate_factor=1.0,
        pose_timeout_s=60,
    )


def stored_data(store):
    two = TwoAdmins(lambda: False, store.verify, lambda: NOW)
    return StoredDataService(store, store, store, two, lambda: NOW, store, store, store, store)


def backup_files(store):
    return BackupFilesService(store, TwoAdmins(lambda: False, store.verify, lambda: NOW))


def settings(store):
    two = TwoAdmins(lambda: False, store.verify, lambda: NOW)
    return SettingsService(store, store, two, store, Config(), "")


def accounts(store):
    return AccountService(store, TwoAdmins(lambda: False, store.verify, lambda: NOW))


def override(store):
    return DoorOverrideService(store, store, TwoAdmins(lambda: False, store.verify, lambda: NOW))


def analysis(store):
    return AnalysisService(
        store,
        store,
        store,
        store,
        lambda: NOW,
        info=INFO,
        configured=Choice(target=1.0),
        derive=store,
        measure=store,
        of_decisions=store,
        replay=store,
        groups=store,
        changed=store,
    )


def bulk(store):
    return BulkImport(store, store, lambda: NOW, INFO.id)


def people_bulk(store):
    return PeopleBulkService(store, lambda actor, one: store.delete(one), lambda: None)


USE_CASES = {
    "people": (Right.VIEW_PEOPLE, lambda s, a: administer(s).people(a, EVERYBODY, 0, 9)),
    "people_ids": (Right.VIEW_PEOPLE, lambda s, a: administer(s).people_ids(a, EVERYBODY)),
    "people_count": (Right.VIEW_PEOPLE, lambda s, a: administer(s).people_count(a, EVERYBODY)),
    "bulk edit": (
        Right.CHANGE_PEOPLE,
        lambda s, a: people_bulk(s).edit(a, {1}, BulkEdit(enabled=False)),
    ),
    "bulk undo": (Right.CHANGE_PEOPLE, lambda s, a: people_bulk(s).undo(a, BulkDone())),
    "bulk delete": (Right.DELETE_PEOPLE, lambda s, a: people_bulk(s).delete(a, [1])),
    "look-alikes": (
        Right.VIEW_PEOPLE,
        lambda s, a: DoorPinService(s, s, s, s).look_alikes(a, 1),
    ),
    "re-enrolment": (
        Right.VIEW_PEOPLE,
        lambda s, a: ReEnrolmentService(s, lambda: NOW).waiting(a, "x"),
    ),
    "enrolled": (Right.VIEW_PEOPLE, lambda s, a: administer(s).enrolled(a, "x")),
    "number": (Right.ENROL, lambda s, a: administer(s).number_owner(a, "2026-1")),
    "add person": (Right.ENROL, lambda s, a: administer(s).add_person(a, PERSON)),
    "guided enrolment": (Right.ENROL, lambda s, a: enrolment(s).start(a, PERSON, 0.0)),
    "picture enrolment": (
        Right.ENROL,
        lambda s, a: PictureEnrolment(s, s, s, 1.0).enrol(a, PERSON, ()),
    ),
    "save person": (Right.CHANGE_PEOPLE, lambda s, a: administer(s).save_person(a, PERSON)),
    "looks": (Right.VIEW_PEOPLE, lambda s, a: KeptLooksService(s, s).history(a, 1)),
    "remove look": (Right.CHANGE_PEOPLE, lambda s, a: KeptLooksService(s, s).remove(a, 1, 2)),
    "enable person": (
        Right.CHANGE_PEOPLE,
        lambda s, a: administer(s).set_person_enabled(a, 1, False),
    ),
    "issue badge": (
        Right.CHANGE_PEOPLE,
        lambda s, a: CardService(s, s).issue_badge(a, PERSON, s, NOW, s),
    ),
    "view rules": (Right.CHANGE_RULES, lambda s, a: rules_service(s).view(a)),
    "apply rules": (Right.CHANGE_RULES, lambda s, a: rules_service(s).apply_file(a)),
    "restore rules": (Right.CHANGE_RULES, lambda s, a: rules_service(s).restore(a, 1)),
    "rename a group": (
        Right.CHANGE_RULES,
        lambda s, a: rules_service(s).rename(a, RuleKind.GROUP, "a", "b", ""),
    ),
    "view fleet": (Right.MANAGE_FLEET, lambda s, a: fleet(s).view(a)),
    "list requests of nodes": (Right.MANAGE_FLEET, lambda s, a: fleet(s).requests(a)),
    "admit a node": (Right.MANAGE_FLEET, lambda s, a: fleet(s).admit(a, "node")),
    "revoke a node": (Right.MANAGE_FLEET, lambda s, a: fleet(s).revoke(a, "node")),
    "verify the feed": (Right.MANAGE_FLEET, lambda s, a: fleet(s).verify(a)),
    "leave the fleet": (Right.MANAGE_FLEET, lambda s, a: fleet(s).leave(a)),
    "settle a conflict": (Right.CHANGE_PEOPLE, lambda s, a: fleet(s).settle(a, 1, True)),
    "preview entry": (
        Right.CHANGE_RULES,
        lambda s, a: EntryPreviewService(s, s, lambda: NOW).preview(a),
    ),
    "list cards": (Right.CHANGE_PEOPLE, lambda s, a: CardService(s, s).cards(a, PERSON)),
    "revoke card": (Right.CHANGE_PEOPLE, lambda s, a: CardService(s, s).revoke(a, PERSON, 1)),
    "add card": (Right.CHANGE_PEOPLE, lambda s, a: CardService(s, s).add_card(a, PERSON, "x")),
    "revoke cards": (Right.CHANGE_PEOPLE, lambda s, a: CardService(s, s).forget(a, PERSON)),
    "delete": (Right.DELETE_PEOPLE, lambda s, a: OwnDataService(s, s, s, s).delete(a, 1)),
    "withdraw": (
        Right.DELETE_PEOPLE,
        lambda s, a: OwnDataService(s, s, s, s).withdraw_consent(a, 1),
    ),
    "own data": (Right.EXPORT_OWN_DATA, lambda s, a: OwnDataService(s, s, s, s).export(a, 1)),
    "import tables": (Right.IMPORT_PEOPLE, lambda s, a: bulk(s).tables(a, Path("x"))),
    "import plan": (Right.IMPORT_PEOPLE, lambda s, a: bulk(s).plan(a, Path("x.csv"))),
    "import examine": (
        Right.IMPORT_PEOPLE,
        lambda s, a: bulk(s).examine(a, ImportPlan("x", ()), s, s),
    ),
    "import": (Right.IMPORT_PEOPLE, lambda s, a: bulk(s).carry_out(a, ImportPlan("x", ()))),
    "door PIN": (
        Right.SET_DOOR_PIN,
        lambda s, a: DoorPinService(s, s, s, s).set_pin(a, 1, "482915"),
    ),
    "log": (Right.VIEW_TODAY, lambda s, a: administer(s).log(a, LogFilter(), 0, 9)),
    "statistics": (
        Right.VIEW_TODAY,
        lambda s, a: StatisticsService(s, lambda: NOW).entries(a, "today"),
    ),
    "actions": (Right.VIEW_AUDIT_LOG, lambda s, a: administer(s).actions(a, LogFilter(), 0, 9)),
    "export": (
        Right.EXPORT_LOG,
        lambda s, a: ExportService(s, s, lambda: NOW).export(
            a, "log", LogFilter(), "csv", Path("x.csv")
        ),
    ),
    "export into": (
        Right.EXPORT_LOG,
        lambda s, a: ExportService(s, s, lambda: NOW).export_into(
            a, "actions", LogFilter(), "csv", Path("none")
        ),
    ),
    "analysis": (Right.TUNE_THRESHOLD, lambda s, a: analysis(s).view(a, Source.SITE)),
    "replay": (
        Right.VIEW_HISTORY,
        lambda s, a: DecisionReplayService(s, s, s).replay(a, LogFilter(), 1.0, 9),
    ),
    "preview": (Right.TUNE_THRESHOLD, lambda s, a: analysis(s).preview(a, None)),
    "apply": (Right.TUNE_THRESHOLD, lambda s, a: analysis(s).apply(a, None)),
    "see override": (
        Right.CONTROL_DOOR,
        lambda s, a: override(s).stored(a),
    ),
    "whether two open the door": (
        Right.CONTROL_DOOR,
        lambda s, a: override(s).needs_two(a),
    ),
    "override door": (
        Right.CONTROL_DOOR,
        lambda s, a: override(s).store(a, "free"),
    ),
    "forget who is inside": (
        Right.CONTROL_DOOR,
        lambda s, a: override(s).forget_inside(a),
    ),
    "open once": (
        Right.OPEN_DOOR,
        lambda s, a: SingleOpening(
            s, s, s, TwoAdmins(lambda: False, s.verify, lambda: NOW), lambda: NOW, s
        ).open(a, OpeningReason.VISITOR),
    ),
    "open lock": (Right.CONTROL_DOOR, lambda s, a: ManualOpening(s, s).open(a, 3.0)),
    "accounts": (Right.MANAGE_ACCOUNTS, lambda s, a: accounts(s).accounts(a)),
    "add account": (
        Right.MANAGE_ACCOUNTS,
        lambda s, a: accounts(s).add(a, "x", AccountRole.ADMIN, "482915"),
    ),
    "account PIN": (Right.MANAGE_ACCOUNTS, lambda s, a: accounts(s).set_pin(a, 1, "482915")),
    "own PIN": (
        Right.MANAGE_ACCOUNTS,
        lambda s, a: accounts(s).change_own_pin(a, "482915", "582036"),
    ),
    "enable account": (
        Right.MANAGE_ACCOUNTS,
        lambda s, a: accounts(s).set_enabled(a, 1, False),
    ),
    "stored data": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).view(a)),
    "back up": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).back_up(a)),
    "recovery code": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).new_recovery_code(a)),
    "list backups": (Right.MANAGE_STORED_DATA, lambda s, a: backup_files(s).list_backups(a)),
    "newest backup": (
        Right.MANAGE_STORED_DATA,
        lambda s, a: backup_files(s).newest_good_backup(a),
    ),
    "restore without database": (
        Right.MANAGE_STORED_DATA,
        lambda s, a: backup_files(s).restorer(a, "x"),
    ),
    "verify backup": (
        Right.MANAGE_STORED_DATA,
        lambda s, a: stored_data(s).verify_backup(a, "x"),
    ),
    "restore": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).restorer(a, "x")),
    "delete rows": (
        Right.MANAGE_STORED_DATA,
        lambda s, a: stored_data(s).delete_rows(a, date(2026, 3, 1)),
    ),
    "verify log": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).verify_log(a)),
    "receipts": (
        Right.MANAGE_STORED_DATA,
        lambda s, a: OwnDataService(s, s, s, s).receipts(a),
    ),
    "rotate key": (Right.MANAGE_STORED_DATA, lambda s, a: stored_data(s).rotate_key(a)),
    "settings": (Right.CHANGE_SETTINGS, lambda s, a: settings(s).view(a)),
    "change settings": (Right.CHANGE_SETTINGS, lambda s, a: settings(s).change(a, {})),
    "restart": (Right.CHANGE_SETTINGS, lambda s, a: settings(s).may_restart(a)),
    "system check": (Right.CHECK_SYSTEM, lambda s, a: SystemCheckService(s).run(a)),
}
REFUSED = [
    (name, who)
    for name, (right, _) in USE_CASES.items()
    for who, actor in ACTORS.items()
    if not actor.enabled or right not in RIGHTS[actor.role]
]


@pytest.mark.parametrize(("name", "who"), REFUSED)
def test_a_use_case_refuses_the_wrong_role_and_touches_nothing(name, who):
    store = Untouched()
    with pytest.raises(SignInError) as refused:
        USE_CASES[name][1](store, ACTORS[who])
    key = "error.admin_only" if who == "staff" else "error.sign_in_first"
    assert refused.value.key == key
    assert store.used == []


def test_every_right_is_required_by_a_use_case_here_or_in_its_own_test():
    elsewhere = {
        Right.REPLACE_DOOR_PIN,  # test_door_pin_service
        Right.LOWER_THRESHOLD,  # test_analysis
        Right.TAKE_FILES,  # test_delivery_service
        Right.CONTROL_MACHINE,  # test_machine_service
    }
    assert {right for right, _ in USE_CASES.values()} | elsewhere == set(Right)
