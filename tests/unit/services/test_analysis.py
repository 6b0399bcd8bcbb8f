"""Threshold analysis: who may view, preview and change, and what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kiosk.core.decisions import Decision, LogEntry, Mode, Outcome, Reason
from kiosk.core.errors import ConfigError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.templates import EmbedderInfo, Match, Template
from kiosk.core.threshold_analysis import Distances, ReplayOutcome, Sample, Source
from kiosk.core.thresholds import Calibration, Choice, Derived
from kiosk.core.voting_trace import VotingRule
from kiosk.services.analysis import AnalysisService
from kiosk.services.two_admins import TwoAdmins
from kiosk.vision.recognition.consensus import Consensus
from kiosk.vision.recognition.vote_replay import replay
from tests.helpers.administrators import admin

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
INFO = EmbedderInfo("net@1", "Net", 4, 1.0, 2.0)
ADMIN = Account("관리자", AccountRole.ADMIN)
STAFF = Account("조교", AccountRole.STAFF)
RULE = VotingRule(threshold=0.5)


def decided(
    number: int,
    distance: float,
    *,
    rule: VotingRule = RULE,
    mode: Mode = Mode.IDENTIFY,
    reason: Reason | None = None,
    embedder: str = "net@1",
    trace: bool = True,
    days: int = 0,
) -> tuple[LogEntry, bytes]:
    """Return a decision of the vote over frames at about ``distance``, with its trace."""
    consensus = Consensus(rule)
    verdict = None
    for frame in range(60):
        consensus.add(frame / 10, Match(7, distance, 9, distance + 0.5))
        verdict = consensus.verdict(frame / 10)
        if verdict:
            break
    assert verdict is not None
    made = Decision(
        NOW - timedelta(days=days, minutes=number),
        Outcome.ACCEPT if verdict.reason is Reason.MATCH and reason is None else Outcome.REJECT,
        reason or verdict.reason,
        mode,
        rule.threshold,
        embedder,
        7 if verdict.reason is Reason.MATCH else None,
        "이산" if verdict.reason is Reason.MATCH else "",
        "2026-1",
        verdict.distance,
    )
    return LogEntry(number, made), verdict.trace if trace else b""


def calibration(threshold: float, target: float, mode: Mode) -> Calibration:
    return Calibration(
        threshold, target / 1e4, mode, 3, 15, 1e-5, 1e-4, 0, 1e-3, 1e-2, 45, False, "reference"
    )


def derive(choice: Choice, templates) -> Derived:
    """Return the distance itself, or half the fourth root of the target; 1.2 times that for 1:1."""
    threshold = (
        choice.distance if choice.distance is not None else 0.5 * (choice.target or 0) ** 0.25
    )
    return Derived(
        calibration(threshold, choice.target or 1, Mode.IDENTIFY),
        calibration(threshold * 1.2, choice.target or 1, Mode.VERIFY),
    )


class Bench:
    """The service over lists; records everything that is written."""

    def __init__(self, rows=()) -> None:
        self.rows = list(rows)
        self.wanted = []
        self.choice: Choice | None = None
        self.recorded = []
        self.broken = False
        self.changed = 0
        self.service = AnalysisService(
            self,
            self,
            self,
            self,
            lambda: NOW,
            info=INFO,
            configured=Choice(target=1.0),
            derive=derive,
            measure=self._measure,
            of_decisions=lambda a, b: Distances(
                Source.LOG, Sample.of(a), Sample.of(b), truth=False
            ),
            replay=replay,
            groups=lambda: None,
            changed=lambda: setattr(self, "changed", self.changed + 1),
        )

    def get(self, person_id=None):  # both the people's and the choice's
        return (
            self.choice
            if person_id is None
            else Person("2026-1", "이산", id=person_id)
            if person_id == 7
            else None
        )

    def set(self, choice) -> None:
        self.choice = choice

    def templates(self, embedder_id):
        return [Template(person, embedder_id, np.ones(4, np.float32)) for person in (1, 1, 2)]

    def recent(self, wanted, limit):
        self.wanted.append(wanted)
        return self.rows

    def record(self, event, actor, detail) -> None:
        if self.broken:
            raise StorageError("The trail cannot be written.")
        self.recorded.append((event, actor, dict(detail)))

    def _measure(self, source, templates):
        return Distances(source, Sample.of(np.array([0.1])), Sample.of(np.array([0.9])))


def test_view_has_the_choice_in_force_and_its_origin():
    bench = Bench([decided(1, 0.3), decided(2, 0.9), decided(3, 0.2, embedder="net@old")])
    view = bench.service.view(ADMIN, Source.SITE)
    assert (view.choice, view.chosen, view.gallery, view.distances.source) == (
        Choice(target=1.0),
        False,
        2,
        Source.SITE,
    )
    bench.choice = Choice(distance=0.4)
    view = bench.service.view(ADMIN, Source.LOG)
    assert (view.chosen, view.calibration.threshold) == (True, 0.4)
    assert (view.distances.genuine.total, view.distances.impostor.total) == (1, 1), (
        "another network's distances mean something else"
    )


def test_preview_replays_past_decisions():
    bench = Bench([decided(1, 0.3), decided(2, 0.6), decided(3, 0.9)])
    laxer = bench.service.preview(ADMIN, Choice(distance=0.7)).replay
    assert (laxer.decisions, laxer.replayed, laxer.opened, laxer.refused) == (3, 3, 1, 0)
    [one] = laxer.changed
    assert (one.entry, one.who, one.outcome, one.reason) == (
        2,
        "이산",
        ReplayOutcome.OPENED,
        Reason.UNKNOWN,
    )
    stricter = bench.service.preview(ADMIN, Choice(distance=0.25)).replay
    assert (stricter.opened, stricter.refused, stricter.undecided) == (0, 1, 1), (
        "its few frames do not say what more would have"
    )
    assert (
        stricter.changed[0].outcome is ReplayOutcome.UNDECIDED
        and stricter.since == bench.rows[-1][0].decision.at
    )
    assert bench.service.preview(ADMIN, Choice(distance=0.5)).replay.changed == ()


def test_rejects_for_other_reasons_stay_rejects():
    rows = [
        decided(n, 0.6, reason=reason)
        for n, reason in enumerate(
            (
                Reason.EXPIRED,
                Reason.PIN_NEEDED,
                Reason.FLAT_PICTURE,
                Reason.WRONG_PIN,
                Reason.DISABLED,
            )
        )
    ]
    found = Bench(rows).service.preview(ADMIN, Choice(distance=1.2)).replay
    assert (found.decisions, found.replayed, found.changed) == (5, 0, ())


def test_replay_uses_the_verify_threshold_for_claims():
    row = decided(1, 0.55, rule=replace(RULE, threshold=0.5), mode=Mode.VERIFY)
    bench = Bench([row])
    assert bench.service.preview(ADMIN, Choice(distance=0.5)).replay.opened == 1, (
        "with a number 0.6 decides"
    )
    assert bench.service.preview(ADMIN, Choice(distance=0.45)).replay.opened == 0


def test_unreplayable_rows_are_not_counted_as_replayed():
    rows = [
        decided(1, 0.6, trace=False),
        decided(2, 0.6, embedder="net@old"),
        (decided(3, 0.6)[0], b"junk"),
    ]
    found = Bench(rows).service.preview(ADMIN, Choice(distance=0.9)).replay
    assert (found.decisions, found.replayed, found.opened) == (3, 0, 0)


def test_apply_records_first_and_then_changes_the_door():
    bench = Bench([decided(1, 0.3), decided(2, 0.6)])
    found = bench.service.apply(ADMIN, Choice(distance=0.7))
    assert found.lowers and bench.choice == Choice(distance=0.7) and bench.changed == 1
    [(event, actor, detail)] = bench.recorded
    assert (event, actor) == ("threshold.changed", "관리자")
    assert detail == {
        "before": "settings",
        "after": "distance 0.7",
        "lowers": True,
        "embedder": "net@1",
        "threshold_before": 0.5,
        "threshold_after": 0.7,
        "replayed": 2,
        "opened": 1,
        "refused": 0,
    }
    bench.service.apply(ADMIN, None)
    assert bench.choice is None and bench.recorded[-1][2]["after"] == "settings"


def test_choice_that_cannot_be_recorded_is_not_applied():
    bench = Bench()
    bench.broken = True
    with pytest.raises(StorageError):
        bench.service.apply(ADMIN, Choice(target=0.1))
    assert bench.choice is None and bench.changed == 0


def test_a_stricter_distance_fixed_by_hand_is_not_called_less_strict():
    bench = Bench()
    stricter, laxer = (bench.service.preview(ADMIN, Choice(distance=d)) for d in (0.4, 0.9))
    assert stricter.lowers and stricter.only_fixes
    assert laxer.lowers and not laxer.only_fixes


@pytest.mark.parametrize(
    ("present", "wanted", "lowers"),
    [
        (None, Choice(target=0.5), False),
        (None, Choice(target=2.0), True),
        (None, Choice(target=1.0), False),
        (None, Choice(distance=0.4), True),
        (None, Choice(distance=0.9), True),
        (Choice(distance=0.4), Choice(distance=0.6), True),
        (Choice(distance=0.4), None, True),
        (Choice(distance=0.9), None, False),
        (Choice(target=0.1), None, True),
    ],
)
def test_staff_may_only_make_the_door_stricter(present, wanted, lowers):
    bench = Bench()
    bench.choice = present
    assert bench.service.preview(STAFF, wanted).lowers is lowers
    if lowers:
        with pytest.raises(SignInError) as caught:
            bench.service.apply(STAFF, wanted)
        assert (
            caught.value.key == "error.lower_admin_only"
            and bench.choice == present
            and bench.recorded == []
        )
    else:
        bench.service.apply(STAFF, wanted)
        assert bench.choice == wanted


@pytest.mark.parametrize("distance", [0.0001, 0.25, 0.4])
def test_staff_do_not_fix_the_distance_however_strict(distance):
    bench = Bench()
    bench.choice = Choice(distance=0.6)
    with pytest.raises((SignInError, ConfigError)) as caught:
        bench.service.apply(STAFF, Choice(distance=distance))
    assert caught.value.key in ("error.fixed_admin_only", "error.choice_bounds")
    assert bench.choice == Choice(distance=0.6) and bench.recorded == []
    bench.service.apply(ADMIN, Choice(distance=0.4))
    assert bench.choice == Choice(distance=0.4), "an administrator does"


def test_a_target_that_would_let_nobody_in_is_refused():
    bench = Bench()
    for actor in (STAFF, ADMIN):
        assert bench.service.preview(actor, Choice(target=0.02)).shuts_out
        with pytest.raises(ConfigError) as caught:
            bench.service.apply(actor, Choice(target=0.02))
        assert caught.value.key == "error.choice_shuts_out"
    assert bench.choice is None and bench.recorded == []
    bench.choice = Choice(target=0.01)  # as with so many people that nothing else can be kept to
    bench.service.apply(ADMIN, Choice(target=0.02))
    assert bench.choice == Choice(target=0.02), "back towards what lets somebody in"


def test_the_settings_file_may_fix_what_the_screen_may_not():
    bench = Bench()
    bench.service._configured = Choice(distance=1.9)
    bench.choice = Choice(target=1.0)
    bench.service.apply(ADMIN, None)
    assert bench.choice is None


def test_staff_see_today_and_administrators_all():
    bench = Bench()
    bench.service.preview(STAFF, Choice(target=0.5))
    bench.service.view(STAFF, Source.LOG)
    bench.service.preview(ADMIN, Choice(target=0.5))
    assert [(w.since, w.until) for w in bench.wanted] == [
        (date(2026, 3, 2),) * 2,
        (date(2026, 3, 2),) * 2,
        (None, None),
    ]


def test_analysis_without_sign_in_is_refused():
    nobody = Account("", AccountRole.STAFF, enabled=False)
    bench = Bench()
    for act in (
        lambda: bench.service.view(nobody, Source.SITE),
        lambda: bench.service.preview(nobody, Choice(target=1)),
        lambda: bench.service.apply(nobody, Choice(target=0.1)),
    ):
        with pytest.raises(SignInError):
            act()


@pytest.mark.parametrize(
    "choice",
    [
        Choice(target=0),
        Choice(target=0.001),
        Choice(target=1001),
        Choice(target=float("nan")),
        Choice(distance=0),
        Choice(distance=-1),
        Choice(distance=0.0001),
        Choice(distance=0.24),
        Choice(distance=1.26),
        Choice(distance=2.0),
        Choice(distance=float("inf")),
        Choice(),
    ],
)
def test_choice_out_of_bounds_is_refused(choice):
    bench = Bench()
    with pytest.raises(ConfigError, match="Choose a target between"):
        bench.service.apply(ADMIN, choice)
    assert bench.choice is None and bench.recorded == []


def test_thousands_of_decisions_are_replayed_quickly():
    some = [decided(n, 0.3 + 0.01 * n) for n in range(60)]
    bench = Bench(some * 84)
    found = bench.service.preview(ADMIN, Choice(distance=0.605)).replay
    assert found.replayed == 5040 and found.opened == 84 * 10 and len(found.changed) == 200


def test_lowering_needs_a_second_administrator_if_the_rule_is_on():
    bench = Bench()
    first, second = admin(1, ADMIN.name, NOW), admin(2, "둘", NOW)

    def verify(name: str, pin: str) -> Account:
        if (name, pin) != ("둘", "482915"):
            raise SignInError("The name or the PIN is wrong; enter the PIN again.")
        return second

    bench.service._two = TwoAdmins(lambda: True, verify, lambda: NOW)
    with pytest.raises(SignInError):
        bench.service.apply(first, Choice(distance=0.9))
    assert bench.choice is None and bench.recorded == []
    bench.service.apply(first, Choice(distance=0.9), "둘", "482915")
    assert bench.choice == Choice(distance=0.9) and bench.recorded[0][1] == f"{ADMIN.name} + 둘"
    bench.service.apply(first, Choice(distance=0.3))  # stricter: one is enough
    assert bench.recorded[1][1] == ADMIN.name
