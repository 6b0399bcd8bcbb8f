"""What staff do with notifications: see how the channels are doing, test them, set secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk.core.errors import ConfigError
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.site_events import ChannelState
from kiosk.services.two_admins import TwoAdmins

LONGEST_SECRET = 2000
"""Characters of a secret; an incoming webhook's address has about 200."""


class SecretsPort(Protocol):
    """Keeps the secrets of the channels, in the key store."""

    def put(self, channel: str, secret: str) -> None: ...


class NotificationService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``states``: of all channels. ``test``: sends a test by a channel, or raises ``KioskError``.
    ``hurry``: lets everything that waits be tried now. ``check_secret``: called with
    a channel and a text, raises ``KioskError`` if that cannot be its secret. ``new_secret``:
    returns a new one of a webhook.
    """

    def __init__(
        self,
        states: Callable[[], Sequence[ChannelState]],
        test: Callable[[str], None],
        hurry: Callable[[], None],
        secrets: SecretsPort,
        check_secret: Callable[[str, str], object],
        new_secret: Callable[[], str],
        two: TwoAdmins,
        audit: AuditPort,
    ) -> None:
        self._states = states
        self._test = test
        self._hurry = hurry
        self._secrets = secrets
        self._check_secret = check_secret
        self._new_secret = new_secret
        self._two = two
        self._audit = audit

    @property
    def two_admins(self) -> bool:
        """Whether a new secret needs two administrators."""
        return self._two.required

    def states(self, actor: Actor) -> tuple[ChannelState, ...]:
        """Return how each channel is doing."""
        require(actor, Right.CHANGE_SETTINGS)
        return tuple(self._states())

    def test(self, actor: Actor, channel: str) -> None:
        """Send a test by one channel; raises ``KioskError`` if it is not taken."""
        require(actor, Right.CHANGE_SETTINGS)
        self._audit.record("notification_tested", actor.name, {"channel": channel})
        self._test(channel)

    def flush(self, actor: Actor) -> None:
        """Try everything that waits now, without waiting for its time."""
        require(actor, Right.CHANGE_SETTINGS)
        self._audit.record("notifications_flushed", actor.name, {})
        self._hurry()

    def new_secret(self) -> str:
        """Return a new secret for a webhook, not stored yet."""
        return self._new_secret()

    def set_secret(
        self, actor: Actor, channel: str, secret: str, name: str = "", pin: str = ""
    ) -> None:
        """Store the secret of a channel: where, or in whose name, messages go hangs on it.

        ``name`` and ``pin``: of the second administrator, where the rule is on. Raises
        ``ConfigError`` for a text that cannot be one.
        """
        require(actor, Right.CHANGE_SETTINGS)
        secret = secret.strip()
        if not secret or len(secret) > LONGEST_SECRET or not secret.isprintable():
            raise ConfigError(
                f"A secret is one line of at most {LONGEST_SECRET} characters; type it again.",
                key="error.notify_secret",
            )
        self._check_secret(channel, secret)
        by = self._two.agreed(actor, name, pin)
        self._audit.record("notification_secret_set", by, {"channel": channel})
        self._secrets.put(channel, secret)
