"""The real adapters behind the engine's ports, for real processes alone: clocks, sockets, disk and bus."""
