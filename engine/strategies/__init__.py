"""Strategies: pure functions of what they are shown that say what the bot should hold or offer."""
