"""Bad weather as data: faults, each with its own undo, and the schedules that bring them."""
