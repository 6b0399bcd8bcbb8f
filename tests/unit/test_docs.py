"""What is written down is what is there."""

from __future__ import annotations

import dataclasses
import re
import runpy
from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.cli import COMMANDS, parser
from kiosk.core import paths
from kiosk.core.decisions import Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.languages import language_codes
from kiosk.core.settings import settings_of
from kiosk.ui.catalogue import catalogue
from kiosk.vision.models.manifest import Manifest, ModelEntry

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = {"ko", "en", "gpio", "serial", "mqtt", "http", "command"}
"""Languages and lock drivers with words in the catalogues; others bring a title of their own."""


def test_the_page_of_settings_is_of_today():
    text = runpy.run_path(str(ROOT / "scripts/document_settings.py"))["text"]
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == text(), (
        "run scripts/document_settings.py"
    )


def test_units_choices_and_tables_of_settings_have_words_in_both_languages():
    for code in language_codes():
        keys = catalogue(code)
        for setting in settings_of(default_config()):
            needed = {
                f"setting.choice.{choice}"
                for choice in setting.choices
                if choice in TRANSLATED or choice not in setting.choice_titles
            }
            if not setting.section_titles:
                needed.add(f"setting.section.{setting.section}")
            assert needed <= keys.keys(), (code, setting.key)
            assert (
                not setting.unit
                or f"setting.unit.{re.sub('[^a-z0-9]+', '_', setting.unit.lower())}" in keys
            ), (code, setting.unit)


def test_the_page_of_reasons_is_of_today():
    text = runpy.run_path(str(ROOT / "scripts/document_reasons.py"))["text"]
    page = (ROOT / "docs/reasons.md").read_text(encoding="utf-8")
    assert page == text(), "run scripts/document_reasons.py"
    assert set(re.findall(r"^## `(\w+)`", page, re.M)) == {reason.value for reason in Reason}


def test_every_manifest_key_is_explained():
    page = (ROOT / "weights/README.md").read_text(encoding="utf-8")
    for item in dataclasses.fields(ModelEntry):
        assert item.name in ("root", "cache") or f"`{item.name}`" in page, item.name


def test_the_readme_names_every_command_and_its_pictures_exist():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert re.search(rf"run_kiosk.py {command}\b", page), command
    for picture in re.findall(r"\]\((docs/[^)]+)\)", page):
        assert (ROOT / picture).exists(), picture


def test_no_two_screenshots_show_the_same():
    pictures = sorted((ROOT / "docs/screenshots").glob("*.png"))
    assert len({picture.read_bytes() for picture in pictures}) == len(pictures) > 0


def test_help_shows_every_command(capsys):
    help_text = parser().format_help()
    for command in COMMANDS:
        assert f"    {command} " in help_text


def test_every_state_and_reason_has_words_in_both_languages():
    for language in language_codes():
        keys = catalogue(language)
        for reason in Reason:
            assert f"reason.{reason.value}.title" in keys, (language, reason)
        for state in (
            DoorState.LOCKED_OUT,
            DoorState.CAMERA_LOST,
            DoorState.OUT_OF_SERVICE,
            DoorState.PAUSED,
        ):
            assert {f"door.{state.value}.title", f"door.{state.value}.next"} <= keys.keys(), (
                language,
                state,
            )
        assert {f"hint.{hint.value}" for hint in Hint if hint is not Hint.NONE} <= {
            key.rpartition(".")[0] or key for key in keys
        } | keys.keys()


def test_every_listed_network_has_its_own_source():
    for entry in Manifest.load(paths.MANIFEST).entries:
        assert entry.source.startswith("https://") or (ROOT / entry.source).is_file(), entry.id


@pytest.mark.parametrize("page", ["docs/glossary.md", "ARCHITECTURE.md"])
def test_files_named_in_the_maps_of_the_code_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:kiosk/)?((?:[a-z0-9_]+/)+[a-z0-9_]+\.py)(?::[^`]*)?`", text))
    missing = {
        name
        for name in named
        if not (ROOT / "kiosk" / name).exists() and not (ROOT / name).exists()
    }
    assert named and not missing


def test_names_in_the_glossary_are_defined_in_the_file_beside_them():
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for file, name in re.findall(r"`([a-z0-9_/]+\.py): (\w+)`", text):
        source = (ROOT / "kiosk" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(class {name}\b|{name} = )", source, re.M), (file, name)


def test_every_page_is_in_the_sites_navigation():
    """The site takes its pages from docs/ and from scripts/docs_site.py."""
    named = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M))
    added = re.findall(
        r'^    "[\w/.]+": "([\w-]+\.md)"', (ROOT / "scripts/docs_site.py").read_text("utf-8"), re.M
    )
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} | set(added)
    assert {name for name in named if not name.startswith("api/")} == pages
