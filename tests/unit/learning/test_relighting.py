"""Faces under other light stay pictures of the same faces."""

from __future__ import annotations

import pytest
import torch

from kiosk.learning.data.relighting import relit, some_relit


@pytest.fixture
def faces():
    """Eight smooth faces: an ellipse on a darker ground."""
    line = torch.linspace(-1, 1, 64)
    inside = (line[None] / 0.6) ** 2 + (line[:, None] / 0.8) ** 2 < 1
    return torch.where(inside, 0.6, 0.2).expand(8, 3, 64, 64).clone()


def test_the_light_changes_and_the_shape_stays(faces):
    torch.manual_seed(0)
    under = relit(faces)
    assert under.shape == faces.shape
    assert float(under.min()) >= 0 and float(under.max()) <= 1
    middles = under[:, :, 28:36, 28:36].mean((1, 2, 3))
    assert float(middles.max() - middles.min()) > 0.2
    edges = under[:, :, :4, :4].mean((1, 2, 3))
    assert (middles > edges).all()


def test_no_strength_is_the_picture_within_one_step_of_its_values(faces):
    torch.manual_seed(0)
    assert float((relit(faces, 0.0) - faces).abs().max()) < 0.02


def test_some_lamps_stand_at_the_side(faces):
    torch.manual_seed(0)
    under = relit(faces.repeat(8, 1, 1, 1))
    sides = under[..., 16:48, 16:28].mean((1, 2, 3)) - under[..., 16:48, 36:48].mean((1, 2, 3))
    assert float(sides.max()) > 0.05 and float(sides.min()) < -0.05


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_is_kept(faces, share):
    torch.manual_seed(0)
    changed = (some_relit(faces, share) - faces).abs().amax((1, 2, 3)) > 1e-3
    assert float(changed.float().mean()) == share
