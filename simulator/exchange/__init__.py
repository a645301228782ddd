"""A spot exchange: books, orders, money, and what its readers see of them."""
