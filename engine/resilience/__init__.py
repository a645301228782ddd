"""How the engine keeps going, and keeps from making it worse, while something that it leans on is sick."""
