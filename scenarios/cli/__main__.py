"""`python -m scenarios.cli` is `stormproof`."""

from scenarios.cli import main

main()
