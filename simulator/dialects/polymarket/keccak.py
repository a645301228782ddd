"""Keccak-256, the digest of Ethereum: the sponge of SHA-3 with the padding it had before it became a standard.

The standard library has only the later padding, and the simulator may not borrow from the client that it judges.
"""

from __future__ import annotations

RATE_BYTES = 136
LANES = 25
ROUNDS = 24
MASK = (1 << 64) - 1


def keccak(data: bytes) -> bytes:
    """Return the digest of `data`, 32 bytes."""
    state = [0] * LANES
    padded = data + b"\x01" + bytes(RATE_BYTES - 1 - len(data) % RATE_BYTES)
    padded = padded[:-1] + bytes((padded[-1] | 0x80,))
    for start in range(0, len(padded), RATE_BYTES):
        for lane in range(RATE_BYTES // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    """Return the state after all rounds; lane (x, y) stands at x + 5 y."""
    for constant in _CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * LANES
        for at, to, turn in _MOVES:
            moved[to] = _turned(state[at] ^ mixed[at % 5], turn)
        state = [
            moved[at] ^ (~moved[row + (x + 1) % 5] & moved[row + (x + 2) % 5])
            for row in range(0, LANES, 5)
            for x in range(5)
            for at in (row + x,)
        ]
        state[0] ^= constant
    return state


def _turned(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & MASK if by else lane


def _moves() -> tuple[tuple[int, int, int], ...]:
    """Return where each lane goes, and how far it is turned on its way: (from, to, bits)."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for step in range(ROUNDS):
        turn = (step + 1) * (step + 2) // 2 % 64
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), turn))
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(moves)


def _constants() -> tuple[int, ...]:
    """Return what is added in each round: bits of a shift register of eight."""
    constants, register = [], 1
    for _ in range(ROUNDS):
        constant = 0
        for place in range(7):
            if register & 1:
                constant |= 1 << ((1 << place) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


_MOVES = _moves()
_CONSTANTS = _constants()
