"""Real processes, real sockets, real disks: what no virtual world can vouch for."""
