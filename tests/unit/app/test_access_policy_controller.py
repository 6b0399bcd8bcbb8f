"""The access policy in the running kiosk, at the door and on the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kiosk.access.door_monitor import DoorMonitor
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.access.locks import Input
from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import (
    AccessGroup,
    AccessPolicy,
    AntiPassback,
    AuthRequirement,
    DoorOverride,
)
from kiosk.access.policy.weekly_schedule import ALWAYS, Span, Week
from kiosk.app.access_policy_controller import (
    ANSWER_TIMEOUT_S,
    AccessPolicyController,
)
from kiosk.app.bootstrap.rules_factory import build_rules_service
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.examination import examine
from kiosk.app.opening_by_command import OpeningByCommand
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.app.tasks import Tasks
from kiosk.cli import door_command, main
from kiosk.cli.shared import operator
from kiosk.core.config import Config
from kiosk.core.decisions import Factor, Outcome, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.errors import LockError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole, CredentialMode, Person
from kiosk.core.ports import Clock
from kiosk.core.view_models import Check, CheckLevel
from kiosk.door.claims import Next
from kiosk.services.audit_writer import AuditWriter
from kiosk.services.door_override import OVERRIDE
from kiosk.services.opening_requests import OpeningRequests
from kiosk.services.single_opening import OpeningReason
from kiosk.storage.audit.trusted_clock import TrustedClock
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.helpers.access import FakeDriver, MemoryAudit
from tests.helpers.administrators import PIN, seasoned
from tests.helpers.door import NOW, Door
from tests.helpers.fakes import FakeClock
from tests.helpers.policy_door import PolicyDoor
from tests.helpers.staff_context import ImmediateWorker
from tests.unit.storage.samples import decision

MORNING = datetime(2026, 3, 2, 10, 0).astimezone()


class Site:
    """A controller with a fake lock and a clock that the test sets."""

    def __init__(
        self,
        storage: Store,
        rules: AccessPolicy,
        audit: MemoryAudit | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.audit = audit or MemoryAudit()
        self.now = MORNING
        self.steady = FakeClock()
        self.writer = AuditWriter(self.audit, lambda: NOW)
        self.driver = FakeDriver()
        self.lock = LockController(
            self.driver, LockControllerSettings(), DoorMonitor(30), lambda event, words: None
        )
        self.lock.start()
        assert self.driver.until("close")
        self.controller = AccessPolicyController(
            rules, self.lock, self.writer, storage, clock or (lambda: self.now), self.steady
        )
        self._storage = storage

    def tick(self) -> None:
        """Tick, and wait for the database."""
        self.controller.tick()
        self._storage.database.call(lambda: None)

    def stop(self) -> None:
        self.lock.stop()
        self.writer.close()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path)
    yield made
    made.close()


# at the door


def door_with(rules: AccessPolicy) -> tuple[Door, PolicyEngine, MemoryAudit]:
    made = PolicyDoor(rules)
    return made.door, made.engine, made.audit


def test_number_is_a_factor_for_one_visit_only():
    door, _, _ = door_with(AccessPolicy(way=AuthRequirement.NUMBER_FACE))
    door.see(1, 1.0)
    assert door.last.reason is Reason.NUMBER_NEEDED and door.lock.opened == 0
    door.see(None, 6.0)
    door.service.claim("2026-1", door.now)
    door.see(1, 1.0)
    assert door.last.outcome is Outcome.ACCEPT
    door.see(None, 8.0)
    door.see(1, 1.0)
    assert door.last.reason is Reason.NUMBER_NEEDED


def test_number_does_not_count_as_card():
    door, _, _ = door_with(AccessPolicy(way=AuthRequirement.CARD_FACE))
    door.service.claim("2026-1", door.now)
    door.see(1, 1.0)
    assert door.last.reason is Reason.CARD_NEEDED
    door.see(None, 6.0)
    door.service.claim("2026-1", door.now, Factor.CARD)
    door.see(1, 1.0)
    assert door.last.accepted


def test_two_person_rule_opens_and_waiting_does_not_count_as_failure():
    door, _, _ = door_with(AccessPolicy(two_person=ALWAYS))
    for _ in range(6):
        door.see(1, 1.0)
        door.see(None, 6.0)
    assert door.service.state is not DoorState.LOCKED_OUT and {
        d.reason for d in door.decisions
    } == {Reason.SECOND_PERSON_NEEDED}
    door.see(2, 1.0)
    assert door.last.accepted and door.lock.opened == 1


@pytest.mark.parametrize(
    ("pin", "reason", "alarms"),
    [("482915", Reason.MATCH, []), ("482916", Reason.DURESS, ["duress"])],
)
def test_duress_pin_opens_the_door_and_is_logged(pin: str, reason: Reason, alarms: list[str]):
    door, _, audit = door_with(AccessPolicy(duress=True, way=AuthRequirement.FACE_PIN))
    door.pins.set(1, "482915")
    assert door.service.claim("2026-1", door.now).next is Next.PIN
    assert door.service.enter_pin(pin, door.now).next is Next.FACE
    door.see(1, 1.0)
    assert (
        door.last.accepted
        and door.last.reason is door.log.rows[-1].reason is reason
        and audit.events == alarms
    )
    assert (
        door.lock.reasons == [reason.value]
        and door.service.view(door.now).state is DoorState.ACCEPTED
    )


def test_duress_pin_with_another_face_opens_nothing_and_is_logged():
    door, _, audit = door_with(AccessPolicy(duress=True, way=AuthRequirement.FACE_PIN))
    door.pins.set(1, "482915")
    door.service.claim("2026-1", door.now)
    door.service.enter_pin("482916", door.now)
    door.see(2, 5.0)
    assert not door.last.accepted and door.lock.opened == 0 and audit.events == ["duress"]


def test_cancelled_duress_does_not_affect_the_next_pin():
    door, _, audit = door_with(AccessPolicy(duress=True, way=AuthRequirement.FACE_PIN))
    door.pins.set(1, "482915")
    door.service.claim("2026-1", door.now)
    door.service.enter_pin("482916", door.now)
    door.service.cancel_claim(door.now)
    door.service.claim("2026-1", door.now)
    door.service.enter_pin("482915", door.now)
    door.see(1, 1.0)
    assert door.last.reason is Reason.MATCH and audit.events == ["duress"], "the first one's"


def test_duress_pin_without_face_opens_and_is_logged():
    door, _, audit = door_with(AccessPolicy(duress=True))
    person = Person("2026-9", "사람9", entry=CredentialMode.PIN)
    door.pins.set(door.people.add_with_templates(person, ()).id, "482915")
    assert door.service.claim("2026-9", door.now).next is Next.PIN
    assert door.service.enter_pin("482916", door.now).next is Next.DOOR
    assert door.last.reason is Reason.DURESS and audit.events == ["duress"]


def test_hours_with_pin_require_it_with_face_and_with_card():
    door, _, _ = door_with(AccessPolicy(way=AuthRequirement.FACE_PIN))
    door.pins.set(1, "482915")
    door.see(1, 1.0)
    assert door.last.reason is Reason.PIN_NEEDED
    door.see(None, 6.0)
    door.see(2, 1.0)
    assert door.last.reason is Reason.NO_PIN and door.lock.opened == 0
    door.see(None, 6.0)
    assert door.service.claim("2026-1", door.now, Factor.CARD).next is Next.PIN
    door.now += 1
    assert door.service.enter_pin("482915", door.now).next is Next.FACE
    door.see(1, 1.0)
    assert door.last.accepted


def test_card_still_counts_after_the_pin():
    door, _, _ = door_with(AccessPolicy(way=AuthRequirement.CARD_FACE))
    door.people.stored[1] = replace(door.people.stored[1], look_alike=True)
    door.pins.set(1, "482915")
    door.service.claim("2026-1", door.now, Factor.CARD)
    door.service.enter_pin("482915", door.now)
    door.see(1, 1.0)
    assert door.last.accepted


# in the application


def test_door_is_held_open_during_free_hours(storage: Store):
    day = Week(
        {
            name: (Span.parse("09:00-18:00"),)
            for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        }
    )
    made = Site(storage, AccessPolicy(free=day))
    made.tick()
    made.now += timedelta(seconds=1)
    made.tick()
    assert (
        made.driver.until("open")
        and made.driver.reasons == ["free_access"]
        and made.controller.alert == "free_access"
    )
    made.now = MORNING.replace(hour=18)
    made.tick()
    assert made.driver.until("close", 2) and not made.driver.on and made.controller.alert == ""
    made.stop()
    assert made.audit.events == ["free_access", "free_access_over"]


class Slow(MemoryAudit):
    """Waits before recording free access, like a database that is being written by others."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        if event == "free_access":
            self.asked.set()
            assert self.go_on.wait(10)
        super().record(event, actor, detail)


