"""Munjigi: a face-verification kiosk beside a laboratory's door."""

__version__ = "0.1.0"
