"""Presentation attacks and genuine people in front of a simulated camera, sent to the real door
(docs/liveness.md).
"""