class Full(MemoryAudit):
    """Fails, like a full disk."""

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        raise StorageError("The disk is full.")


def test_door_is_held_open_only_after_the_log_row_is_committed(storage: Store):
    audit = Slow()
    made = Site(storage, AccessPolicy(free=ALWAYS), audit)
    made.controller.tick()
    assert audit.asked.wait(10) and made.driver.looked(5)
    assert not made.driver.on and made.controller.alert == ""
    audit.go_on.set()
    assert made.driver.until("open")
    made.stop()


def test_door_is_not_held_open_if_the_log_cannot_be_written(storage: Store):
    made = Site(storage, AccessPolicy(free=ALWAYS), Full())
    for _ in range(3):
        made.tick()
    assert made.driver.looked(5)
    made.stop()
    assert "open begins" not in made.driver.calls and made.controller.alert == ""


def test_clock_behind_the_log_ends_free_access(storage: Store):
    wrong = datetime(1999, 1, 1, 10, tzinfo=MORNING.tzinfo)
    now = [MORNING]
    storage.access_log.append(decision(MORNING - timedelta(hours=1)))
    made = Site(
        storage, AccessPolicy(free=ALWAYS), clock=TrustedClock(storage.database, lambda: now[0])
    )
    now[0] = wrong
    made.tick()
    assert made.driver.looked(5) and "open begins" not in made.driver.calls
    now[0] = MORNING
    made.tick()
    assert made.driver.until("open")
    now[0] = wrong
    made.tick()
    assert made.driver.until("close", 2) and not made.driver.on and made.controller.alert == ""
    made.stop()
    assert made.audit.events == ["free_access", "free_access_over"]


