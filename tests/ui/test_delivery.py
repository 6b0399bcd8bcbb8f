"""The Exported files page and its presenter: from the list to a stick that can be taken out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiosk.app.staff.delivery_presenter import DeliveryPresenter
from kiosk.app.staff.download_presenter import FINISH_S, HOLDS_S, DownloadPresenter
from kiosk.core.errors import StorageError
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.core.sticks import HandOut, Parcel, Stick, StickProblem
from kiosk.services.delivery_service import DeliveryService, parcel_of
from kiosk.services.download_service import DownloadService
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.delivery.delivery_screen import DeliveryScreen
from kiosk.ui.theme import theme
from kiosk.vision.detection.code_reader import qr_code
from tests.helpers.access import MemoryAudit
from tests.helpers.staff_context import ImmediateWorker, staff_context
from tests.ui.conftest import clipped

GOOD = Stick("sdb1", "LAB", 1, Path("/run/munjigi-sticks/sdb1"), 16_000_000_000, 12_300_000_000)
FULL = Stick("sdc1", "둘째 USB", problem=StickProblem.READ_ONLY)
AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


class Sticks:
    """Sticks that the test plugs in."""

    def __init__(self) -> None:
        self.found = [GOOD, FULL]
        self.error: StorageError | None = None
        self.released: list[str] = []

    def find(self) -> list[Stick]:
        return self.found

    def write(self, device: str, files: tuple[HandOut, ...], progress, cancelled):
        if self.error:
            raise self.error
        progress(1, 1)
        return () if cancelled() else tuple(file.name for file in files)

    def release(self, device: str) -> None:
        self.released.append(device)


class Site:
    def __init__(self, qtbot, folder: Path) -> None:
        self.sticks = Sticks()
        self.page = DeliveryScreen()
        qtbot.addWidget(self.page)
        self.context = staff_context()
        service = DeliveryService(MemoryAudit(), self.sticks, folder)
        self.presenter = DeliveryPresenter(self.page, self.context, service)
        self.presenter._looker = ImmediateWorker()  # type: ignore[assignment]
        sticks = self.presenter.sticks
        sticks.looker = sticks.writer = ImmediateWorker()  # type: ignore[assignment]
        self.log = folder / "access-log.csv"
        self.log.write_text("x")

    def open(self, name: str) -> None:
        self.context.navigation.opened.append(name)
        self.context.navigation.pageOpened.emit(name)


@pytest.fixture
def site(qtbot, tmp_path: Path) -> Site:
    return Site(qtbot, tmp_path)


def test_from_the_list_to_a_stick_that_can_be_taken_out(site: Site):
    site.open("delivery")
    assert [line.title.text() for line in site.page.lines] == ["access-log.csv"]
    site.page.lines[0].button.click()
    assert site.page.shows_parcel
    good, full = site.page.stick.lines
    assert good.words.text() == tr("sticks.free", free="12.3 GB", size="16.0 GB")
    assert not full.button.isVisibleTo(site.page) and full.words.text() == tr(
        "error.stick_read_only"
    )
    good.button.click()
    card = site.page.stick
    assert "access-log.csv" in card.note.text() and card.release.isVisibleTo(site.page)
    card.release.click()
    assert site.sticks.released == ["sdb1"] and card.note.text() == tr("sticks.released")
    assert not card.release.isVisibleTo(site.page)
    site.page.back.click()
    assert not site.page.shows_parcel
    site.page.back.click()
    assert site.context.navigation.opened[-1] == "system"


def test_an_export_that_was_just_made_is_offered_and_back_leads_to_its_page(site: Site):
    site.open("log")
    site.presenter.offer_file(site.log, "log")
    assert site.context.navigation.opened[-1] == "delivery"
    site.context.navigation.pageOpened.emit("delivery")
    assert site.page.parcel_title.text() == "access-log.csv"
    site.page.back.click()
    assert site.context.navigation.opened[-1] == "log"


def test_who_went_on_to_another_page_stays_there(site: Site):
    site.open("people")
    site.presenter.offer_file(site.log, "log")
    assert site.context.navigation.opened == ["people"]


def test_sticks_come_and_go_while_the_page_is_open(site: Site):
    site.sticks.found = []
    site.presenter.offer(parcel_of(site.log), "log")
    site.context.navigation.pageOpened.emit("delivery")
    assert site.page.stick.none.isVisibleTo(site.page) and site.page.stick.lines == []
    site.sticks.found = [GOOD]
    site.presenter.tick()
    assert len(site.page.stick.lines) == 1 and not site.page.stick.none.isVisibleTo(site.page)


def test_a_stick_that_was_pulled_out_is_said_and_can_be_tried_again(site: Site):
    site.sticks.error = StorageError("gone", key="error.stick_gone")
    site.presenter.offer(parcel_of(site.log), "log")
    site.context.navigation.pageOpened.emit("delivery")
    site.page.stick.lines[0].button.click()
    assert site.page.stick.note.text() == tr("error.stick_gone")
    assert not site.page.stick.busy and site.page.stick.lines[0].button.isEnabled()
    assert not site.page.stick.release.isVisibleTo(site.page)


def test_signing_out_forgets_what_was_offered(site: Site):
    site.presenter.offer(parcel_of(site.log), "log")
    site.context.session.end()
    site.open("delivery")
    assert not site.page.shows_parcel


def test_a_recovery_code_is_handed_out_but_stored_nowhere(site: Site, tmp_path: Path):
    before = list(tmp_path.iterdir())
    written: list[HandOut] = []
    site.sticks.write = lambda device, files, *_: (written.extend(files), (files[0].name,))[1]
    site.presenter.offer_code("ABCD-EFGH")
    site.context.navigation.pageOpened.emit("delivery")
    site.page.stick.lines[0].button.click()
    assert "ABCD-EFGH" in written[0].content.decode() and list(tmp_path.iterdir()) == before
    site.page.back.click()
    assert site.context.navigation.opened[-1] == "privacy", "where the code is still shown"


class Offer:
    """A download that the test finishes."""

    url = "https://192.168.0.7:40123/AAAAAAAAAAAAAAAAAAAAAA"
    fingerprint = ":".join(["AB"] * 32)

    def __init__(self) -> None:
        self.finished = self.busy = False
        self.stopped = 0

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def downloads(site: Site) -> SimpleNamespace:
    """The card beside the stick's, with a clock and a switch for the settings."""
    made = SimpleNamespace(now=0.0, allowed=True, offers=[], audit=MemoryAudit())

    def listen(parcel: Parcel, taken: object) -> Offer:
        made.offers.append(Offer())
        return made.offers[-1]

    service = DownloadService(made.audit, lambda: made.allowed, listen)
    card = site.page.download
    presenter = DownloadPresenter(
        card, site.context, service, site.presenter.parcel, lambda: made.now
    )
    presenter._worker = ImmediateWorker()  # type: ignore[assignment]
    made.card, made.presenter = card, presenter
    site.presenter.offer(parcel_of(site.log), "log")
    site.context.navigation.pageOpened.emit("delivery")
    return made


