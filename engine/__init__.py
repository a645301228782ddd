"""The bot that really trades: one production engine that cannot tell a simulated world from a real one."""