def test_unresponsive_database_ends_free_access(storage: Store):
    made = Site(storage, AccessPolicy(free=ALWAYS))
    made.tick()
    assert made.driver.until("open")
    go_on = threading.Event()
    storage.database.submit(go_on.wait, 10)
    made.controller.tick()
    made.steady.advance(ANSWER_TIMEOUT_S + 1)
    made.controller.tick()
    assert made.driver.until("close", 2) and not made.driver.on
    go_on.set()
    made.tick()
    assert made.driver.until("open", 2)
    made.stop()
    assert made.audit.events == ["free_access", "free_access_over", "free_access"]


def test_lockdown_locks_at_once_and_persists(storage: Store):
    made = Site(storage, AccessPolicy(free=ALWAYS))
    made.tick()
    assert made.driver.until("open")
    storage.settings.set("door.override", "lockdown")
    made.controller.read_changes()()
    made.tick()
    assert (
        made.driver.until("close", 2) and not made.driver.on and made.controller.alert == "lockdown"
    )
    made.stop()
    again = Site(storage, AccessPolicy(free=ALWAYS))
    assert (
        again.controller.rules.override is DoorOverride.LOCKDOWN
        and again.controller.alert == "lockdown"
    )
    again.stop()


def test_a_lockdown_with_exceptions_says_so(storage: Store):
    storage.settings.set("door.override", "lockdown")
    groups = {"everybody": AccessGroup(), "guards": AccessGroup(lockdown=True)}
    made = Site(storage, AccessPolicy(groups=groups))
    assert made.controller.alert == "lockdown_groups"
    made.stop()


def test_lost_lock_takes_precedence_in_the_alert(storage: Store):
    made = Site(storage, AccessPolicy())
    made.driver.unplug()
    made.controller.rules.set_override(DoorOverride.FREE, "test")
    made.tick()
    assert made.driver.until("open begins")
    made.stop()
    assert made.controller.alert == "lock_lost"


def test_unknown_override_counts_as_normal(storage: Store):
    storage.settings.set("door.override", ["open", "sesame"])
    made = Site(storage, AccessPolicy())
    assert made.controller.rules.override is DoorOverride.NORMAL
    made.stop()


