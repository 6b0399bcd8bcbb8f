"""Labels mean what they say: 1 pulls together. And each loss has the value of its paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from kiosk.core.errors import LearningError
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.learning.training.losses import (
    AngularMarginLoss,
    ApartLoss,
    ContrastiveLoss,
    DistillationLoss,
    TripletLoss,
    pair_distances,
)
from kiosk.learning.training.objectives import objective
from tests.helpers.textures import faces


def units(n: int, d: int = 8, seed: int = 0) -> torch.Tensor:
    return functional.normalize(
        torch.from_numpy(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))
    )


def test_the_contrastive_loss_is_the_formula():
    loss = ContrastiveLoss()
    d = torch.tensor([0.5, 1.5, 0.5, 1.9])
    label = torch.tensor([1, 1, 0, 0])
    assert loss.margin == 2.0
    assert loss(d, label).item() == pytest.approx((0.5**2 + 1.5**2 + 1.5**2 + 0.1**2) / 4)
    assert ContrastiveLoss(1.0)(torch.tensor([1.5]), torch.tensor([0])).item() == 0, (
        "beyond the margin nothing pushes"
    )
    assert loss(d, label.bool()).item() == loss(d, label).item()


def one_step(label: int) -> tuple[float, float]:
    """Distance of one pair before and after one step of an optimiser with this label."""
    torch.manual_seed(3)
    network = SiameseNetwork(
        "mobilenet_v3_large", "16-8"
    ).train()  # before training, evaluation takes everything for one point
    a, b = torch.randn(4, 3, 32, 32), torch.randn(4, 3, 32, 32)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    before = network.pair(a, b)
    ContrastiveLoss()(before, torch.full((4,), label)).backward()
    optimiser.step()
    with torch.no_grad():
        return float(before.mean()), float(network.pair(a, b).mean())


def test_right_labels_pull_a_person_together_and_swapped_labels_push_apart():
    """The founders' bug: with 0 for the same person every epoch made the network worse. It must
    never come back unseen.
    """
    before, after = one_step(label=1)
    assert after < before
    before, after = one_step(label=0)
    assert after > before


def test_the_labels_of_the_training_batches_are_the_right_way_round():
    """The same bug one floor up: what the objective hands to the loss."""
    people = faces(5, 4)
    batch = objective("contrastive", 0.0, 5, 8).batches(people, 16, 40, np.random.default_rng(0))
    for part in batch:
        half = len(part.rows) // 2
        same = people.people[part.rows[:half]] == people.people[part.rows[half:]]
        assert (part.targets == same).all()


@pytest.mark.parametrize("margin", [0.0, -1.0, 2.5, math.nan])
def test_a_margin_that_cannot_be_is_refused(margin):
    with pytest.raises(LearningError, match="margin"):
        ContrastiveLoss(margin)


def plain_triplets(z: torch.Tensor, who: list[int], margin: float) -> float:
    """Semi-hard triplets written down one by one."""
    square = ((z[:, None] - z) ** 2).sum(-1)
    found = []
    for a in range(len(z)):
        for p in range(len(z)):
            if a == p or who[a] != who[p]:
                continue
            others = [float(square[a, n]) for n in range(len(z)) if who[n] != who[a]]
            beyond = [d for d in others if d > square[a, p]]
            found.append(
                max(0.0, float(square[a, p]) - (min(beyond) if beyond else max(others)) + margin)
            )
    return sum(found) / len(found)


def test_the_triplet_loss_takes_semi_hard_negatives():
    z = units(12)
    who = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 5]
    assert TripletLoss(0.2)(z, torch.tensor(who)).item() == pytest.approx(
        plain_triplets(z, who, 0.2), rel=1e-4
    )


@pytest.mark.parametrize("who", [[0, 1, 2, 3], [0, 0, 0, 0]], ids=["no genuine pair", "one person"])
def test_a_batch_without_triplets_costs_nothing_and_can_be_learned_from(who):
    z = units(4).requires_grad_()
    loss = TripletLoss()(z, torch.tensor(who))
    loss.backward()
    assert loss.item() == 0 and torch.isfinite(z.grad).all()


@pytest.mark.parametrize("kind", ["arcface", "cosface"])
def test_the_angular_losses_are_their_papers_formulas(kind):
    torch.manual_seed(0)
    loss = AngularMarginLoss(5, 8, kind, scale=10)
    z = units(6)
    who = torch.tensor([0, 1, 2, 3, 4, 0])
    cosine = (z @ functional.normalize(loss.directions).T).detach().numpy().astype(float)
    logits = 10 * cosine
    for i, p in enumerate(who.tolist()):
        logits[i, p] = 10 * (
            math.cos(math.acos(cosine[i, p]) + 0.5) if kind == "arcface" else cosine[i, p] - 0.35
        )
    wanted = np.mean(
        [-logits[i, p] + math.log(np.exp(logits[i]).sum()) for i, p in enumerate(who.tolist())]
    )
    assert loss(z, who).item() == pytest.approx(wanted, rel=1e-4)
    assert loss(z, who) > AngularMarginLoss.forward(_without_margin(loss), z, who), (
        "the margin makes it harder"
    )


def _without_margin(loss: AngularMarginLoss) -> AngularMarginLoss:
    easy = AngularMarginLoss(5, 8, "cosface", scale=loss.scale, margin=1e-9)
    easy.load_state_dict(loss.state_dict())
    return easy


def test_arcface_has_a_finite_gradient_at_angle_zero_and_pi():
    loss = AngularMarginLoss(2, 4)
    z = torch.stack(
        [
            functional.normalize(loss.directions.detach())[0],
            -functional.normalize(loss.directions.detach())[1],
        ]
    ).requires_grad_()
    loss(z, torch.tensor([0, 1])).backward()
    assert torch.isfinite(z.grad).all() and torch.isfinite(loss.directions.grad).all()


def test_distillation_is_zero_where_the_student_agrees_and_sees_relations():
    t = units(6)
    loss = DistillationLoss()
    assert loss(t, t).item() == pytest.approx(0, abs=1e-6)
    z = units(6, seed=1)
    wanted = float((1 - (z * t).sum(1)).mean() + 2 * ((z @ z.T - t @ t.T) ** 2).mean())
    assert loss(z, t).item() == pytest.approx(wanted, rel=1e-5)
    turned = t @ torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))[0]
    assert DistillationLoss(5.0)(turned, t).item() == pytest.approx(
        DistillationLoss(0.0)(turned, t).item(), rel=1e-4
    ), "a turn keeps relations"


def test_pairs_lie_in_a_batch_as_firsts_then_seconds():
    z = units(6)
    assert torch.allclose(pair_distances(z), (z[:3] - z[3:]).norm(dim=1), atol=1e-5)


def test_apart_pushes_whom_the_teacher_tells_apart_and_leaves_the_others():
    targets = functional.normalize(
        torch.tensor([[1.0, 0, 0], [0, 1, 0], [0.9, 0.1, 0]])
    )  # first and third: perhaps one person
    loss = ApartLoss(least=0.25, same=0.45)
    near = functional.normalize(
        torch.tensor([[1.0, 0, 0.2], [0.9, 0.3, 0], [1, 0, 0]])
    ).requires_grad_()
    value = loss(near, targets)
    value.backward()
    moved = functional.normalize(near.detach() - 0.1 * near.grad)
    before = near.detach()
    assert value > 0 and float(moved[0] @ moved[1]) < float(before[0] @ before[1])
    far = functional.normalize(torch.tensor([[1.0, 0, 0], [0.2, 1, 0], [1, 0.01, 0]]))
    assert float(loss(far, targets)) == pytest.approx(0, abs=1e-6), (
        "as far as is asked, and one person's pictures may be equal"
    )
