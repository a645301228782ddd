"""The composition root: the only package that sees both the engine and the world, and judges one by the other."""
