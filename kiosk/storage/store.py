"""One database with everything that is stored in it: keys, hash chain, backups and stores."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from pathlib import Path

from kiosk.core import paths
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.audit_log import AuditLog
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.audit.head_anchor import HeadAnchor
from kiosk.storage.audit.roll_back_guard import RollBackGuard
from kiosk.storage.audit.trace_store import TraceStore
from kiosk.storage.audit.trusted_clock import TrustedClock
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.restore_confirmation import RestoreConfirmation
from kiosk.storage.crypto import pin_peppers
from kiosk.storage.crypto.database_secret import PIN_PEPPER
from kiosk.storage.crypto.key_store import FileKeys, KeyStore
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.crypto.pin_hashing import PinHasher
from kiosk.storage.crypto.pin_peppers import PinPeppers
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.database import BUSY_TIMEOUT_S, Database
from kiosk.storage.db.timestamps import Clock, local_now
from kiosk.storage.fleet.capture import Capture
from kiosk.storage.migrate import migrate
from kiosk.storage.people.account_store import AccountStore
from kiosk.storage.people.bulk_people import BulkPeople
from kiosk.storage.people.card_store import CardStore
from kiosk.storage.people.consent_store import ConsentStore
from kiosk.storage.people.door_pin_store import DoorPinStore, TryStore
from kiosk.storage.people.erasure import Erasure
from kiosk.storage.people.look_alike_store import LookAlikeStore
from kiosk.storage.people.look_store import LookStore
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.person_rows import PersonRows
from kiosk.storage.people.re_enrolment import ReEnrolmentStore
from kiosk.storage.people.sign_in_tries import PURPOSE, SignInTries
from kiosk.storage.settings_store import ChoiceStore, SettingsStore
from kiosk.storage.two_admin_latch import TwoAdminLatch


class Store:
    """An open database with its stores. The stores are callable from any thread.

    ``clock`` times what is stored; ``zone`` is the time zone of days in filters, ``None`` for the
    machine's own.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        chain: Chain,
        anchor: HeadAnchor,
        backups: Backups,
        capture: Capture,
        clock: Clock = local_now,
        zone: tzinfo | None = None,
    ) -> None:
        self.database = database
        self.vault = vault
        self.chain = chain
        self.backups = backups
        self.capture = capture
        self._anchor = anchor
        self._clock = clock
        self.roll_back_guard = RollBackGuard(database, chain, anchor, clock)
        self.restore_confirmation = RestoreConfirmation(database, chain, vault.seals, clock)
        rows = PersonRows(database, vault, chain, clock)
        erasure = Erasure(database, rows, vault, backups, clock)
        self.people = PeopleStore(database, rows, erasure, vault, clock)
        self.bulk_people = BulkPeople(database, rows, chain, clock)
        self.re_enrolment = ReEnrolmentStore(database, rows)
        self.looks = LookStore(database, rows, vault, clock)
        mask = NumberMask(vault.secret.subkey)
        self.access_log = AccessLog(database, chain, mask, zone)
        self.audit_log = AuditLog(database, chain, clock, zone)
        self.traces = TraceStore(database, zone)
        peppers = PinPeppers(
            partial(vault.secret.subkey, PIN_PEPPER),
            vault.store,
            lambda: database.call(lambda: pin_peppers.in_use(database.connection)),
        )
        pins = PinHasher(peppers.current, peppers.own, peppers.awaited)
        tries = SignInTries(database, partial(vault.secret.subkey, PURPOSE), clock)
        self.accounts = AccountStore(
            database, chain, self.roll_back_guard, tries, vault.seals, pins, clock
        )
        self.consents = ConsentStore(database, clock)
        self.look_alikes = LookAlikeStore(database, clock)
        self.door_pins = DoorPinStore(database, pins, clock)
        self.door_tries = TryStore(database, mask, clock)
        self.settings = SettingsStore(database, vault.seals)
        self.choice = ChoiceStore(self.settings)
        self.two_admins = TwoAdminLatch(database, self.settings, chain, clock)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        keys: KeyStore | None = None,
        backups: Path | None = None,
    ) -> Store:
        """Open ``path``, creating the file, its folder (0700), tables and keys that do not exist.

        ``busy_timeout_s``: how long to wait for another program's write lock. ``keys``: by default
        files in a folder beside the database. ``backups``: their folder, by default beside the
        database too. Raise ``StorageError`` for a file that is damaged, not a database, another
        program's, newer than this program, locked or read-only; nothing is written into such a
        file. Missing keys raise later, where they are needed.
        """
        path = Path(path).absolute()
        vault = Vault(keys or FileKeys(paths.keys_dir(path.parent)))
        anchor = HeadAnchor(vault, path)
        chain = Chain(vault, anchor.changed)
        anchor.changed()  # it may be missing, or behind after a crash
        backup_set = Backups(path, vault, backups)
        backup_set.clear_leftovers()
        capture = Capture()
        setup = partial(
            migrate, path, vault=vault, backups=backup_set, chain=chain, capture=capture
        )
        take_error = vault.seals.take_error
        database = Database.open(path, busy_timeout_s, setup, anchor.after_work, take_error)
        return cls(database, vault, chain, anchor, backup_set, capture)

    def using(self, clock: Clock = local_now, zone: tzinfo | None = None) -> Store:
        """Return a view of the same open database whose stores use another clock or time zone."""
        return Store(
            self.database,
            self.vault,
            self.chain,
            self._anchor,
            self.backups,
            self.capture,
            clock,
            zone,
        )

    def cards(self, pepper: bytes) -> CardStore:
        """Return the store of cards and badges; ``pepper``: the key of their hashes."""
        return CardStore(self.database, pepper, self._clock)

    def trusted_clock(self, clock: Clock = local_now) -> TrustedClock:
        """Return the clock that what opens the door asks.

        It tells no time while the log is not trusted, or a restored backup not confirmed.
        """
        return TrustedClock(self.database, clock, self._require_trusted)

    def _require_trusted(self) -> None:
        self.roll_back_guard.require_newest()
        self.restore_confirmation.require_confirmed()

    def check_keys(self) -> None:
        """Raise ``StorageError`` if the master key or the signing key is missing or wrong."""
        self.database.call(lambda: self.vault.check(self.database.connection))

    def key_facts(self) -> dict[str, str]:
        """Return ids and dates of the keys and the public key, for people to read."""
        return self.database.call(lambda: self.vault.facts(self.database.connection))

    def signer(self) -> Signer:
        """Return this kiosk's signer; raise ``StorageError`` if its key is missing or wrong."""
        return self.database.call(lambda: self.vault.signer(self.database.connection))

    def close(self) -> None:
        """Finish the submitted work, then close the database; closing again does nothing."""
        self.database.close()
        self._anchor.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