def test_a_code_counts_down_and_ends_once_everything_was_downloaded(downloads):
    card = downloads.card
    card.start.click()
    (offer,) = downloads.offers
    assert (
        card.offering and card.qr.code.size and card.url.text().replace("\u200b", "") == offer.url
    )
    assert card.fingerprint.text().count("AB") == 32
    assert downloads.audit.records == [
        ("download_offered", "관리자", {"files": ["access-log.csv"]})
    ]
    downloads.now = 60.0
    downloads.presenter.tick()
    assert card.left.text() == tr("download.left", n=240)
    offer.finished = True
    downloads.presenter.tick()
    assert not card.offering and not card.qr.code.size and offer.stopped == 1
    assert card.note.text() == tr("download.finished")


def test_a_code_is_over_after_five_minutes_unless_somebody_is_downloading(downloads):
    downloads.card.start.click()
    (offer,) = downloads.offers
    downloads.now, offer.busy = 301.0, True
    downloads.presenter.tick()
    assert downloads.card.offering
    offer.busy = False
    downloads.presenter.tick()
    assert offer.stopped == 1 and downloads.card.note.text() == tr("download.over")


def test_a_slow_download_keeps_nobody_signed_in_and_is_cut_off(site: Site, downloads, monkeypatch):
    awake = []
    monkeypatch.setattr(site.context.navigation, "keep_awake", lambda: awake.append(downloads.now))
    downloads.card.start.click()
    (offer,) = downloads.offers
    offer.busy = True
    for second in range(1800):
        downloads.now = float(second)
        downloads.presenter.tick()
        if offer.stopped:
            break
    assert awake and max(awake) < HOLDS_S, "then the time of an automatic sign-out runs"
    assert offer.stopped == 1 and downloads.now == HOLDS_S + FINISH_S
    assert not downloads.card.offering and downloads.card.note.text() == tr("download.over")


@pytest.mark.parametrize("leave", ["page", "session", "button"])
def test_leaving_takes_the_code_back(site: Site, downloads, leave: str):
    downloads.card.start.click()
    if leave == "page":
        site.context.navigation.pageOpened.emit("people")
    elif leave == "session":
        site.context.session.end()
    else:
        downloads.card.stop.click()
    assert downloads.offers[0].stopped == 1 and not downloads.card.offering
    assert downloads.card.url.text() == ""


def test_without_the_setting_there_is_no_code(site: Site, downloads):
    downloads.allowed = False
    downloads.card.start.click()
    assert downloads.offers == [] and downloads.card.note.text() == tr("error.download_off")
    assert downloads.audit.records == []
    site.context.navigation.pageOpened.emit("delivery")
    assert not downloads.card.isVisibleTo(site.page)


def test_staff_offer_nothing(site: Site, downloads):
    site.context.session.account = Account("김조교", AccountRole.STAFF, id=2)
    downloads.card.start.click()
    assert downloads.offers == [] and downloads.card.note.text() == tr("error.admin_only")


@pytest.mark.parametrize("code", language_codes())
def test_everything_fits_a_small_glass(shown, qapp, code: str):
    language().use(code)
    theme().set_glass(800, 480)
    page = shown(DeliveryScreen(), 670, 480)
    name = "own-data-2026-1234567890.json"
    parcel = Parcel(name, (HandOut(name, content=b"x"),))
    page.show_parcels([(parcel, AT)] * 3)
    qapp.processEvents()
    assert clipped(page) == []
    page.show_parcel(parcel)
    page.stick.show_sticks([GOOD, FULL])
    page.stick.show_written(GOOD, [name])
    page.download.show_offer(Offer.url, qr_code(Offer.url), Offer.fingerprint, 300)
    for _ in range(3):  # the height of nested lines settles one level at a time
        qapp.processEvents()
    assert clipped(page) == []
