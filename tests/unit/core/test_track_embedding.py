"""The mean of a face's latest embeddings: less noise, and never another person's."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.track_embedding import FRAMES, WINDOW_S, TrackEmbedding

ALIKE = 0.9


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def person(noise: float, chance: np.random.Generator) -> np.ndarray:
    vector = np.zeros(64, np.float32)
    vector[0] = 1
    return unit(*(vector + noise * chance.standard_normal(64)))


def test_noise_of_frames_cancels_out_and_the_length_stays():
    chance = np.random.default_rng(0)
    track = TrackEmbedding(ALIKE)
    frames = [person(0.05, chance) for _ in range(FRAMES)]
    means = [track.add(frame, number / 10) for number, frame in enumerate(frames)]
    away = [float(np.linalg.norm(mean - np.eye(64)[0])) for mean in means]
    assert away[0] == pytest.approx(float(np.linalg.norm(frames[0] - np.eye(64)[0])))
    assert away[-1] < 0.6 * away[0]
    assert np.linalg.norm(means[-1]) == pytest.approx(1.0, abs=1e-5)
    assert means[-1].dtype == np.float32


def test_somebody_else_is_never_carried_by_the_frames_before():
    track = TrackEmbedding(ALIKE)
    for number in range(FRAMES):
        track.add(unit(1, 0, 0), number / 10)
    stranger = unit(0, 1, 0.2)
    assert np.allclose(track.add(stranger, 1.0), stranger)
    assert np.allclose(track.add(stranger, 1.1), stranger)


def test_only_the_latest_frames_of_the_window_count():
    track = TrackEmbedding(ALIKE)
    track.add(unit(1, 0.5, 0), 0.0)
    assert np.allclose(track.add(unit(1, 0, 0.5), WINDOW_S + 0.1), unit(1, 0, 0.5))
    for number in range(FRAMES):
        last = track.add(unit(1, 0, 0), 2.0 + number / 100)
    assert np.allclose(last, unit(1, 0, 0), atol=1e-6)


@pytest.mark.parametrize("again", ["clear", "clock", "damaged"])
def test_what_begins_again_knows_nothing_of_before(again):
    track = TrackEmbedding(ALIKE)
    track.add(unit(1, 0.5, 0), 5.0)
    now = 5.1
    if again == "clear":
        track.clear()
    elif again == "clock":
        now = 4.0
    else:
        track.add(np.full(3, np.nan, np.float32), 5.05)
    assert np.allclose(track.add(unit(1, 0, 0.5), now), unit(1, 0, 0.5))
