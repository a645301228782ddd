"""Where prices come from: one price per instrument, a basis per venue, a ladder that keeps books alive."""
