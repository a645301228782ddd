"""Disks of the simulated machines, under the real SQLite.

Disk    files that keep what was synced, and nothing else, through a power cut
"""

from simulator.storage.disk import Disk

__all__ = ["Disk"]
