"""Campaigns: many seeds, each a world, a bot and a weather of its own, run side by side until something breaks.

surroundings  what a seed draws: machines, venues, strategy, market, orders of a person, and the weather
trial         one seed tried: drawn, written down, run, judged
crew          who tries them: processes here, or a cluster elsewhere
campaign      which seeds are tried, in which order, and what is kept of them
"""