def test_people_inside_are_remembered_over_a_restart(storage: Store):
    from kiosk.core.decisions import Decision, Mode
    from kiosk.core.people import Person

    one = Person("2026-1", "홍길동", id=1)
    made = Site(storage, AccessPolicy(passback=AntiPassback.HARD))
    assert made.controller.rules(one, MORNING, frozenset({Factor.FACE})) is None
    made.controller.rules.decided(
        Decision(MORNING, Outcome.ACCEPT, Reason.MATCH, Mode.IDENTIFY, 1.0, "net", 1)
    )
    made.stop()
    again = Site(storage, AccessPolicy(passback=AntiPassback.HARD))
    assert again.controller.rules(one, MORNING, frozenset({Factor.FACE})) is Reason.ALREADY_INSIDE
    again.stop()


# from the command line


def test_door_command_sets_and_shows_the_override(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def say(*words: str) -> str:
        assert main(["door", *words, "--data-dir", str(tmp_path)]) == 0
        return capsys.readouterr().out.strip()

    assert say() == "the door is by its rules"
    assert say("lockdown") == "the door is locked down" == say("state")
    assert say("free") == "the door is open for everybody"
    assert say("forget") and say("normal") == "the door is by its rules"


def test_door_command_is_logged_and_uses_the_key_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = tmp_path / "data"
    keys = tmp_path / "elsewhere"
    sheet = tmp_path / "log.jsonl"
    data.mkdir()
    (data / "config.toml").write_text(f"[security]\nkey_folder = '{keys}'\n")
    for words in (
        ["door", "free"],
        ["door", "normal"],
        ["door", "forget"],
        ["door"],
        ["log", "export", str(sheet), "--actions"],
    ):
        assert main([*words, "--data-dir", str(data)]) == 0
    capsys.readouterr()
    assert keys.is_dir() and not (tmp_path / "data-keys").exists()
    rows = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    done = [
        (row["event"], row["actor"])
        for row in rows
        if str(row.get("event", "")).startswith("door_")
    ]
    assert sorted(done) == [
        (f"door_{name}", operator().name) for name in ("forget", "free", "normal")
    ]


@pytest.mark.parametrize(
    ("actor", "key"),
    [
        (Account("조교", AccountRole.STAFF), "error.admin_only"),
        (Account("", AccountRole.STAFF, enabled=False), "error.sign_in_first"),
    ],
)
def test_only_administrators_override_the_schedule(storage: Store, actor: Account, key: str):
    site = Site(storage, AccessPolicy())
    try:
        with pytest.raises(SignInError) as refused:
            site.controller.override_service().store(actor, "free")
        assert refused.value.key == key and storage.settings.get(OVERRIDE, "none") == "none"
        by = site.controller.override_service().store(seasoned(storage, "관리자"), "free")
        assert by == "관리자" and storage.settings.get(OVERRIDE, "none") == "free"
    finally:
        site.stop()


def test_two_administrators_open_the_door_to_everybody_while_the_rule_is_on(storage: Store):
    site = Site(storage, AccessPolicy())
    first, second = seasoned(storage, "하나"), seasoned(storage, "둘", "582036")
    storage.two_admins.turn_on()
    try:
        service = site.controller.override_service()
        assert service.needs_two(first)
        for name, pin in (("", ""), ("하나", PIN)):
            with pytest.raises(SignInError):
                service.store(first, "free", name, pin)
        assert storage.settings.get(OVERRIDE, "none") == "none"
        assert service.store(first, "lockdown") == "하나", "one locks it down, and lifts that"
        assert service.store(first, "normal") == "하나"
        assert service.store(first, "free", second.name, "582036") == "하나 + 둘"
    finally:
        site.stop()


def test_the_clock_beside_the_door_is_in_the_time_zone_of_the_rules(storage: Store):
    zone = timezone(timedelta(hours=-12))
    site = Site(storage, AccessPolicy(zone=zone))
    try:
        assert site.controller.door_time().tzinfo is zone
        site.controller.rules.use(AccessPolicy(zone=UTC))
        assert site.controller.door_time().tzinfo is UTC
    finally:
        site.stop()


@pytest.mark.parametrize("seconds", ["nan", "100", "0", "-1", "inf"])
def test_opening_time_out_of_range_is_refused_and_not_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: str
):
    assert main(["lock", "open", f"--seconds={seconds}", "--data-dir", str(tmp_path)]) == 2
    assert "--seconds must be more than 0 and at most 60" in capsys.readouterr().err
    assert not (tmp_path / "munjigi.db").exists()


