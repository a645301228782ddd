"""Certificates: how long each component is up under a declared weather, with a bound that can be defended.

    estimators   the arithmetic: bounds on unavailability, and how certain they are
    profile      which kinds of weather there are, how often, and what a run of one looks like
    trial        one run of one kind, and the bad time that it brought
    certificate  all runs together: an estimate, a bound, and what the claim rests on

A certificate is not a search. It uses a weather that was declared before, a number of runs that was declared before,
and seeds that nobody has seen; whatever `explore` finds never enters it.
"""
