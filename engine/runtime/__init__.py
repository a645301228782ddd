"""The node: composition of components, configuration, and the real adapters behind the ports."""
