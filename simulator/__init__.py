"""A world with its own clock: hosts, links, venues and services in virtual time, on one SimPy heap."""
