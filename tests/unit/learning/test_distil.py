"""Distillation learns a teacher, from the CC0 network's head by ridge regression on, and goes on
after a stop.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from kiosk.cli import main
from kiosk.core.errors import LearningError
from kiosk.learning.data.batch_augmentation import BatchCropper, degraded
from kiosk.learning.data.unlabelled_pool import load_pool
from kiosk.learning.networks.mobilefacenet import MobileFaceNet
from kiosk.learning.networks.mobilefacenet import take_published as take_teacher
from kiosk.learning.networks.resnet29 import Resnet29, published_weights, take_published
from kiosk.learning.networks.weight_files import load_network
from kiosk.learning.training.distil import Distiller
from kiosk.learning.training.distil_settings import DistilSettings
from kiosk.learning.training.published_start import ridge
from kiosk.learning.training.run_folder import Run
from kiosk.vision.detection.alignment import TEMPLATES, align
from tests.helpers.openvino import publish, random_trunk
from tests.helpers.textures import pattern

pytestmark = pytest.mark.usefixtures("quick")
QUICK = {
    "backbone": "mobilenet_v3_large",
    "head": "16-8",
    "stages": "32:1",
    "epochs": 2,
    "batch": 8,
    "lr": 0.003,
    "warmup": 0,
    "ema": 0.5,
    "share": 0.2,
}


@pytest.fixture(scope="module")
def pool_folder(tmp_path_factory):
    """40 faces of 10 people in two files out of order; the teacher knows the person."""
    folder = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(0)
    index = rng.permutation(40)
    for part, rows in enumerate((index[:25], index[25:])):
        jpegs = [
            cv2.imencode(".jpg", pattern(int(row) // 4, 128, int(row) % 4))[1].ravel()
            for row in rows
        ]
        np.savez(
            folder / f"pool-{part}.npz",
            jpeg=np.concatenate(jpegs),
            offset=np.cumsum([0, *map(len, jpegs)]),
            index=rows,
        )
    people = np.repeat(rng.normal(size=(10, 12)), 4, axis=0)
    np.savez(
        folder / "pool-teacher.npz",
        embedding=people.astype(np.float16),
        pca=np.linalg.qr(rng.normal(size=(12, 8)))[0].astype(np.float32),
    )
    return folder


def distiller(folder, pool_folder, **values) -> Distiller:
    settings = DistilSettings(pool=str(pool_folder), **(QUICK | values))
    run = (
        Run.open(folder)
        if (folder / "config.toml").exists()
        else Run.create(folder, "distil", settings)
    )
    return Distiller(run, settings, load_pool(pool_folder), shown=False)


def test_the_pool_gives_each_picture_its_own_target(pool_folder):
    pool = load_pool(pool_folder)
    assert len(pool) == 40 and torch.allclose(pool.targets.norm(dim=1), torch.ones(40), atol=1e-5)
    index = np.concatenate([np.load(pool_folder / f"pool-{i}.npz")["index"] for i in (0, 1)])
    for a in range(0, 40, 7):
        for b in range(40):
            assert (float(pool.targets[a] @ pool.targets[b]) > 0.999) == (
                index[a] // 4 == index[b] // 4
            )


def test_the_student_comes_to_agree_with_its_teacher(tmp_path, pool_folder):
    distiller(tmp_path, pool_folder, epochs=24).train()
    rows = Run.open(tmp_path).summary()["epochs"]
    assert (
        rows[-1]["cosine"] > max(0.45, 2 * rows[0]["cosine"])
        and rows[-1]["loss"] < rows[0]["loss"] * 0.6
    )
    assert rows[-1]["lr"] < rows[5]["lr"]
    assert {"siamese.onnx", "network.toml", "weights.safetensors", "checkpoint.pt"} <= {
        p.name for p in tmp_path.iterdir()
    }


def test_a_stopped_distillation_goes_on_as_if_nothing_had_been(tmp_path, pool_folder, stopped):
    distiller(tmp_path / "whole", pool_folder).train()
    stopped(distiller(tmp_path / "stopped", pool_folder), 6)
    assert Run.open(tmp_path / "stopped").load()["step"] == 6
    distiller(tmp_path / "stopped", pool_folder).train()
    first, second = (load_network(tmp_path / name).state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_residual_network_starts_with_a_head_that_agrees_already(tmp_path, pool_folder):
    lines: list[str] = []
    settings = DistilSettings(
        pool=str(pool_folder),
        backbone="resnet29",
        head="8",
        stages="105:1",
        epochs=1,
        batch=32,
        share=0.2,
        lr=1e-9,
    )
    work = Distiller(
        Run.create(tmp_path, "distil", settings),
        settings,
        load_pool(pool_folder),
        shown=False,
        say=lines.append,
    )
    row = work.train()
    assert row["cosine"] > 0.8, (
        "trained on textures for one idle step only: dlib's features and the ridge head do it"
    )
    assert "published weights" in lines[0]


def of_the_teachers_shape(tmp_path, pool_folder, lines=None, **values) -> Distiller:
    """A distillation of a network that begins as its teacher; ``teacher/`` of the pool holds a
    random one.
    """
    settings = DistilSettings(
        pool=str(pool_folder),
        head="8",
        batch=8,
        share=0.2,
        warmup=0,
        **({"epochs": 1, "lr": 1e-9} | values),
    )
    return Distiller(
        Run.create(tmp_path, "distil", settings),
        settings,
        load_pool(pool_folder),
        shown=False,
        say=(lines if lines is not None else []).append,
    )


@pytest.fixture(scope="module")
def pool_with_teacher(pool_folder, tmp_path_factory):
    """The same pool with the teacher's files: a random network, whose head gives the 12 numbers of
    ``embedding``.
    """
    folder = tmp_path_factory.mktemp("with teacher")
    for file in pool_folder.glob("*.npz"):
        (folder / file.name).write_bytes(file.read_bytes())
    publish(
        random_trunk(),
        np.random.default_rng(2).normal(size=(12, 512)).astype(np.float16).astype(np.float32),
        folder / "teacher",
    )
    return folder


def test_a_student_of_the_teachers_shape_begins_as_the_teacher(tmp_path, pool_with_teacher):
    work = of_the_teachers_shape(tmp_path, pool_with_teacher, average=0.25)
    work.train()
    begun = MobileFaceNet()
    pool = load_pool(pool_with_teacher)
    head = take_teacher(begun, pool_with_teacher / "teacher")
    assert torch.allclose(work._mean.trunk.whole.weight, begun.whole.weight, atol=1e-5)
    assert torch.allclose(work._mean.head[0].weight, torch.from_numpy(pool.pca.T @ head), atol=1e-5)
    assert {"siamese.onnx", "network.toml"} <= {p.name for p in tmp_path.iterdir()}


def test_frozen_blocks_stay_and_the_rest_learns(tmp_path, pool_with_teacher):
    work = of_the_teachers_shape(tmp_path, pool_with_teacher, lr=1e-3, frozen=12)
    work.train()
    begun = MobileFaceNet()
    take_teacher(begun, pool_with_teacher / "teacher")
    learned = work._network.trunk
    assert torch.equal(learned.stem.weight, begun.stem.weight) and torch.equal(
        learned.blocks[11].widen.weight, begun.blocks[11].widen.weight
    )
    assert not torch.equal(learned.blocks[12].widen.weight, begun.blocks[12].widen.weight)


def test_without_the_teachers_files_it_says_where_they_belong(tmp_path, pool_folder):
    with pytest.raises(LearningError, match=r"teacher.*put the teacher's"):
        of_the_teachers_shape(tmp_path, pool_folder).train()


def test_favoured_sources_and_those_like_them_are_drawn_oftener(tmp_path, pool_folder):
    folder = tmp_path / "pool"
    folder.mkdir()
    (folder / "pool-teacher.npz").write_bytes((pool_folder / "pool-teacher.npz").read_bytes())
    for name in ("pool-0.npz", "pool-1.npz"):
        held = dict(np.load(pool_folder / name))
        np.savez(folder / name, **held, source=np.where(held["index"] < 4, "rare", "usual"))
    pool = load_pool(folder)
    own = pool.sources == "rare"
    assert own.sum() == 4
    assert np.array_equal(pool.like(["rare"], 0.02), own), (
        "the teacher gives one person's pictures one embedding: nobody else is nearer"
    )
    assert 4 < pool.like(["rare"], 0.5).sum() <= 24 and not pool.like(["none"], 0.5).any()
    settings = DistilSettings(
        pool=str(folder), **(QUICK | {"favour": 1.0, "sources": "rare", "share": 0.05})
    )
    work = Distiller(Run.create(tmp_path / "run", "distil", settings), settings, pool, shown=False)
    liked = pool.like(["rare"], 0.15)
    drawn = np.concatenate([work._batches.draw(epoch).ravel() for epoch in range(200)])
    kept = liked[work._batches.rows].mean()
    assert liked[drawn].mean() == pytest.approx((kept + 1) / 2, abs=0.03)
    assert np.array_equal(work._batches.draw(3), work._batches.draw(3)) and not np.array_equal(
        work._batches.draw(3), work._batches.draw(4)
    )


def test_at_the_end_the_trunk_goes_part_of_the_way_back_and_the_head_fits_it(tmp_path, pool_folder):
    settings = DistilSettings(
        pool=str(pool_folder),
        backbone="resnet29",
        head="8",
        stages="105:1",
        epochs=1,
        batch=32,
        share=0.2,
        lr=0.01,
        warmup=0,
        normalise=False,
        average=0.25,
    )
    work = Distiller(
        Run.create(tmp_path, "distil", settings), settings, load_pool(pool_folder), shown=False
    )
    work.train()
    learned = work._mean.trunk
    kept = load_network(tmp_path).trunk
    published = Resnet29()
    take_published(published, published_weights())
    for mine, there, before in zip(
        kept.parameters(), learned.parameters(), published.parameters(), strict=True
    ):
        assert torch.allclose(mine, 0.75 * there + 0.25 * before, atol=1e-5)
    assert not torch.allclose(learned.stem.conv.weight, published.stem.conv.weight), (
        "something was learned"
    )
    assert not torch.equal(load_network(tmp_path).head[0].weight, work._mean.head[0].weight)


def test_normalising_and_settling_change_nothing_but_how_it_is_trained():
    torch.manual_seed(0)
    network = Resnet29().eval()
    faces = torch.randn(8, 3, 112, 112)
    before = network(faces)
    network.normalise([faces])
    assert all(isinstance(unit.affine, torch.nn.BatchNorm2d) for unit in network.units())
    assert torch.allclose(network.eval()(faces), before, atol=1e-4)
    assert torch.allclose(network.train()(faces), before, atol=1e-3), (
        "the figures are those of these very faces"
    )
    trained = network.eval()(faces)
    network.settle()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert torch.allclose(network(faces), trained, atol=1e-4)


def test_no_strength_shows_the_pictures_as_they_are_but_mirrored():
    torch.manual_seed(0)
    pool = torch.randint(0, 256, (6, 3, 128, 128), dtype=torch.uint8)
    cutter = BatchCropper("arcface_112")
    plain = cutter.plain(pool, 112)
    varied = cutter.varied(pool, 112, 0.0)
    assert all(
        torch.allclose(v, p, atol=1e-4) or torch.allclose(v, p.flip(-1), atol=1e-2)
        for v, p in zip(varied, plain, strict=True)
    )
    assert torch.allclose(degraded(plain.clamp(1e-3, 1), 0.0), plain.clamp(1e-3, 1), atol=1e-5)


def test_ridge_regression_is_the_closed_form_and_leaves_the_bias_free():
    rng = np.random.default_rng(0)
    x, w, b = (
        rng.normal(size=(200, 5)).astype(np.float32),
        rng.normal(size=(3, 5)).astype(np.float32),
        np.array([5, -7, 9], np.float32),
    )
    weight, bias = ridge(torch.from_numpy(x), torch.from_numpy(x @ w.T + b), 1e-6)
    assert np.abs(weight.numpy() - w).max() < 1e-3 and np.abs(bias.numpy() - b).max() < 1e-3
    weight, bias = ridge(torch.from_numpy(x), torch.from_numpy(x @ w.T + b), 1e6)
    assert weight.abs().max() < 1e-3 and np.abs(bias.numpy() - (x @ w.T + b).mean(0)).max() < 1e-2


@pytest.mark.parametrize("alignment", ["arcface_112", "dlib_150"])
def test_a_cut_out_of_the_pool_is_what_the_kiosk_cuts_out(alignment):
    """A smooth picture with the pool's landmarks, cut by both ways."""
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 255, (128, 128, 3)).astype(np.uint8), (0, 0), 5
    )
    size, _ = TEMPLATES[alignment]
    wanted = align(image, TEMPLATES["arcface_112"][1] + 8, alignment, size)
    ours = BatchCropper(alignment).plain(
        torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())[None], size
    )[0]
    ours = (ours * 255).numpy().transpose(1, 2, 0)[..., ::-1]
    inner = slice(12, -12)
    assert np.abs(ours[inner, inner] - wanted[inner, inner].astype(float)).mean() < 1.5


