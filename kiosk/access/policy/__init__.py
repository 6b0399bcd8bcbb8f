"""Who may enter when: pure rules of person, proofs and time, read from a file; and the little that must be remembered."""

from kiosk.access.policy.validity import may_enter as may_enter
