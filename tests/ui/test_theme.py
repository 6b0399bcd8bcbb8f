"""Contrast of the colours, and the style sheet of both themes."""

from __future__ import annotations

import pytest

from kiosk.ui import icons
from kiosk.ui.theme import DARK, DIM_GROUND, DIM_TEXT, LIGHT, Tokens, style_sheet, theme


def luminance(colour: str) -> float:
    """Relative luminance as defined in WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_formula():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "surface", "raised"])
@pytest.mark.parametrize(
    "text", ["text", "quiet", "accent_text", "accept_text", "reject_text", "wait_text"]
)
def test_text_has_contrast(tokens: Tokens, ground: str, text: str):
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("colour", ["accent", "accept", "reject", "wait"])
def test_text_on_colours_has_contrast(tokens: Tokens, colour: str):
    assert contrast(getattr(tokens, f"on_{colour}"), getattr(tokens, colour)) >= 4.5


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "surface"])
@pytest.mark.parametrize("ink", ["genuine", "impostor"])
def test_chart_colours_have_contrast(tokens: Tokens, ground: str, ink: str):
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 3


def test_dimmed_clock_has_contrast():
    assert contrast(DIM_TEXT, DIM_GROUND) >= 4.5


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_the_style_sheet_is_filled_in(tokens: Tokens):
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert tokens.surface in sheet
    assert sheet.count("{") == sheet.count("}")


def test_theme_emits_changed(qtbot):
    with qtbot.waitSignal(theme().changed) as emitted:
        theme().use("light")
    assert emitted.args == ["light"]
    assert theme().tokens is LIGHT
    with pytest.raises(ValueError, match="sepia"):
        theme().use("sepia")


def test_every_icon_is_drawn_in_the_given_colour(qtbot):
    ink = DARK.colour("accent")
    assert len(icons.names()) > 20
    for name in icons.names():
        image = icons.pixmap(name, ink, 48).toImage()
        inked = [image.pixelColor(x, y) for x in range(0, 96, 2) for y in range(0, 96, 2)]
        solid = [c for c in inked if c.alpha() == 255]
        assert solid, name
        assert all(
            abs(c.red() - ink.red()) <= 2 and abs(c.blue() - ink.blue()) <= 2 for c in solid
        ), name