def test_inputs_are_read_while_the_lock_is_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    driver = FakeDriver()
    driver.wired = {Input.CONTACT: True}
    monkeypatch.setattr("kiosk.cli.lock_command.make_driver", lambda config: driver)
    monkeypatch.setattr(driver, "stop", driver.wired.clear)  # disconnects
    assert main(["lock", "check", "--data-dir", str(tmp_path)]) == 0
    assert "contact: active" in capsys.readouterr().out


def test_broken_policy_is_reported_by_the_door_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "policy.toml").write_text("[door]\nway = 'knock'\n")
    assert main(["door", "free", "--data-dir", str(tmp_path)]) == 2
    assert (
        "door.way must be one of" in capsys.readouterr().err
        and not (tmp_path / "munjigi.db").exists()
    )


def test_doctor_checks_lock_and_rules(tmp_path: Path):
    def found(name: str, config: Config) -> Check:
        return next(check for check in examine(config, tmp_path) if check.name == name)

    assert found("rules", Config()).level is found("lock", Config()).level is CheckLevel.OK
    (tmp_path / "policy.toml").write_text("[groups.a]\n[groups.b]\n")
    assert "groups: a, b" in found("rules", Config()).found
    broken = replace(
        Config(), door=replace(Config().door, policy=str(tmp_path / "nothing.toml"), lock="command")
    )
    assert (
        found("rules", broken).level is CheckLevel.PROBLEM
        and "no policy file" in found("rules", broken).advice
    )
    assert (
        found("lock", broken).level is CheckLevel.PROBLEM
        and "command.open" in found("lock", broken).advice
    )


def test_groups_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from kiosk.core.people import Person

    storage = open_store(tmp_path)
    storage.people.add(Person("2026-1", "홍길동"))
    storage.close()
    for words, printed in ((("night", "학생"), "night, 학생"), ((), "night, 학생")):
        assert main(["people", "groups", "2026-1", *words, "--data-dir", str(tmp_path)]) == 0
        assert printed in capsys.readouterr().out
    assert main(["people", "groups", "2026-1", "a,b", "--data-dir", str(tmp_path)]) == 2


def test_groups_of_the_policy_decide(tmp_path: Path):
    rules = AccessPolicy(
        groups={"day": AccessGroup(), "never": AccessGroup(Week())}, default_group=""
    )
    door, _, _ = door_with(rules)
    door.see(1, 1.0)
    assert door.last.reason is Reason.NO_GROUP


# opened once by staff


def test_staff_open_the_door_once_and_not_during_a_lockdown(storage: Store):
    site = Site(storage, AccessPolicy())
    staff = Account("김조교", AccountRole.STAFF, id=2)
    try:
        opening = site.controller.opening_service(lambda: Config().door, lambda decision: None)
        assert opening.open(staff, OpeningReason.DELIVERY, "택배") == Config().door.open_s
        assert site.driver.on and site.driver.reasons == ["opened_by_staff"]
        assert site.writer.recent[0][1] == "door_opened_once"
        row = storage.access_log.latest().decision
        assert (row.outcome, row.reason) == (Outcome.ACCEPT, Reason.OPENED_BY_STAFF)
        site.controller.set_override(DoorOverride.LOCKDOWN.value, "관리자")
        assert site.driver.until("close")
        with pytest.raises(LockError):
            opening.open(staff, OpeningReason.DELIVERY, "택배")
        assert len(site.driver.reasons) == 1 and storage.access_log.count() == 1
    finally:
        site.stop()


