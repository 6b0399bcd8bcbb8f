"""Embeddings that become another person's while the face stays in its place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.checks.embedding_jump import EmbeddingJumpCheck


def near(person: int, rng: np.random.Generator) -> np.ndarray:
    embedding = np.zeros(8, np.float32)
    embedding[person] = 1
    return embedding + rng.normal(0, 0.05, 8).astype(np.float32)


@given(seed=st.integers(0, 500), first=st.integers(3, 12))
def test_another_face_in_the_same_place_is_a_jump_after_three_frames(seed, first):
    rng = np.random.default_rng(seed)
    check = EmbeddingJumpCheck(max_distance=1.0)
    assert not any(check.add(near(1, rng)) for _ in range(first))
    assert [check.add(near(2, rng)) for _ in range(3)] == [False, False, True]


@given(seed=st.integers(0, 500))
def test_single_odd_embeddings_are_no_jump(seed):
    rng = np.random.default_rng(seed)
    check = EmbeddingJumpCheck(max_distance=1.0)
    assert not any(
        check.add(near(1 if number % 4 else 2 + int(rng.integers(5)), rng)) for number in range(40)
    )


def test_a_jump_is_forgotten_with_the_face_and_not_with_the_track(track_frame):
    check = EmbeddingJumpCheck(max_distance=1.0)
    for who in (1, 1, 1, 2, 2, 2):
        check.observe(track_frame(embedding=np.eye(8, dtype=np.float32)[who]), 7, 0.0)
    assert check.refusal(0.0) is Reason.IDENTITY_CHANGED and not check.ready(7, 0.0)
    check.reset(new_face=False)
    assert check.refusal(0.0) is Reason.IDENTITY_CHANGED
    check.reset(new_face=True)
    assert check.refusal(0.0) is None and check.ready(7, 0.0)
