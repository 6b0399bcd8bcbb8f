"""The access policy: who may enter when, and with which factors."""

from kiosk.access.policy.validity import may_enter as may_enter
