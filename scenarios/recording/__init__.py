"""Recording a real market through ccxt into the files that a scenario replays."""
