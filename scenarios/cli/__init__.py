"""The command line: `stormproof run | demo | list`."""

from scenarios.cli.leave import main

__all__ = ["main"]
