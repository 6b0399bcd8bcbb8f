"""Presentation attacks and genuine people before a simulated camera, sent to the real door; see docs/liveness.md."""
