"""Recovery: what must survive a crash, and how our books are brought back to the truth of the venues."""
