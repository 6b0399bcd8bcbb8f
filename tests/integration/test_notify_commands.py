"""Notifications by command, and a sender that is killed while the receiver does not answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.bootstrap.notify_factory import configured, without_notifications
from kiosk.app.doctor.notify_checks import notify_check
from kiosk.app.notifications import Notifications
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import LogFilter
from kiosk.core.rights import Operator
from kiosk.core.site_events import EventKind, SiteEvent, WaitingMessage
from kiosk.core.view_models import CheckLevel
from kiosk.notify.message import DeliveryError
from kiosk.services.runtime_metrics import Metrics
from kiosk.storage.outbox import Outbox
from kiosk.storage.store import Store
from tests.helpers.hook_receiver import HookReceiver, receiving

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC)


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def data(tmp_path: Path, receiver: HookReceiver, capsys: pytest.CaptureFixture[str]) -> Path:
    """A data folder with a webhook and its secret."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "config.toml").write_text(f'[notify_webhook]\nurl = "{receiver.url}"\n')
    assert main(["notify", "secret", "webhook", "--new", "--data-dir", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("whsec_")
    return folder


def queue(data: Path, *kinds: EventKind) -> None:
    with closing(Outbox(paths.outbox_file(data))) as outbox:
        for kind in kinds:
            outbox.add("webhook", SiteEvent(kind, NOW), NOW.timestamp(), 60)


def test_channels_are_tried_and_what_waits_is_sent(
    data: Path, receiver: HookReceiver, capsys: pytest.CaptureFixture[str]
):
    own = ["--data-dir", str(data)]
    assert main(["notify", "test", "webhook", *own]) == 0
    assert json.loads(receiver.bodies[0])["type"] == "test"
    receiver.answer = lambda number: (500, {})
    assert main(["notify", "test", "webhook", *own]) == 2
    assert "status 500" in capsys.readouterr().err
    queue(data, EventKind.DOOR_FORCED, EventKind.TAMPER)
    assert main(["notify", "flush", *own]) == 2
    assert "2 messages left" in capsys.readouterr().out
    receiver.answer = lambda number: (200, {})
    assert main(["notify", "flush", *own]) == 0
    assert [json.loads(body)["type"] for body in receiver.bodies[-2:]] == ["door_forced", "tamper"]
    assert main(["notify", "status", *own]) == 0
    assert "0 waiting, 2 sent, 0 given up" in capsys.readouterr().out
    with Store.open(paths.database_file(data)) as store:
        events = [row.event for row in store.audit_log.query(LogFilter(), 20, 0)[0]]
    assert events.count("notification_tested") == 2
    assert "notification_secret_set" in events


def test_a_channel_without_address_or_secret_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    own = ["--data-dir", str(tmp_path)]
    assert main(["notify", "test", "webhook", *own]) == 2
    assert "set its address first" in capsys.readouterr().err
    (tmp_path / "config.toml").write_text('[notify_webhook]\nurl = "http://example.org/"\n')
    assert main(["notify", "status", *own]) == 0
    assert "cannot be used: notify_webhook.url must begin with https://" in capsys.readouterr().out
    (tmp_path / "config.toml").write_text('[notify_webhook]\nurl = "http://127.0.0.1:1/"\n')
    assert main(["notify", "test", "webhook", *own]) == 2
    assert "notify secret webhook --new" in capsys.readouterr().err


def test_a_sender_killed_before_the_answer_sends_again(data: Path, receiver: HookReceiver):
    receiver.hangs = True
    queue(data, EventKind.DOOR_FORCED)
    words = [sys.executable, "run_kiosk.py", "notify", "flush", "--data-dir", str(data)]
    with subprocess.Popen(
        words, cwd=ROOT, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ) as killed:
        assert receiver.until(1)
        killed.send_signal(signal.SIGKILL)
    receiver.hangs = False
    receiver.hang.set()
    assert main(["notify", "flush", "--data-dir", str(data)]) == 0
    first, second = (json.loads(body) for body in receiver.bodies)
    assert first == second, "the same message with the same id"
    with closing(Outbox(paths.outbox_file(data))) as outbox:
        assert outbox.state("webhook").waiting == 0


def test_the_running_kiosk_tells_what_is_recorded(data: Path, receiver: HookReceiver):
    config = read_config(paths.config_file(data))
    with Store.open(paths.database_file(data)) as store:
        running = Notifications(config, data, store, time.monotonic)
        store.audit_log.record("door_forced", "door", {})  # recorded before it follows the log
        with closing(Outbox(paths.outbox_file(data))) as outbox:
            outbox.remember("log.cursor", "[0, 0]")
        running.start()
        try:
            assert receiver.until(1)
            text = Metrics().text({}, {}, running.states())
            assert 'munjigi_notifications_waiting{channel="webhook"}' in text
            [state] = [one for one in running.service().states(Operator("x")) if one.configured]
            assert (state.name, state.problem) == ("webhook", None)
        finally:
            running.stop()
    assert json.loads(receiver.bodies[0])["type"] == "door_forced"


def test_a_queue_that_cannot_be_opened_does_not_stop_the_kiosk(data: Path):
    config = read_config(paths.config_file(data))
    paths.outbox_file(data).unlink()
    paths.outbox_file(data).mkdir()
    with Store.open(paths.database_file(data)) as store:
        running = Notifications(config, data, store, time.monotonic)
        running.start()
        running.maintained(["the backup"])
        running.stop()


def test_nothing_runs_and_no_file_is_made_while_all_is_off(tmp_path: Path):
    with Store.open(paths.database_file(tmp_path)) as store:
        running = Notifications(Config(), tmp_path, store, time.monotonic)
        running.start()
        running.stop()
    assert not paths.outbox_file(tmp_path).exists()


def test_doctor_names_channels_that_do_not_work(data: Path, tmp_path: Path):
    def found(folder: Path) -> list[tuple[str, CheckLevel, str]]:
        checks = notify_check(read_config(paths.config_file(folder)), folder)
        return [(check.name, check.level, check.advice) for check in checks]

    assert found(tmp_path / "nothing") == [("notifications", CheckLevel.OK, "")]
    assert found(data) == [("notifications", CheckLevel.OK, "")]
    with closing(Outbox(paths.outbox_file(data))) as outbox:
        outbox.add("webhook", SiteEvent(EventKind.FIRE, NOW), 1.0, 60)
        waiting = outbox.next("webhook", 1.0, 60)
        assert isinstance(waiting, WaitingMessage)
        error = DeliveryError("It is away.", key="error.delivery_status", status=500)
        outbox.failed(waiting, error, 1.0, 2.0, refused=False)
    with (data / "config.toml").open("a") as file:
        file.write('[notify_messenger]\nkind = "slack"\n[notify_email]\nhost = "mail.lab"\n')
    problem = CheckLevel.PROBLEM
    assert [(name, level) for name, level, _ in found(data)] == [
        ("notifications email", problem),
        ("notifications messenger", problem),
        ("notifications webhook", problem),
    ]
    assert "It is away." in found(data)[2][2]


def test_the_demonstration_tells_nobody(data: Path):
    config = read_config(paths.config_file(data))
    assert configured(config)
    assert not configured(without_notifications(config))
