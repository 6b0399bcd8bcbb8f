"""Re-enrolment after a change of the network: the list, and the way from the door to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.runtime import Runtime
from kiosk.core.config import config_from
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.templates import EmbedderInfo, Template
from kiosk.core.view_models import PeoplePage, ReEnrolment
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.theme import theme
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped

AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
HONG = Person("2026-1", "홍길동", id=1, groups=("lab",), templates=5)
KIM = Person("2026-2", "김철수", id=2, templates=5)
FOUND = ReEnrolment(17, 7, ((HONG, AT), (KIM, AT - timedelta(minutes=9))))
STAFF = Account("조교", AccountRole.STAFF, id=2)


@pytest.fixture
def screen(shown) -> PeopleScreen:
    theme().reduced_motion = True
    made = shown(PeopleScreen(), 1064, 800)
    made.set_role(AccountRole.STAFF)
    made.show_page(PeoplePage((HONG, KIM), 2))
    return made


def test_nothing_is_shown_where_nobody_needs_it(screen):
    assert (
        not screen.re_enrolment.isVisible()
        and not screen.show_only.isVisible()
        and not screen.only_again
    )


def test_waiting_person_is_on_top_and_one_touch_starts(qtbot, screen):
    screen.show_re_enrolment(FOUND)
    title = find(screen, "reEnrolmentTitle").text()
    assert "17" in title and "24" in title and screen.re_enrolment.bar.value() == 7
    with qtbot.waitSignal(screen.reEnrolRequested) as requests:
        click(qtbot, screen, "reEnrolmentStart.2")
    assert requests.args == [KIM]


def test_filter_is_shown_while_people_need_re_enrolment(qtbot, screen):
    screen.show_re_enrolment(FOUND)
    with qtbot.waitSignal(screen.pageRequested):
        click(qtbot, screen, "peopleShow.again")
    assert screen.only_again and "17" in find(screen, "peopleShow.again").text()
    screen.table.chosen.emit(KIM)
    with qtbot.waitSignal(screen.reEnrolRequested):
        click(qtbot, screen, "personReEnrol")
    with qtbot.waitSignal(screen.pageRequested):
        screen.show_re_enrolment(ReEnrolment(0, 24))
    assert not screen.only_again and not screen.re_enrolment.isVisible()


def test_staff_re_enrol_only_people_who_need_it(screen):
    screen.show_re_enrolment(FOUND)
    screen.table.chosen.emit(KIM)
    assert not screen.details.re_enrol.isVisible()


def test_signing_in_resets_the_filter(qtbot, screen):
    screen.show_re_enrolment(FOUND)
    click(qtbot, screen, "peopleShow.again")
    screen.reset()
    assert not screen.only_again and not screen.re_enrolment.isVisible()


def test_re_enrolment_keeps_the_groups(shown):
    enrol = shown(EnrolScreen())
    assert enrol.untouched
    enrol.begin_with(HONG)
    assert (
        enrol.who.draft().groups == ("lab",) and enrol.who.draft().id == 1 and not enrol.untouched
    )


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qapp, shown, code, size):
    language().use(code)
    screen = shown(PeopleScreen(), *size)
    screen.show_page(PeoplePage((HONG, KIM), 2))
    for found in (FOUND, ReEnrolment(17, 7)):
        screen.show_re_enrolment(found)
        qapp.processEvents()
        assert clipped(screen) == []


@pytest.fixture
def app(qtbot, tmp_path: Path) -> Iterator[Runtime]:
    storage = open_store(tmp_path)
    for number, embedder in (("2026-1", "old"), ("2026-2", "old"), ("2026-3", "new")):
        storage.people.add_with_templates(
            Person(number, f"사람{number}"), [Template(0, embedder, np.ones(8, np.float32))]
        )
    made = Runtime(
        config_from({"ui": {"windowed": True, "sound": False}}),
        tmp_path,
        storage,
        camera=lambda: None,
    )  # type: ignore[arg-type, return-value]
    qtbot.addWidget(made.window)
    yield made
    made.display_preferences.stop()  # language and theme are global to the process
    made.door.stop()
    for stop in made.staff.open().stops().values():
        stop()
    storage.close()


def test_from_the_door_to_the_guided_enrolment_in_one_touch(qtbot, app):
    app.inference.ready.emit(EmbedderInfo("new", "New", 8, 1.0, 2.0))
    app.storage.access_log.append(
        Decision(
            datetime.now(UTC),
            Outcome.REJECT,
            Reason.ENROL_AGAIN,
            Mode.VERIFY,
            1.0,
            "new",
            2,
            "사람2026-2",
            "2026-2",
        )
    )
    app.window.show()
    app.staff.open().sign_in.welcome(STAFF)
    qtbot.waitUntil(
        lambda: (
            app.staff.open().screen.current() == "people"
            and app.staff.open().screen.people.re_enrolment.isVisible()
        )
    )
    people = app.staff.open().screen.people
    click(qtbot, people, "peopleShow.again")
    qtbot.waitUntil(lambda: people.model.total == 2)
    click(qtbot, people, "reEnrolmentStart.2")
    assert (
        app.staff.open().screen.current() == "enrol"
        and app.staff.open().screen.enrol.who.number.text() == "2026-2"
        and app.staff.open().screen.enrol.who.number.edit.isReadOnly()
    )


def test_statistics_and_settings_open_in_the_real_application(qtbot, app):
    app.storage.access_log.append(
        Decision(
            datetime.now().astimezone(), Outcome.REJECT, Reason.UNKNOWN, Mode.IDENTIFY, 1.0, "new"
        )
    )
    for state in (
        DoorState.IDLE,
        DoorState.CAMERA_LOST,
        DoorState.CAMERA_LOST,
        DoorState.IDLE,
        DoorState.OUT_OF_SERVICE,
    ):
        app.metrics.follow(state)
    app.staff.open().sign_in.welcome(Account("관리자", AccountRole.ADMIN, id=1))
    app.window.show()
    app.staff.open().screen.page("statistics")
    page = app.staff.open().screen.statistics
    qtbot.waitUntil(lambda: tr("log.reason.unknown") in page.reasons.words())
    words = page.pulse.words()
    assert (
        words[tr("statistics.pulse.camera_lost")],
        words[tr("statistics.pulse.service_lost")],
    ) == ("1", "1")
    app.staff.open().screen.page("settings")
    qtbot.waitUntil(lambda: bool(app.staff.open().screen.settings._lines))
    assert (
        str(app.data_dir / "config.toml") in app.staff.open().screen.settings.file.text()
        and not app.staff.open().screen.settings.pending.isVisible()
    )
    app.staff.open().screen.page("import")
    qtbot.waitUntil(
        lambda: (
            str(app.data_dir / "imports") in app.staff.open().screen.importing.choose.text.text()
        )
    )


def test_staff_start_normally_with_nobody_waiting(qtbot, app):
    app.inference.ready.emit(EmbedderInfo("new", "New", 8, 1.0, 2.0))
    app.staff.open().sign_in.welcome(STAFF)
    looked: list[object] = []
    context = app.staff.open().context
    context.worker.run(lambda: None, looked.append, looked.append)  # after the look for people
    qtbot.waitUntil(lambda: looked == [None])
    assert app.staff.open().screen.current() == "enrol"
