"""A model in a process of its own: it may compute for long, leak, crash or hang, and the node's loop does not feel it.

A thread was rejected: it cannot be ended, and a model that holds the interpreter's lock would stop the executor's
heartbeat on the same machine. The process is started at the first question, and again after each death; a question
that is not waited for to its end ends the process, since its late answer would be taken for the next one's.
"""

import asyncio
import json
import sys

import msgspec

from engine.ports.model import ModelFailed, ModelSpec
from engine.ports.strategy import Features

ANSWER_BYTES_MAX = 65_536
GONE_S_MAX = 2.0
"""How long the system may take to bury a killed process."""


class ModelProcess:
    """See `engine.ports.model.Model`."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def predict(self, features: Features) -> object:
        """Ask, and wait for as long as the caller does."""
        async with self._turn:
            process = await self._started()
            try:
                line = await _exchange(process, json.dumps(features))
            except BaseException:
                await self.abandon()
                raise
        if not line:
            await self.abandon()
            raise ModelFailed("the model's process has died")
        return _answer(line)

    async def abandon(self) -> None:
        """Kill the process; the next question starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        try:
            async with asyncio.timeout(GONE_S_MAX):
                await process.wait()
        except TimeoutError:
            return  # the system will bury it; nobody waits for a dead model

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            spec = msgspec.json.encode(self._spec).decode()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "engine.runtime.model_host",
                    spec,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=ANSWER_BYTES_MAX,
                )
            except OSError as problem:
                raise ModelFailed(f"the model's process cannot be started: {problem}") from problem
        return self._process


def open_model_process(spec: ModelSpec) -> ModelProcess:
    """Return the runner of a model; its process is started at the first question."""
    return ModelProcess(spec)


async def _exchange(process: asyncio.subprocess.Process, question: str) -> bytes:
    """Send a question and return the answer's line; nothing when the process is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(question.encode() + b"\n")
        await process.stdin.drain()
        return await process.stdout.readline()
    except (BrokenPipeError, ConnectionResetError):
        return b""
    except ValueError as problem:  # an answer beyond all bounds
        raise ModelFailed(f"the model answers more than {ANSWER_BYTES_MAX} bytes") from problem


def _answer(line: bytes) -> object:
    try:
        said = json.loads(line)
    except ValueError as problem:
        raise ModelFailed(f"the model's process does not speak as agreed: {line[:80]!r}") from problem
    if "failed" in said:
        raise ModelFailed(said["failed"])
    return said["answer"]
