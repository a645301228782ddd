"""Linear perpetuals margined in one asset: positions, margin, marks, funding and liquidation over the same books."""
