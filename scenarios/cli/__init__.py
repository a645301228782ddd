"""The command line: `stormproof run | demo | list | serve`."""

from scenarios.cli.leave import main

__all__ = ["main"]
