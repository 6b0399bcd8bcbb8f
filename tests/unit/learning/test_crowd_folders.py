"""A folder of many people is asked about, and each of its pictures taken as another person."""

from __future__ import annotations

import pytest

from kiosk.core.errors import LearningError
from kiosk.learning.data.crowd_folders import told_apart
from kiosk.learning.data.face_folders import Picture


def pictures(*paths: str) -> list[Picture]:
    return [Picture(path, path.rpartition("/")[0]) for path in paths]


@pytest.mark.parametrize("name", ["others", "Others", "타인", "Other", "lab/strangers"])
def test_a_name_of_many_people_is_asked_about(name):
    with pytest.raises(LearningError, match=f"--others {name} to take each of its 2 pictures"):
        told_apart(pictures("me/1.jpg", f"{name}/1.jpg", f"{name}/2.jpg"), "")


def test_a_named_folder_is_told_apart_and_the_rest_is_not():
    found = told_apart(pictures("me/1.jpg", "me/2.jpg", "crowd/1.jpg", "crowd/2.jpg"), "crowd")
    assert [p.person for p in found] == ["me", "me", "crowd:1.jpg", "crowd:2.jpg"]
    assert [p.path for p in found] == ["me/1.jpg", "me/2.jpg", "crowd/1.jpg", "crowd/2.jpg"]
    assert {p.group for p in found} == {""}


def test_one_picture_or_a_persons_name_is_not_asked_about():
    shown = pictures("me/1.jpg", "others/1.jpg", "otherson/1.jpg", "otherson/2.jpg")
    assert told_apart(shown, "") == shown
    people = pictures("others/1.jpg", "others/2.jpg")
    assert told_apart(people, "none") == people
    with pytest.raises(LearningError, match="no folder crowd with pictures"):
        told_apart(people, "crowd")
