"""The loopback world: the same scenarios on real processes, real sockets and the wall clock, under the same referee."""
