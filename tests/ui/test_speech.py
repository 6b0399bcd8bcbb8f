"""Spoken prompts: each message once, newest first, no names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.view_models import ChallengeView, DoorView, Turn
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language
from kiosk.ui.speech import HINT_S, Speaker, keys_for
from tests.ui.conftest import FakeClock


def rejected(reason: Reason = Reason.UNKNOWN) -> DoorView:
    decision = Decision(
        datetime(2026, 3, 2, tzinfo=UTC),
        Outcome.REJECT,
        reason,
        Mode.IDENTIFY,
        1.0,
        "net",
        person_name="홍길동",
    )
    return DoorView(state=DoorState.REJECTED, decision=decision, masked_name="홍*동")


@pytest.fixture
def speaker(
    clock: FakeClock, qapp, monkeypatch: pytest.MonkeyPatch
) -> tuple[Speaker, list[str], FakeClock]:
    made = Speaker(True, clock)
    texts = []
    monkeypatch.setattr(made, "say", texts.append)
    return made, texts, clock


def test_every_spoken_message_exists_in_all_languages():
    views = [DoorView(state=state, hint=hint) for state in DoorState for hint in Hint] + [
        rejected(reason) for reason in Reason
    ]
    for view in views:
        for key in keys_for(view):
            assert key in catalogue("ko") and key in catalogue("en"), key


def test_each_turn_is_spoken_once(speaker):
    made, texts, clock = speaker
    language().use("en")
    for turn in (Turn.UP, Turn.LEFT, None):
        for _ in range(9):
            made.follow(
                DoorView(
                    state=DoorState.CHALLENGE, challenge=ChallengeView(turn, 0, 2, 0.0, 3.0, 3.5)
                )
            )
            clock.advance(0.3)
    assert texts == ["Lift your chin", "Turn your head to the left", "Look straight at the camera"]


def test_rejection_is_spoken_once_with_advice(speaker):
    made, texts, clock = speaker
    language().use("en")
    for _ in range(30):
        made.follow(rejected())
        clock.advance(0.1)
    assert texts == ["Not recognised Step back and try again, or enter your student number."]


def test_names_are_never_spoken(speaker):
    made, texts, _ = speaker
    made.follow(
        DoorView(state=DoorState.ACCEPTED, decision=rejected().decision, masked_name="홍*동")
    )
    assert len(texts) == 1 and "홍" not in texts[0]


def test_hints_are_repeated_slowly(speaker):
    made, texts, clock = speaker
    closer = DoorView(state=DoorState.APPROACH, hint=Hint.COME_CLOSER)
    brighter = DoorView(state=DoorState.APPROACH, hint=Hint.MORE_LIGHT)
    for step in range(100):  # ten seconds with a flickering hint
        made.follow(closer if step % 2 else brighter)
        clock.advance(0.1)
    assert 3 <= len(texts) <= 10 / (HINT_S / 2) + 1
    texts.clear()
    clock.advance(10)
    for _ in range(85):
        made.follow(closer)
        clock.advance(0.1)
    assert len(texts) == 3


def test_a_decision_does_not_wait_for_a_hint(speaker):
    made, texts, clock = speaker
    made.follow(DoorView(state=DoorState.APPROACH, hint=Hint.COME_CLOSER))
    clock.advance(0.1)
    made.follow(rejected())
    assert len(texts) == 2


def test_silence_without_a_message(speaker):
    made, texts, clock = speaker
    for state in (DoorState.IDLE, DoorState.VERIFYING, DoorState.COOLDOWN, DoorState.PAUSED):
        made.follow(DoorView(state=state))
        clock.advance(5)
    assert texts == []


def test_silent_when_disabled_or_not_installed(qapp, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    silent = Speaker(True)
    silent.follow(rejected())
    assert silent.program is None and Speaker(False).program is None


def test_text_is_passed_to_the_program_unchanged(qapp, tmp_path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "espeak-ng"
    script.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/said\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    language().use("ko")
    made = Speaker(True)
    made.say("; touch x $(id) -f")
    assert made._process.waitForFinished(5000)
    assert (tmp_path / "said").read_text().splitlines() == [
        "-v",
        "ko",
        "-s",
        "160",
        "-a",
        "100",
        "--",
        "; touch x $(id) -f",
    ]
