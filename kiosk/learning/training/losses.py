"""Loss functions of face networks.

Label 1 always means *the same person*. Embeddings have length 1, so a squared distance is 2 -
2·cosine.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from kiosk.core.errors import LearningError
from kiosk.learning.networks.siamese import distances


class ContrastiveLoss(nn.Module):
    """Mean of ``label·d² + (1 - label)·max(0, margin - d)²``: pulls the same person together,
    pushes others to ``margin``.

    Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", 2006,
    without the factor ½ (so half the learning rate), and with label 1 for the same person, where
    the paper's Y is 0. ``margin``: a distance, above 0 and at most 2, the diameter of the unit
    sphere.
    """

    def __init__(self, margin: float = 2.0) -> None:
        super().__init__()
        if not 0 < margin <= 2:
            raise LearningError(
                f"A margin of {margin} cannot be reached on the unit sphere; choose one above 0 "
                "and at most 2."
            )
        self.margin = margin

    def forward(self, distance: Tensor, label: Tensor) -> Tensor:
        """``distance`` (n,) of pairs, ``label`` (n,) 1 for the same person and 0 for others.

        Returns a scalar.
        """
        label = label.to(distance.dtype)
        return (
            label * distance**2 + (1 - label) * (self.margin - distance).clamp(min=0) ** 2
        ).mean()


class SwappedLabels(nn.Module):
    """A loss of pairs with its labels swapped: the founders' first mistake, 0 for the same person.

    It pushes pictures of one person apart; for showing what such a mistake looks like.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self._loss = loss

    def forward(self, distance: Tensor, label: Tensor) -> Tensor:
        """Return the loss of ``distance`` (n,) with the label 1 - ``label`` (n,)."""
        loss: Tensor = self._loss(distance, 1 - label.to(distance.dtype))
        return loss


class TripletLoss(nn.Module):
    """Mean of ``max(0, d²(anchor, positive) - d²(anchor, negative) + margin)`` with semi-hard
    negatives.

    Schroff, Kalenichenko, Philbin, "FaceNet", 2015: for each genuine pair of the batch, the nearest
    impostor farther than the positive, or else the farthest. ``margin``: a squared distance.
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embeddings: Tensor, people: Tensor) -> Tensor:
        """``embeddings`` (n, d) of length 1, ``people`` (n,) their identities.

        0 if the batch has no genuine pair.
        """
        square = (2 - 2 * embeddings @ embeddings.T).clamp(min=0)
        same = people[:, None] == people
        anchor, positive = torch.nonzero(
            same & ~torch.eye(len(people), dtype=torch.bool, device=people.device), as_tuple=True
        )
        if not len(anchor) or bool(same.all()):
            return embeddings.sum() * 0
        reach = square[anchor, positive]
        with torch.no_grad():
            negative = self._semi_hard(square[anchor], reach[:, None], same[anchor])
        return (reach - square[anchor, negative] + self.margin).clamp(min=0).mean()

    @staticmethod
    def _semi_hard(to_all: Tensor, reach: Tensor, same: Tensor) -> Tensor:
        """Return (pairs,) index of each pair's negative, from its anchor's distances (pairs, n)."""
        beyond = to_all.masked_fill(same | (to_all <= reach), math.inf)
        farthest = to_all.masked_fill(same, -math.inf).argmax(1)
        return torch.where(beyond.isfinite().any(1), beyond.argmin(1), farthest)


class AngularMarginLoss(nn.Module):
    """Softmax over the training people with a margin on the true person's angle or cosine.

    ``arcface``: cos(θ + margin), Deng et al., "ArcFace", 2019. ``cosface``: cos θ - margin, Wang et
    al., "CosFace", 2018. Holds one direction per person, (people, dimension), trained along and
    discarded afterwards.
    """

    def __init__(
        self,
        people: int,
        dimension: int,
        kind: str = "arcface",
        scale: float = 30.0,
        margin: float | None = None,
    ) -> None:
        super().__init__()
        if kind not in ("arcface", "cosface"):
            raise LearningError(f"There is no angular loss {kind!r}; use arcface or cosface.")
        self.kind = kind
        self.scale = scale
        self.margin = {"arcface": 0.5, "cosface": 0.35}[kind] if margin is None else margin
        self.directions = nn.Parameter(torch.randn(people, dimension) / math.sqrt(dimension))

    def forward(self, embeddings: Tensor, people: Tensor) -> Tensor:
        """``embeddings`` (n, d) of length 1, ``people`` (n,) numbers from 0; returns a scalar."""
        cosine = embeddings @ functional.normalize(self.directions).T
        own = functional.one_hot(people, len(self.directions)).bool()
        return functional.cross_entropy(
            self.scale * torch.where(own, self._harder(cosine), cosine), people
        )

    def _harder(self, cosine: Tensor) -> Tensor:
        if self.kind == "cosface":
            return cosine - self.margin
        angle = cosine.clamp(-1 + 1e-6, 1 - 1e-6).acos()
        # beyond π the cosine would rise again: continue linearly there, as ArcFace's own code does
        turned = (angle + self.margin).cos()
        return torch.where(
            angle + self.margin <= math.pi, turned, cosine - self.margin * math.sin(self.margin)
        )


class DistillationLoss(nn.Module):
    """(1 - cosine) to the teacher's embedding, plus a relational term.

    ``relational`` times the mean squared difference of the batch's similarity matrices (in the
    spirit of Park et al., "Relational knowledge distillation", 2019).
    """

    def __init__(self, relational: float = 2.0) -> None:
        super().__init__()
        self.relational = relational

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Both (n, d) of length 1; returns a scalar, 0 if they agree."""
        alike = (1 - (embeddings * targets).sum(1)).mean()
        relation = ((embeddings @ embeddings.T - targets @ targets.T) ** 2).mean()
        return alike + self.relational * relation


class ApartLoss(nn.Module):
    """Pushes apart faces that the teacher tells apart: mean over faces of Σ ``max(0, cosine -
    least)²``.

    The impostor half of the contrastive loss on cosines, without labels. ``same``: the teacher's
    cosine above which two faces may be one person and are left alone.
    """

    def __init__(self, least: float = 0.25, same: float = 0.45) -> None:
        super().__init__()
        self.least = least
        self.same = same

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Both (n, d) of length 1; returns a scalar."""
        others = targets @ targets.T < self.same
        near = (embeddings @ embeddings.T - self.least).clamp(min=0)
        return (near**2 * others).sum(1).mean()


def pair_distances(embeddings: Tensor) -> Tensor:
    """Return (n/2,) distances of a batch of pairs laid out as firsts, then seconds."""
    half = len(embeddings) // 2
    return distances(embeddings[:half], embeddings[half:])
