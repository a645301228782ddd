"""How much the simulation costs: each figure is a ratio to a named floor, measured in one run.

The cost of the code under test is the floor; what the simulation adds on top is its tax. An absolute figure says more
about the machine than about the code, so ours and its floor take turns, round by round, in processor time, and what
is told is the median of the rounds' ratios.
"""
