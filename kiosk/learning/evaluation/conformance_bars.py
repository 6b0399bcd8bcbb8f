"""The requirements of test programmes that a face door can be held against, with their sources.

No limit stands here that was not read in the document that is named, or in the text that ``read``
names. Where that was not possible ``limit`` is ``None``: a site that has the document enters it in
conditions.toml.
"""

from __future__ import annotations

from dataclasses import dataclass

GALLERY = 420
"""People enrolled in the identification trials."""
GALLERY_SHARE = 0.9
"""Least share of the operational gallery that a test must search (NIST SP 800-63A)."""

KOREA = "Korean biometric test, face recognition"
ANDROID = "Android, class 3 biometrics"
WINDOWS = "Windows Hello, face"
NIST_B = "NIST SP 800-63B, authentication"
NIST_A = "NIST SP 800-63A, identity proofing"
FIDO = "FIDO biometric component certification"

_KOREA_READ = "criteria read on that page, which says “below”"
_ANDROID_READ = "text of the edition for Android 11 read; compare the edition of your device"
_WINDOWS_READ = "text read; written for near-infrared cameras, which this kiosk does not have"
_NIST_READ = "text of a public draft of revision 4 read, not the final one"
_FIDO_READ = (
    "limit not confirmed: the clause is known by its title, its text could not be read. Enter the "
    "limit in conditions.toml"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One requirement.

    ``figure``: what is held against it (``conformance_figures``). ``limit``: the largest share that
    meets it. ``binding``: whether the document requires it or only recommends it. ``read``: how the
    limit was confirmed.
    """

    id: str
    standard: str
    clause: str
    claim: str
    figure: str
    limit: float | None
    read: str
    binding: bool = True

    @property
    def source(self) -> str:
        """Document, clause and how the limit was confirmed."""
        return f"{self.clause}; {self.read}"


def _korean(condition: str, claim: str, limit: float) -> Bar:
    return Bar(
        f"korea-{condition}",
        KOREA,
        "Certification criteria, facial recognition, of the test certified by KISA "
        "(ksecurity.or.kr/kisis, Process)",
        claim,
        f"eer-{condition}",
        limit,
        _KOREA_READ,
    )


_CDD = "Android Compatibility Definition Document, 7.3.10"
_HELLO = "Microsoft, Windows Hello biometrics in the enterprise, facial recognition sensors"
_63B = "SP 800-63B-4, 3.2.3 Use of Biometrics"
_63A = "SP 800-63A-4, requirements for the use of biometrics"
_FIDO = "FIDO Biometrics Requirements v4.1"

BARS = (
    _korean("light", "EER, light from other directions", 0.01),
    _korean("expression", "EER, other expressions", 0.02),
    _korean("pose", "EER, head turned 22.5 to 45 degrees", 0.02),
    _korean("accessories", "EER, glasses or a hairband", 0.015),
    Bar("nist-b-fmr", NIST_B, _63B, "FMR at most 1 in 10,000", "fmr", 1e-4, _NIST_READ),
    Bar("nist-b-fnmr", NIST_B, _63B, "FNMR below 5 %", "fnmr", 0.05, _NIST_READ, binding=False),
    Bar(
        "nist-b-attack",
        NIST_B,
        _63B,
        "Presentation attacks accepted (IAPAR) below 15 %, each species",
        "attack",
        0.15,
        _NIST_READ,
        binding=False,
    ),
    Bar("nist-a-fmr", NIST_A, f"{_63A}, 8", "FMR at most 1 in 10,000", "fmr", 1e-4, _NIST_READ),
    Bar("nist-a-fnmr", NIST_A, f"{_63A}, 8", "FNMR at most 1 in 100", "fnmr", 0.01, _NIST_READ),
    Bar(
        "nist-a-fpir",
        NIST_A,
        f"{_63A}, 9",
        f"FPIR at most 1 in 1,000, {GALLERY} enrolled",
        "fpir",
        1e-3,
        _NIST_READ,
    ),
    Bar(
        "android-far",
        ANDROID,
        f"{_CDD} [C-1-1]",
        "FAR below 1 in 50,000",
        "far",
        2e-5,
        _ANDROID_READ,
    ),
    Bar(
        "android-frr",
        ANDROID,
        f"{_CDD} [C-SR]",
        "FRR below 10 %",
        "frr",
        0.1,
        _ANDROID_READ,
        binding=False,
    ),
    Bar(
        "android-attack",
        ANDROID,
        f"{_CDD} [C-3-3]",
        "Spoofs and impostors accepted at most 7 %, each species",
        "attack",
        0.07,
        _ANDROID_READ,
    ),
    Bar("windows-far", WINDOWS, _HELLO, "FAR below 1 in 100,000", "far", 1e-5, _WINDOWS_READ),
    Bar(
        "windows-frr", WINDOWS, _HELLO, "FRR without liveness below 5 %", "frr", 0.05, _WINDOWS_READ
    ),
    Bar(
        "windows-frr-live",
        WINDOWS,
        _HELLO,
        "FRR with liveness below 10 %",
        "frr-live",
        0.1,
        _WINDOWS_READ,
    ),
    Bar("fido-far", FIDO, f"{_FIDO}, 3.1 False Accept Rate", "FAR", "far", None, _FIDO_READ),
    Bar("fido-frr", FIDO, f"{_FIDO}, 3.1 False Reject Rate", "FRR", "frr", None, _FIDO_READ),
    Bar(
        "fido-attack",
        FIDO,
        f"{_FIDO}, 3.2 Impostor Attack Presentation Accept Rate",
        "Presentation attacks accepted, each species",
        "attack",
        None,
        _FIDO_READ,
    ),
)
OPEN_LIMITS = tuple(bar.id for bar in BARS if bar.limit is None)
"""Bars whose limit a site may enter."""
