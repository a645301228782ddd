"""What the engine is handed at its start, as small protocols: whoever fits the shape may stand behind them."""
