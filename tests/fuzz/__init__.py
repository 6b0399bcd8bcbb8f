"""Fuzzing of every parser that reads what a person can hand in; see ``__main__``."""
