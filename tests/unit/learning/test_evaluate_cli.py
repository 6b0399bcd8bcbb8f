"""``evaluate`` as a person runs it: the kiosk's own detector on drawn people, one sentence for bad
input.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk import cli
from kiosk.core import paths
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.evaluation.reference_writer import read_reference
from kiosk.learning.evaluation.verification_metrics import FARS
from kiosk.vision.models.manifest import Manifest
from tests.helpers.data import DATA, needs_data
from tests.helpers.drawn import draw_folder, tiny_network

OWN = Manifest.load(paths.MANIFEST).entry("siamese").threshold


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """Four people in two groups; one picture that is none, one without a face, one copy."""
    root = draw_folder(
        tmp_path_factory.mktemp("people"),
        {"east/kim": 3, "east/lee": 3, "west/ann": 3, "west/bob": 2},
    )
    (root / "east/kim/broken.jpg").write_text("no picture")
    shutil.copy(root / "west/bob/0.png", root / "west/bob/copy.png")
    (root / "notes.txt").touch()
    return root


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def evaluate(monkeypatch, capsys):
    """Runs the command: exit code, what it printed, what it complained of."""
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)

    def run(*words: object) -> tuple[int, str, str]:
        code = cli.main(["evaluate", *map(str, words), "--resamples", "40"])
        return code, *capsys.readouterr()

    return run


def test_a_folder_of_people_gives_every_figure(evaluate, people, cache, tmp_path):
    file = tmp_path / "out/figures.json"
    code, out, err = evaluate("--images", people, "--json", file, "--cache", cache)
    assert code == 0, err
    found = json.loads(file.read_text())
    assert found["embedder"] == "siamese" and found["threshold_from"] == "the network's own"
    assert (found["n_pictures"], found["n_failed"], found["fte"]) == (12, 1, pytest.approx(1 / 12))
    assert found["problems"] == {"unreadable": 1, "no_face": 0, "duplicate": 1}
    assert (found["n_genuine"], found["n_impostor"], found["n_pairs"], found["n_people"]) == (
        10,
        45,
        55,
        4,
    )
    c = found["confusion"]
    assert (
        c["tp"] + c["fn"] == 10
        and c["fp"] + c["tn"] == 45
        and found["type_i"] == c["fp"]
        and found["type_ii"] == c["fn"]
    )
    assert (
        found["accuracy"]
        == found["accuracy_at_threshold"]
        == pytest.approx((c["tp"] + c["tn"]) / 55)
    )
    assert found["folds"] is None and found["pos_m"] < found["neg_m"]
    assert found["best_accuracy"] > 0.95, "drawn people are far apart"
    assert found["tar@far=1e-2"] is None and "tar@far=1e-3" in found, (
        "45 impostor pairs cannot show 1e-2"
    )
    for name in (
        "accuracy",
        "eer",
        "sensitivity",
        "specificity",
        "pos_m",
        "neg_m",
        "type_i",
        "fte",
    ):
        low, high = found["intervals"][name]
        assert low <= found[name] <= high, name
    assert {name: group["n_people"] for name, group in found["groups"].items()} == {
        "east": 2,
        "west": 2,
    }
    assert found["groups"]["east"]["n_genuine"] == 6 and found["groups"]["west"]["n_impostor"] == 6
    assert (
        "EER" in out
        and "not measurable" in out
        and "group east" in out
        and "east/kim/broken.jpg is not a readable picture." in err
    )
    assert not {f"tar@far={name}" for name in FARS} - found.keys()


def test_listed_pairs_with_folds_a_threshold_a_report_and_a_reference(
    evaluate, people, cache, tmp_path
):
    rows = ["first,second,same,fold"]
    for fold, (a, b, x) in enumerate(
        (
            ("east/kim/0.png", "east/kim/1.png", "east/lee/0.png"),
            ("west/ann/0.png", "west/ann/1.png", "west/bob/0.png"),
            ("east/kim/broken.jpg", "east/kim/2.png", "west/bob/copy.png"),
        )
    ):
        rows += [f"{a},{b},1,{fold}", f"{b},{x},0,{fold}"]
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    code, _, err = evaluate(
        "siamese",
        "--images",
        people,
        "--pairs",
        tmp_path / "pairs.csv",
        "--threshold",
        0.5,
        "--cache",
        cache,
        "--json",
        tmp_path / "f.json",
        "--report",
        tmp_path / "report",
        "--reference",
        tmp_path / "reference.npz",
    )
    assert code == 0, err
    found = json.loads((tmp_path / "f.json").read_text())
    assert (
        found["n_pairs_listed"],
        found["n_pairs"],
        found["threshold"],
        found["threshold_from"],
    ) == (6, 5, 0.5, "given")
    assert (
        found["accuracy"] == pytest.approx(np.mean(found["folds"]["accuracies"]))
        and len(found["folds"]["accuracies"]) == 3
    )
    assert found["problems"] == {"unreadable": 1, "no_face": 0, "duplicate": 1}, (
        "a copy that is listed is compared and reported"
    )
    page = (tmp_path / "report/index.html").read_text()
    assert page.count("data:image/png;base64,") == 5 and "not a readable picture" in page
    assert json.loads((tmp_path / "report/figures.json").read_text()) == found
    genuine, impostor = read_reference(tmp_path / "reference.npz", "siamese", found["sha256"])
    assert len(genuine) == 2 and len(impostor) == 3
    assert float(genuine.mean()) == pytest.approx(found["pos_m"], abs=1e-3)


def test_an_onnx_file_and_a_run_folder_are_measured(evaluate, people, cache, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(tiny_network())
    code, out, err = evaluate(tmp_path / "mine.onnx", "--images", people, "--cache", cache)
    assert (
        code == 0 and out.startswith("mine on ") and "on these pictures" in out and "flatter" in out
    ), err
    run = tmp_path / "run-1"
    run.mkdir()
    (run / "siamese.onnx").write_bytes(tiny_network(64, 2))
    (run / "network.toml").write_text(
        'input = 64\nalignment = "box"\nmean = [0, 0, 0]\nscale = 255.0\nchannels = "bgr"\n'
        "dimension = 2\nnormalise = true\nthreshold = 0.25\nfar = 1.0\n"
    )
    for name in (run, run / "siamese.onnx"):
        code, out, err = evaluate(name, "--images", people, "--cache", cache)
        assert code == 0 and "threshold 0.250 (the network's own)" in out, err


def test_one_person_against_all(evaluate, tmp_path):
    root = draw_folder(tmp_path / "p", {"kim": 10, "lee": 2, "ann": 2})
    code, out, err = evaluate(
        "siamese", "--images", root, "--one-against-all", "--json", tmp_path / "f.json"
    )
    assert code == 0, err
    found = json.loads((tmp_path / "f.json").read_text())
    (row,) = found["people"]
    assert (
        (row["person"], row["probes"], row["others"]) == ("kim", 7, 4)
        and found["n_genuine"] == 70
        and found["n_impostor"] == 40
    )
    assert (
        found["sensitivity@type_i=0"] == row["sensitivity@type_i=0"] > 0.9
        and "only 4 pictures of others" in out
    )
    assert (
        evaluate("siamese", "--images", root, "--one-against-all", "kim")[1].splitlines()[2:]
        == out.splitlines()[2:-1]
    )
    for person, sentence in (
        ("lee", "lee has 2 pictures, and 10 are needed"),
        ("zoe", "There is no 'zoe'"),
    ):
        code, _, err = evaluate("siamese", "--images", root, "--one-against-all", person)
        assert code == 2 and sentence in err


def test_bad_input_is_one_sentence_and_exit_code_2(evaluate, people, cache, tmp_path):
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    empty = tmp_path / "empty"
    empty.mkdir()
    alone = draw_folder(tmp_path / "alone", {"kim": 2})
    single = draw_folder(tmp_path / "single", {"kim": 1, "lee": 1})
    black = tmp_path / "black"
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        shutil.copy(people / "east/kim/broken.jpg", write(f"black/{name}", ""))
    net = write("net.onnx", tiny_network())
    write("wide.toml", "dimension = 128\n")
    write("typo.toml", "inputs = 112\n")
    write("bad.json", "{")
    (tmp_path / "run").mkdir()
    cases = [
        (["siamese", "--images", tmp_path / "nothing"], "There is no folder"),
        (["siamese", "--images", empty], "holds no pictures of people"),
        (["siamese", "--images", alone], "one person only"),
        (["siamese", "--images", single], "Nobody in .* has two pictures"),
        (["siamese", "--images", black], "no face was found|could be read"),
        (
            ["siamese", "--images", people, "--pairs", write("c.csv", "a,b\n1,2\n")],
            "has the columns a, b",
        ),
        (
            ["nonsense", "--images", people],
            "There is no network, ONNX file or run folder 'nonsense'",
        ),
        (["pnet", "--images", people], "is a detector"),
        ([write("junk.onnx", b"junk"), "--images", people], "is not an ONNX network"),
        ([tmp_path / "gone.onnx", "--images", people], "There is no network"),
        ([tmp_path / "run", "--images", people], "There is no network"),
        (
            [write("small.onnx", tiny_network(64)), "--images", people],
            "takes pictures of 64×64, not 112×112 pixels; describe it in small.toml",
        ),
        (
            [write("wide.onnx", tiny_network()), "--images", people],
            "gives 3 numbers a face, not 128",
        ),
        ([write("typo.onnx", tiny_network()), "--images", people], "unknown key inputs"),
        ([write("bad.onnx", tiny_network()), "--images", people], r"bad\.json cannot be read"),
        ([net, "--images", people, "--threshold", "nan"], "give a distance above 0"),
        ([net, "--images", people, "--report", net], "is a file; name a folder"),
        ([net, "--images", people, "--json", empty], "is a folder; name a file"),
        (
            [net, "--images", people, "--json", net / "x.json", "--cache", cache],
            "cannot be written",
        ),
        ([net, "--clips", empty, "--one-against-all"], "need --images"),
        ([net, "--clips", empty], "needs clips of at least two people"),
        ([net, "--images", people, "--one-against-all"], "Nobody in .* has 10 pictures"),
        ([net], "Say what to measure on"),
        (["siamese", people, "--images", people], "to compare several, write compare"),
        (["open-set"], "Write evaluate open-set DIR"),
        (["open-set", people, "--report", tmp_path / "r"], "Write evaluate open-set DIR"),
        (["open-set", people, "--target", 0], "more than 0 and at most 10,000"),
        (["open-set", people, "--target", 20000], "more than 0 and at most 10,000"),
        (["open-set", people, "--repetitions", 0], "--repetitions must be 1"),
        (["open-set", single], "at least four are needed"),
        (["open-set", tmp_path / "nothing"], "There is no folder"),
    ]
    for words, sentence in cases:
        code, _, err = evaluate(*words)
        last = [line for line in err.splitlines() if line.startswith("munjigi: ")]
        assert code == 2 and len(last) == 1 and last[0].endswith("."), (words, err)
        assert re.search(sentence, last[0]), (sentence, last[0])


def test_open_set_compares_a_fixed_with_a_calibrated_threshold(evaluate, cache, tmp_path):
    root = draw_folder(tmp_path / "eight", {f"p{n}": 2 + n % 2 for n in range(8)})
    code, out, err = evaluate(
        "open-set",
        root,
        "--target",
        1,
        500,
        "--repetitions",
        3,
        "--cache",
        cache,
        "--json",
        tmp_path / "f.json",
    )
    assert code == 0, err
    rows = json.loads((tmp_path / "f.json").read_text())
    assert [(r["gallery"], r["target"], r["mode"]) for r in rows] == [
        (4, t, m) for t in (1e-4, 0.05) for m in ("fixed", "calibrated")
    ]
    for row in rows:
        assert {"threshold", "fpir", "fpir_low", "fpir_high", "fnir"} <= row.keys() and 0 <= row[
            "fpir_low"
        ] <= row["fpir"] <= row["fpir_high"] <= 1
        assert row["mode"] == "calibrated" or row["threshold"] == pytest.approx(OWN)
        assert row["strangers"] > 4 or row["fpir_high"] >= 3 / 8, (
            "no error among few strangers proves little"
        )
    strict, loose = (row["threshold"] for row in rows if row["mode"] == "calibrated")
    assert strict < loose <= OWN or strict <= loose
    assert (
        "4 enrolled, target 0.01 %" in out
        and "A visit is 5 pictures" in out
        and "shipped one was used" in out
    )
    assert all(row["far_transaction"] is None and row["stranger_visits"] == 0 for row in rows), (
        "two pictures of a person are no visit"
    )
    again = evaluate(
        "open-set",
        root,
        "--target",
        1,
        500,
        "--repetitions",
        3,
        "--cache",
        cache,
        "--json",
        tmp_path / "g.json",
    )
    assert again[0] == 0 and json.loads((tmp_path / "g.json").read_text()) == rows


def test_open_set_judges_whole_visits_of_stills(evaluate, cache, tmp_path):
    root = draw_folder(tmp_path / "six", {f"p{n}": 9 for n in range(6)})
    code, out, err = evaluate(
        "open-set",
        root,
        "--target",
        500,
        "--repetitions",
        1,
        "--cache",
        cache,
        "--json",
        tmp_path / "f.json",
    )
    assert code == 0, err
    for row in json.loads((tmp_path / "f.json").read_text()):
        assert (row["stranger_visits"], row["member_visits"]) == (3 * 2, 3 * 1), (
            "nine pictures are two visits, five enrolled leave one"
        )
        assert row["far_transaction"] <= row["fpir"] + 1e-9 and row["frr_transaction"] < 0.5
        assert row["far_transaction_low"] <= row["far_transaction"] <= row["far_transaction_high"]
    assert "whole visits" in out


def test_open_set_on_clips_judges_whole_visits(evaluate, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for person, number in ((0, 1), (0, 2), (1, 1), (1, 2)):
        writer = cv2.VideoWriter(
            str(folder / f"person-{person}-{number}.avi"),
            cv2.VideoWriter.fourcc(*"MJPG"),
            30,
            (320, 240),
        )
        for frame in range(14):
            image = draw_person(
                CAST[person].looks,
                size=(320, 240),
                height=110,
                yaw=0.01 * frame,
                noise_seed=10 * number + frame,
            )
            writer.write(image)
        writer.release()
    code, out, err = evaluate("open-set", folder, "--target", 100, "--json", tmp_path / "f.json")
    rows = json.loads((tmp_path / "f.json").read_text())
    assert (
        code == 0 and "1 enrolled in every way" in out and "4 of strangers, 2 of members" in out
    ), err
    assert [
        (r["far_transaction"], r["frr_transaction"], r["stranger_visits"], r["member_visits"])
        for r in rows
    ] == [(0.0, 0.0, 4, 2)] * 2
    assert [(r["fpir"], r["attempts"], r["genuine"]) for r in rows] == [(0.0, 56, 28)] * 2 and all(
        r["far_transaction_high"] > 0 for r in rows
    )


def test_ctrl_c_ends_cleanly_and_what_was_found_stays(evaluate, people, tmp_path, monkeypatch):
    from kiosk.learning.data import face_folders

    seen = []
    keep = face_folders._keep

    def interrupted(place, face):
        keep(place, face)
        seen.append(place)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(face_folders, "_keep", interrupted)
    code, out, err = evaluate(
        "--images", people, "--cache", tmp_path / "c", "--json", tmp_path / "f.json"
    )
    assert (
        code == 130
        and out == ""
        and err == "munjigi: stopped.\n"
        and not (tmp_path / "f.json").exists()
    )
    assert len(list((tmp_path / "c").rglob("*.face"))) == 3


@pytest.mark.data
@needs_data
def test_real_people_are_told_apart_better_than_by_chance(evaluate, tmp_path):
    root = tmp_path / "people"
    root.mkdir()
    for person in sorted((DATA / "asian-dev").iterdir())[:4]:
        (root / person.name).symlink_to(person)
    code, _, err = evaluate("dlib", "--images", root, "--json", tmp_path / "f.json")
    found = json.loads((tmp_path / "f.json").read_text())
    assert (
        code == 0
        and found["n_people"] == 4
        and found["eer"] < 0.4
        and found["pos_m"] < found["neg_m"]
    ), err
