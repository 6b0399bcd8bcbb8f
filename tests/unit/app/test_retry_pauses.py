"""A camera that was lost is tried often at first, and rarely later."""

from __future__ import annotations

import pytest

from kiosk.app.retry_pauses import LONGEST_PAUSE_S, RetryPauses


def tries(pauses: RetryPauses, began: float, until: float, opening_s: float = 0.0) -> list[float]:
    """Return when a camera that cannot be opened is tried between ``began`` and ``until``."""
    now = began
    found = []
    while now < until:
        found.append(now)
        now += opening_s
        now += pauses.next(now)
    return found


@pytest.mark.parametrize("back_at", [0.7, 2.9, 4.6, 8.2])
def test_a_camera_that_comes_back_soon_is_tried_within_half_a_second(back_at):
    found = tries(RetryPauses(100.0), 100.0, 120.0)
    assert min(at for at in found if at >= 100 + back_at) - (100 + back_at) <= 0.5


def test_a_camera_that_stays_away_is_tried_rarely():
    found = tries(RetryPauses(0.0), 0.0, 300.0)
    late = [at for at in found if at > 30]
    assert len(late) <= 300 / LONGEST_PAUSE_S and late[1] - late[0] == LONGEST_PAUSE_S


def test_pictures_in_between_make_the_tries_quick_again():
    pauses = RetryPauses(0.0)
    tries(pauses, 0.0, 100.0)
    pauses.lost(100.0)
    assert tries(pauses, 100.0, 102.0) == [100.0, 100.5, 101.0, 101.5]
