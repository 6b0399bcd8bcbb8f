"""How fast each part is, beside what somebody would use instead, in the same run. ``make bench``"""
