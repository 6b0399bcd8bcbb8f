"""Downloading a network from a loopback server that breaks off, lies and refuses."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk.core.errors import WeightsError
from kiosk.vision.models.manifest import ModelEntry
from kiosk.vision.models.model_download import fetch, trust_note

CONTENT = bytes(range(256)) * 4000


class Server:
    """Serves ``content``; ``cut``: bytes of the first response; ``ranges``: whether honoured."""

    def __init__(self) -> None:
        self.cut: int | None = None
        self.ranges = True
        self.status = 200
        self.content = CONTENT
        self.length = True
        self.begins_at: int | None = None
        self.raw: bytes | None = None
        self.asked: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/net.onnx"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        if self.raw is not None:
            handler.wfile.write(self.raw)
            return
        begin = int(wanted.split("=")[1].split("-")[0]) if wanted and self.ranges else 0
        if self.status != 200 or begin >= len(self.content):
            handler.send_response(self.status if self.status != 200 else 416)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        body = self.content[begin:]
        handler.send_response(206 if begin else 200)
        if self.length:
            handler.send_header("Content-Length", str(len(body)))
        if begin:
            at = begin if self.begins_at is None else self.begins_at
            handler.send_header(
                "Content-Range", f"bytes {at}-{len(self.content) - 1}/{len(self.content)}"
            )
        handler.end_headers()
        cut = self.cut
        self.cut = None
        handler.wfile.write(body[:cut])

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(timeout=10)


@pytest.fixture
def server():
    running = Server()
    yield running
    running.stop()


def entry(server: Server, root, **facts) -> ModelEntry:
    facts = {"sha256": hashlib.sha256(CONTENT).hexdigest(), **facts}
    return ModelEntry(
        id="net", kind="embedder", file="cache/net.onnx", url=server.url, root=root, **facts
    )


def test_a_whole_download_reports_progress_and_is_kept(server, tmp_path):
    seen = []
    path = fetch(entry(server, tmp_path), lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT and seen[-1] == (len(CONTENT), len(CONTENT))
    assert fetch(entry(server, tmp_path)) == path and len(server.asked) == 1, (
        "the second call downloads again"
    )


def test_a_broken_download_resumes(server, tmp_path):
    server.cut = 300_000
    with pytest.raises(WeightsError, match="try again"):
        fetch(entry(server, tmp_path))
    assert not (tmp_path / "cache/net.onnx").exists()
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.cut = 300_000
    server.ranges = False
    with pytest.raises(WeightsError):
        fetch(entry(server, tmp_path))
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_discarded(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx.part").write_bytes(b"x" * (len(CONTENT) + 5))
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_leaves_nothing(server, tmp_path):
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(WeightsError, match="it was discarded"):
        fetch(entry(server, tmp_path))
    assert not list((tmp_path / "cache").iterdir())


def test_without_a_published_checksum_the_first_download_is_trusted(server, tmp_path):
    unknown = entry(server, tmp_path, sha256="")
    path = fetch(unknown)
    path.unlink()
    server.content = CONTENT[::-1]
    with pytest.raises(WeightsError, match="it was discarded"):
        fetch(unknown)


def test_the_first_checksum_is_noted_and_shown(server, tmp_path):
    unknown = entry(server, tmp_path, sha256="")
    fetch(unknown)
    assert hashlib.sha256(CONTENT).hexdigest() in trust_note(unknown)
    assert trust_note(entry(server, tmp_path)) == "", "no note where a checksum is published"


def test_a_file_placed_by_hand_is_trusted_from_then_on(server, tmp_path):
    unknown = entry(server, tmp_path, sha256="")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx").write_bytes(b"placed by hand")
    assert fetch(unknown).read_bytes() == b"placed by hand" and server.asked == []
    (tmp_path / "cache/net.onnx").write_bytes(b"exchanged")
    with pytest.raises(WeightsError, match="it was discarded"):
        fetch(unknown)


def test_a_partial_file_of_unknown_length_is_never_trusted(server, tmp_path):
    server.length = False
    server.cut = 1000
    with pytest.raises(WeightsError, match="how long the file is"):
        fetch(entry(server, tmp_path, sha256=""))
    assert not list((tmp_path / "cache").glob("*.sha256"))


def test_a_known_checksum_needs_no_length(server, tmp_path):
    server.length = False
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT


def test_a_damaged_note_is_named(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx.sha256").write_text("")
    with pytest.raises(WeightsError, match=r"net\.onnx\.sha256 holds no checksum"):
        fetch(entry(server, tmp_path, sha256=""))


def test_a_wrong_range_starts_over(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx.part").write_bytes(CONTENT[:500])
    server.begins_at = 7
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT
    assert server.asked == ["bytes=500-", None]


def test_a_complete_part_needs_no_server(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx.part").write_bytes(CONTENT)
    assert fetch(entry(server, tmp_path)).read_bytes() == CONTENT and server.asked == []


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_invalid_response_gives_one_sentence(server, tmp_path, raw):
    server.raw = raw
    with pytest.raises(WeightsError, match="check the network"):
        fetch(entry(server, tmp_path, sha256=""))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_gives_one_sentence(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/net.onnx.part").symlink_to("/dev/full")
    with pytest.raises(WeightsError, match="No space left"):
        fetch(entry(server, tmp_path))


@pytest.mark.parametrize("url", ["nonsense", "file:///etc/hostname"])
def test_only_web_addresses_are_fetched(tmp_path, url):
    with pytest.raises(WeightsError, match="https://"):
        fetch(ModelEntry(id="net", kind="embedder", file="net.onnx", url=url, root=tmp_path))


@pytest.mark.parametrize("status", [404, 500])
def test_an_http_error_gives_one_sentence(server, tmp_path, status):
    server.status = status
    with pytest.raises(WeightsError, match="check the network"):
        fetch(entry(server, tmp_path))


def test_an_unreachable_server_gives_one_sentence(server, tmp_path):
    server.stop()
    with pytest.raises(WeightsError, match="check the network"):
        fetch(entry(server, tmp_path), timeout_s=2)


def test_a_network_without_an_address_gives_a_remedy(tmp_path):
    with pytest.raises(WeightsError, match="put it at"):
        fetch(ModelEntry(id="own", kind="embedder", file="own.onnx", root=tmp_path))


def test_the_first_digits_of_a_checksum_are_compared_and_the_whole_is_noted(server, tmp_path):
    digits = hashlib.sha256(CONTENT).hexdigest()[:8]
    good = entry(server, tmp_path, sha256="", download_digits=digits)
    assert fetch(good).read_bytes() == CONTENT
    assert f"Only the digits {digits}" in trust_note(good)
    other = entry(server, tmp_path / "b", sha256="", download_digits="0" * 8)
    with pytest.raises(WeightsError, match="not 00000000…; it was discarded"):
        fetch(other)
    assert not list((tmp_path / "b/cache").iterdir())
