"""A password in an address is never shown, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk.core.addresses import hidden, is_like_address, revealed, shown_address
from tests.helpers.secret_addresses import FORMS

SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126) | st.sampled_from("@/:#?%&=é암호 "),
    min_size=4,
    max_size=20,
)


def is_secret(secret: str, form: str) -> bool:
    """Whether ``secret`` can be recognised: it is no part of the rest, nor a number."""
    return (
        secret not in form.format("")
        and "/***" not in secret
        and secret not in "rtsp://***@"
        and not secret.strip().isdecimal()
        and not ("/{}/" in form and shown_address(f"rtsp://cam.lab/{secret}").endswith(secret))
    )


@given(st.sampled_from(FORMS), SECRETS)
def test_no_secret_is_shown_in_any_form(form, secret):
    assume(is_secret(secret, form))
    address = form.format(secret)
    assert secret not in shown_address(address)
    assert secret not in hidden(address)


@given(st.sampled_from(FORMS), SECRETS)
def test_what_is_shown_again_stays_as_it_is_and_comes_back_whole(form, secret):
    address = form.format(secret)
    assert hidden(hidden(address)) == hidden(address)
    assert shown_address(shown_address(address)) == shown_address(address)
    assert revealed(hidden(address), address) == address


@given(st.text(max_size=60))
def test_any_text_is_shown(text):
    assert isinstance(shown_address(text), str)
    assert revealed(hidden(text), text) == text
    if not is_like_address(text):
        assert shown_address(text) == text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://u:p@cam.lab:554/1?token=x", "rtsp://cam.lab:554/1"),
        ("rtsp://10.0.0.2/Streaming/Channels/101", "rtsp://10.0.0.2/Streaming/Channels/101"),
        (
            "rtsp://10.0.0.2:8554/h264/ch1/main/av_stream",
            "rtsp://10.0.0.2:8554/h264/ch1/main/av_stream",
        ),
        ("http://[::1]:80/video.mjpg", "http://[::1]:80/video.mjpg"),
        ("rtsp://camera:554/live", "rtsp://camera:554/live"),
        ("rtsp://user:1234/live", "rtsp://***"),
        ("rtsp://10.0.0.2/geheim12", "rtsp://10.0.0.2/***"),
        ("rtsp://a:p@ss@10.0.0.2/live", "rtsp://10.0.0.2/live"),
        ("rtsp://a:p@ss@cam.lab/live", "rtsp://***"),
        ("/home/me/clip@home.mp4", "***"),
        ("/srv/clip.mp4", "/srv/clip.mp4"),
        ("auto", "auto"),
        ("mqtt", "mqtt"),
    ],
)
def test_what_is_shown_of_an_address(address, shown):
    assert shown_address(address) == shown


@pytest.mark.parametrize(
    ("value", "typed", "meant"),
    [
        ("rtsp://u:p@10.0.0.2/live", "rtsp://***@10.0.0.3/live", "rtsp://u:p@10.0.0.3/live"),
        ("rtsp://u:p@h.lab/pw=x", "rtsp://***@h.lab:554/***", "rtsp://u:p@h.lab:554/pw=x"),
        ("http://h.lab/live?pw=x", "http://h.lab/sub?***", "http://h.lab/sub?pw=x"),
        ("rtsp://u:p@ss@h.lab/live", "rtsp://***", "rtsp://u:p@ss@h.lab/live"),
        ("rtsp://u:p@ss@h.lab/live", "rtsp://u:p%40ss@h.lab/live", "rtsp://u:p%40ss@h.lab/live"),
        ("auto", "rtsp://***@10.0.0.3/live", None),
        ("rtsp://h.lab/live", "rtsp://h.lab/***", None),
        ("auto", "***", "***"),
    ],
)
def test_stars_that_are_left_stand_for_what_was_there(value, typed, meant):
    assert revealed(typed, value) == meant
