"""The texts of consent as the settings state them, and their publication."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.app.bootstrap.notify_factory import configured
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.consent import EDITIONS, ConsentKind, ConsentTerms
from kiosk.core.consent_texts import SiteTexts, read_site_texts
from kiosk.core.languages import language_codes
from kiosk.services.consent_service import ConsentService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.consent_review import review_consents
from kiosk.storage.store import Store
from kiosk.ui.consent_text import stored_texts


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """What people are asked to agree to. ``site``: the site's own texts, if it has any."""

    terms: ConsentTerms
    site: SiteTexts | None = None


def consent_form(config: Config) -> ConsentForm:
    """Return the consents to ask for; raise ``ConfigError`` if the site's texts cannot be used."""
    privacy = config.privacy
    kinds = [kind for kind in ConsentKind if privacy.attendance or kind != "attendance"]
    site = (
        read_site_texts(paths.expanded(privacy.consent_text), language_codes(), kinds)
        if privacy.consent_text
        else None
    )
    terms = ConsentTerms(
        controller=privacy.controller.strip(),
        contact=privacy.contact.strip() or _door_contact(config),
        log_days=privacy.keep_log_days,
        staff_days=privacy.keep_staff_log_days,
        backup_days=math.ceil(config.backup.keep * config.backup.every_hours / 24),
        looks=config.enrolment.looks_most if config.enrolment.ask_looks else 0,
        attendance=privacy.attendance,
        signature=privacy.signature,
        notified=config.notify.names if configured(config) else "",
        editions=dict.fromkeys(ConsentKind, f"site {site.edition}") if site else EDITIONS,
        fleet=bool(config.fleet.url),
    )
    return ConsentForm(terms, site)


def _door_contact(config: Config) -> str:
    return " ".join(filter(None, (config.ui.contact_name, config.ui.contact_phone))).strip()


def build_consents(
    store: Store, config: Config, gallery_changed: Callable[[int], None] = lambda _person_id: None
) -> ConsentService:
    """Return the service for consents of enrolled people; see there for ``gallery_changed``."""
    terms = consent_form(config).terms
    return ConsentService(
        store.people,
        lambda: review_consents(store, terms),
        local_now,
        lambda face: terms.kinds(face=face),
        gallery_changed,
    )


def publish_consent(store: Store, config: Config) -> int:
    """Store the texts that people are shown from now on and return their version.

    Raise ``ConfigError`` if the site's own texts cannot be used.
    """
    return publish_form(store, consent_form(config))


def publish_form(store: Store, form: ConsentForm) -> int:
    """Store the texts of ``form``, which people are shown from now on; return their version."""
    return store.consents.publish(stored_texts(form.terms, form.site), form.terms)


def renamed(form: ConsentForm, config: Config) -> ConsentForm:
    """Return ``form`` with the controller and the contact that ``config`` names by now.

    The rest of what the texts state changes with the next start, as the settings do.
    """
    privacy = config.privacy
    controller = privacy.controller.strip()
    contact = privacy.contact.strip() or _door_contact(config)
    return replace(form, terms=replace(form.terms, controller=controller, contact=contact))
