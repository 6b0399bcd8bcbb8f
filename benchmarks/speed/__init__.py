"""The speed of each part beside its alternatives, in the same run. ``make bench``"""