def test_degraded_faces_stay_faces_in_range_and_follow_the_seed():
    pool = torch.from_numpy(np.stack([pattern(p, 128, 0) for p in range(10)]).transpose(0, 3, 1, 2))
    cutter = BatchCropper("arcface_112")
    plain = cutter.plain(pool, 48)

    def varied(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return degraded(cutter.varied(pool, 48))

    assert torch.equal(varied(0), varied(0)) and not torch.equal(varied(0), varied(1))
    assert varied(0).shape == plain.shape and varied(0).min() >= 0 and varied(0).max() <= 1
    still = [
        min((varied(seed)[i] - plain[i]).abs().mean().item() for seed in range(6))
        for i in range(10)
    ]
    assert max(still) < 0.2, "some of the views lie near the picture itself"
    assert functional.cosine_similarity(varied(0).flatten(1), plain.flatten(1)).min() > 0.6


def broken(folder, source, name, **arrays):
    """A copy of the pool with one file changed."""
    for path in source.glob("*.npz"):
        (folder / path.name).write_bytes(path.read_bytes())
    if arrays:
        kept = dict(np.load(source / name))
        np.savez(folder / name, **{**kept, **arrays})
    return folder


@pytest.mark.parametrize(
    ("name", "arrays", "sentence"),
    [
        ("pool-0.npz", {"offset": np.array([0, 5])}, "offsets"),
        ("pool-0.npz", {"index": np.arange(25) + 1000}, "do not belong"),
        ("pool-teacher.npz", {"embedding": np.zeros((40, 12), np.float16)}, "not all usable"),
        ("pool-teacher.npz", {"pca": np.zeros((5, 8), np.float32)}, "do not belong"),
        ("pool-1.npz", {"jpeg": np.array([None], object)}, "cannot be used"),
    ],
)
def test_a_damaged_pool_is_refused(name, arrays, sentence, tmp_path, pool_folder):
    with pytest.raises(LearningError, match=sentence):
        load_pool(broken(tmp_path, pool_folder, name, **arrays))


def test_no_pool_half_files_and_wrong_settings_are_said(tmp_path, pool_folder):
    with pytest.raises(LearningError, match="holds no pool"):
        load_pool(tmp_path)
    (broken(tmp_path, pool_folder, "") / "pool-0.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(LearningError, match="cannot be used"):
        load_pool(tmp_path)
    for wrong, sentence in (
        ({"stages": "32"}, "write them as"),
        ({"stages": "32:0.5"}, "must give 1"),
        ({"stages": "8:1"}, "at least"),
        ({"epochs": 0}, "epochs"),
    ):
        with pytest.raises(LearningError, match=sentence):
            DistilSettings(pool="x", **(QUICK | wrong))
    with pytest.raises(LearningError, match="ends with 8"):
        distiller(tmp_path / "a", pool_folder, head="16-9")
    with pytest.raises(LearningError, match="smaller --batch"):
        distiller(tmp_path / "b", pool_folder, batch=64)


def test_the_rate_rises_then_falls_and_sizes_follow_their_shares():
    settings = DistilSettings(
        pool="x", backbone="mobilenet_v3_large", stages="64:0.35,88:0.25,112:0.4", lr=1.0, warmup=50
    )
    rates = [settings.rate_at(step, 1000) for step in range(1000)]
    assert (
        rates[0] < 0.03
        and 0.99 < max(rates) <= 1
        and 48 <= np.argmax(rates) <= 51
        and rates[-1] < 0.02
    )
    assert max(settings.rate_at(step, 20) for step in range(20)) < 0.3, (
        "a short run never comes to the full rate at once"
    )
    assert [settings.size_at(d) for d in (0, 0.34, 0.36, 0.59, 0.61, 1.0)] == [
        64,
        64,
        88,
        88,
        112,
        112,
    ]


def test_the_command_distils_and_goes_on(tmp_path, pool_folder, capsys):
    words = [
        "--backbone",
        "mobilenet_v3_large",
        "--head",
        "16-8",
        "--stages",
        "32:1",
        "--batch",
        "8",
        "--share",
        "0.2",
        "--epochs",
        "1",
    ]
    assert (
        main(
            ["train", "distil", str(pool_folder), *words, "--quiet", "--out", str(tmp_path / "run")]
        )
        == 0
    )
    assert "cosine" in capsys.readouterr().out
    assert main(["train", "--resume", str(tmp_path / "run"), "--quiet"]) == 0
    assert Run.open(tmp_path / "run").command() == "distil"
