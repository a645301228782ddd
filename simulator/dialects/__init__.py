"""The fronts of venues: what a client of Binance or Kraken sends and reads, over one exchange core.

A dialect is data and pure functions: a table of routes, the texts of errors, the shapes of bodies. What all
venues share (the REST desk, the streams, the door where faults act) is in this folder and knows no venue.
"""
