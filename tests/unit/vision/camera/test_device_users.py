"""Which program has a device open."""

from __future__ import annotations

from kiosk.vision.camera.device_users import programs_using, used_here


def test_this_process_is_told_apart_from_others(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    with device.open("rb"):
        assert used_here(str(device)) and programs_using(str(device)) == []
    assert not used_here(str(device)) and not used_here(str(tmp_path / "video1"))


def test_programs_are_named_once_and_hidden_ones_left_out(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    proc = tmp_path / "proc"
    for number, name in (("7", "cheese"), ("8", "cheese"), ("9", "vlc"), ("self", "python3")):
        folder = proc / number / "fd"
        folder.mkdir(parents=True)
        (folder / "3").symlink_to(device if name != "vlc" else tmp_path)
        (proc / number / "comm").write_text(f"{name}\n")
    (proc / "10").mkdir()  # somebody else's: its files cannot be seen
    assert programs_using(str(device), proc) == ["cheese"]