def test_a_running_kiosk_follows_rules_that_a_command_stores_and_no_file_edited_by_hand(
    storage: Store, tmp_path: Path
):
    made = Site(storage, AccessPolicy())
    engine = made.controller.rules
    file = SitePolicyFile(Config(), tmp_path, lambda: engine.rules, engine.use)
    made.controller.follow(file)
    elsewhere = build_rules_service(storage, SitePolicyFile(Config(), tmp_path))
    view = elsewhere.view(operator())
    elsewhere.change(operator(), replace(view.rules, country="KR"), view.seen)
    assert engine.rules.calendar.country == ""
    made.controller.read_changes()()
    assert engine.rules.calendar.country == "KR"
    (tmp_path / "policy.toml").write_text('[groups.a]\nschedule = "never"\n', encoding="utf-8")
    made.controller.read_changes()()
    assert engine.rules.calendar.country == "KR"
    elsewhere.apply_file(operator())
    made.controller.read_changes()()
    assert set(engine.rules.groups) == {"a"}


def test_a_command_needs_two_administrators_for_any_rules_with_that_rule_on(
    storage: Store, tmp_path: Path
):
    policy = tmp_path / "policy.toml"
    policy.write_text('[groups.a]\nschedule = "never"\n', encoding="utf-8")
    service = build_rules_service(storage, SitePolicyFile(Config(), tmp_path))
    view = service.view(operator())
    service.change(operator(), replace(view.rules, country="KR"), view.seen)
    policy.write_text('[groups.a]\nschedule = "always"\n', encoding="utf-8")  # by hand, unasked
    storage.two_admins.turn_on()
    with pytest.raises(SignInError):
        service.restore(operator(), 1)
    assert "always" in policy.read_text(encoding="utf-8")


def test_who_may_enter_and_earlier_rules_on_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    (tmp_path / "policy.toml").write_text(
        'zone = "Asia/Seoul"\n[schedules.office]\nmon = ["09:00-18:00"]\n'
        '[groups.students]\nschedule = "office"\n',
        encoding="utf-8",
    )
    folder = ["--data-dir", str(tmp_path)]
    with open_store(tmp_path) as storage:
        storage.people.add(Person("1", "이산", entry=CredentialMode.PIN))
        service = build_rules_service(storage, SitePolicyFile(Config(), tmp_path))
        view = service.view(operator())
        service.change(operator(), replace(view.rules, country="KR"), view.seen)
    assert main(["rules", "who", "--at", "2026-11-30T12:00", *folder]) == 0
    assert "1\t이산\tno_pin" in capsys.readouterr().out
    assert main(["rules", "who", "--at", "2026-12-01T12:00", *folder]) == 0
    assert "0 may enter, 1 may not" in capsys.readouterr().out
    assert main(["rules", "history", *folder]) == 0
    assert capsys.readouterr().out.startswith("1\tuntil")
    assert main(["rules", "undo", *folder]) == 0
    assert main(["rules", *folder]) == 0
    out = capsys.readouterr().out
    assert "holidays.country" not in out and "schedules.office.mon: 09:00-18:00" in out
    assert main(["rules", "who", "--at", "noon", *folder]) == 2


def test_a_command_has_the_running_kiosk_open_the_door_once(storage: Store, capfd):
    site = Site(storage, AccessPolicy())
    opening = site.controller.opening_service(lambda: Config().door, lambda decision: None)
    requests = OpeningRequests(storage.settings, local_now)
    by_command = OpeningByCommand(Tasks(), opening, requests)
    by_command._worker = ImmediateWorker()  # type: ignore[assignment]
    data = ["--data-dir", str(storage.database.path.parent)]
    codes: list[int] = []
    command = threading.Thread(
        target=lambda: codes.append(main(["door", "open", "--reason", "delivery", *data]))
    )
    try:
        command.start()
        while command.is_alive():
            by_command.read()()
            command.join(0.05)
        assert codes == [0] and "no lock is set up" in capfd.readouterr().out
        assert site.driver.reasons == ["opened_by_staff"]
        row = storage.access_log.latest().decision
        assert row.person_name == operator().name and row.reason is Reason.OPENED_BY_STAFF
    finally:
        site.stop()
        by_command.stop()


def test_a_command_without_a_running_kiosk_opens_nothing_later_either(
    storage: Store, capfd, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door_command, "ANSWER_S", 0.0)
    data = str(storage.database.path.parent)
    assert main(["door", "open", "--reason", "visitor", "--data-dir", data]) == 2
    assert "munjigi lock open" in capfd.readouterr().err
    assert OpeningRequests(storage.settings, local_now).take() is None
