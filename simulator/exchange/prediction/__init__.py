"""A binary prediction market: two outcome tokens that together are always worth one unit of collateral."""
