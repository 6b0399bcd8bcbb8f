"""Downloads on the local network: once, over TLS, and nobody can guess or exhaust them."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest

from kiosk.app import bounded_server
from kiosk.app.bounded_server import CONNECTIONS
from kiosk.app.download import download_server
from kiosk.app.download.download_address import listening_address
from kiosk.app.download.download_server import WRONG_TRIES, DownloadServer
from kiosk.core.errors import ConfigError
from kiosk.core.sticks import HandOut, Parcel
from kiosk.ui.i18n import language
from tests.helpers.waiting import WAIT_S

WORDS = "출입 기록\n".encode() * 100_000


class Site:
    """A server on loopback, and a client that knows its certificate."""

    def __init__(self, folder: Path) -> None:
        language()  # of the main thread, as in the kiosk: the server's threads only read it
        log = folder / "기록 1.csv"
        log.write_bytes(WORDS)
        self.taken: list[tuple[str, str]] = []
        self.told = threading.Semaphore(0)
        parcel = Parcel("log", (HandOut(log.name, log), HandOut("code.txt", content=b"code")))
        self.server = DownloadServer("127.0.0.1", 0, parcel, self._taken)
        url = urllib.parse.urlsplit(self.server.url)
        assert url.port is not None
        self.port: int = url.port
        self.path = url.path

    def _taken(self, file: HandOut, client: str) -> None:
        self.taken.append((file.name, client))
        self.told.release()

    def ask(self, method: str, path: str) -> tuple[HTTPResponse, bytes]:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        try:
            connection.connect()
            certificate = connection.sock.getpeercert(binary_form=True)
            digest = hashlib.sha256(certificate).hexdigest()
            assert self.server.fingerprint.replace(":", "").lower() == digest
            connection.request(method, path)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.server.stop()


def test_each_file_is_downloaded_once_and_recorded(site: Site):
    page = site.ask("GET", site.path)[1].decode()
    assert page.count("<button>") == 2 and "기록 1.csv" in page
    assert site.ask("GET", site.path)[0].status == 200, "looking uses nothing up"
    answer, body = site.ask("POST", f"{site.path}/0")
    assert answer.status == 200 and body == WORDS
    assert urllib.parse.quote("기록 1.csv") in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.told.acquire(timeout=WAIT_S) and not site.server.finished
    assert site.ask("POST", f"{site.path}/0")[0].status == 410
    assert site.ask("GET", site.path)[1].decode().count("<button>") == 1
    assert site.ask("POST", f"{site.path}/1")[1] == b"code"
    assert site.told.acquire(timeout=WAIT_S) and site.server.finished
    assert site.taken == [("기록 1.csv", "127.0.0.1"), ("code.txt", "127.0.0.1")]


def test_addresses_are_long_random_and_different(tmp_path: Path):
    paths = set()
    for _ in range(3):
        site = Site(tmp_path)
        paths.add(site.path)
        site.server.stop()
    assert len(paths) == 3 and all(len(path) >= 1 + 16 * 4 // 3 for path in paths)


@pytest.mark.parametrize("number", ["9", "-1", "", "00", "0x", "1/2", "\u00b2", "99999999999"])
def test_only_files_of_the_parcel_exist(site: Site, number: str):
    path = f"{site.path}/{urllib.parse.quote(number, safe='/')}"
    assert site.ask("POST", path)[0].status == 404
    assert site.taken == []


def test_who_guesses_is_soon_not_heard(site: Site):
    for number in range(WRONG_TRIES):
        assert site.ask("GET", f"/{number}")[0].status == 404
    with pytest.raises((HTTPException, OSError)):
        site.ask("GET", site.path)
    assert site.taken == []


def test_a_download_that_breaks_off_can_be_repeated(site: Site, monkeypatch: pytest.MonkeyPatch):
    real = download_server._wait_taken
    broken = threading.Event()

    def breaks_off_once(connection: socket.socket) -> None:
        if not broken.is_set():
            broken.set()
            raise TimeoutError("the client takes nothing any more")
        real(connection)

    monkeypatch.setattr(download_server, "_wait_taken", breaks_off_once)
    site.ask("POST", f"{site.path}/1")
    assert broken.wait(WAIT_S) and site.taken == [] and not site.server.finished
    answer, body = site.ask("POST", f"{site.path}/1")
    assert (answer.status, body) == (200, b"code") and site.told.acquire(timeout=WAIT_S)


def test_one_transfer_at_a_time(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(download_server, "TURN_S", 0.05)
    offer = site.server._offer
    with offer._busy:
        assert site.server.busy and site.ask("POST", f"{site.path}/0")[0].status == 409
    assert not site.server.busy and site.ask("POST", f"{site.path}/0")[0].status == 200


def test_a_file_that_is_gone_is_said(site: Site, tmp_path: Path):
    (tmp_path / "기록 1.csv").unlink()
    assert site.ask("POST", f"{site.path}/0")[0].status == 410


def test_silent_clients_get_few_threads_and_are_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    for module in (bounded_server, download_server):
        monkeypatch.setattr(module, "DEADLINE_S", 0.2)
    monkeypatch.setattr(bounded_server, "WAIT_S", 0.05)
    before = threading.active_count()
    clients = [socket.create_connection(("127.0.0.1", site.port), 5) for _ in range(8)]
    for client in clients:
        client.send(b"\x16")  # the first byte of a handshake, and no more
    # a thread and a timer each
    assert threading.active_count() <= before + 2 * CONNECTIONS
    assert all(_ended(client) for client in clients)
    assert site.ask("GET", site.path)[0].status == 200


def _ended(client: socket.socket) -> bool:
    with client:
        try:
            while client.recv(1000):
                pass
        except ConnectionError:
            pass
    return True


def test_plain_http_is_not_answered(site: Site):
    with socket.create_connection(("127.0.0.1", site.port), 5) as client:
        client.sendall(f"GET {site.path} HTTP/1.0\r\n\r\n".encode())
        assert b"200" not in client.recv(1000)


def test_after_the_end_nothing_listens(tmp_path: Path):
    site = Site(tmp_path)
    site.server.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", site.port), 5)


def test_a_port_that_is_taken_is_one_sentence(site: Site):
    with pytest.raises(ConfigError, match=r"exports\.port") as refused:
        DownloadServer("127.0.0.1", site.port, Parcel("x", ()), lambda *_: None)
    assert refused.value.key == "error.download_port"


# the address


class Probe:
    """A socket that the system would send from ``address``."""

    address = ""

    def __init__(self, *_: object) -> None: ...
    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None: ...
    def connect(self, _address: object) -> None:
        if not self.address:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return self.address, 9


def test_the_local_network_is_found_and_the_internet_is_not_served_unasked(monkeypatch):
    monkeypatch.setattr(socket, "socket", Probe)
    monkeypatch.setattr(Probe, "address", "192.168.0.7")
    assert listening_address("") == "192.168.0.7"
    monkeypatch.setattr(Probe, "address", "8.8.8.8")
    with pytest.raises(ConfigError) as refused:
        listening_address("")
    assert refused.value.key == "error.download_public"
    assert listening_address("8.8.8.8") == "8.8.8.8"
    monkeypatch.setattr(Probe, "address", "")
    with pytest.raises(ConfigError) as refused:
        listening_address("")
    assert refused.value.key == "error.download_no_network"
    with pytest.raises(ConfigError) as refused:
        listening_address("lab.example")
    assert refused.value.key == "error.download_address"
