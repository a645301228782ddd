"""Strategies: pure functions of bars that say how much the bot should hold."""
