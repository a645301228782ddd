"""What runs in a model's own process: one question a line on standard input, one answer a line on standard output.

Started as `python -m engine.runtime.model_host SPEC`. Whatever the model prints goes to standard error, so that it
cannot be taken for an answer. Python's own JSON is used, since it has NaN and infinity: the asker must see them.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import msgspec

from engine.ports.model import ModelSpec, Predictor
from engine.runtime.plugins import load_model


def make_model(spec: ModelSpec) -> Predictor:
    """Return the model that a specification names; raise whatever its code raises."""
    folder = Path(spec.folder) if spec.folder else None
    model: Predictor = load_model(spec.use, spec.arguments, folder).make()
    return model


def serve(spec: ModelSpec, questions: TextIO, answers: TextIO) -> None:
    """Answer until there are no more questions. The model is made at the first, so that its failure is an answer."""
    model: Predictor | None = None
    for line in questions:
        try:
            model = model or make_model(spec)
            said = {"answer": _plain(model.predict(tuple(json.loads(line))))}
        except Exception as problem:  # a model is somebody else's code, and its failure an answer
            said = {"failed": f"{type(problem).__name__}: {problem}"}
        answers.write(json.dumps(said, default=repr) + "\n")
        answers.flush()


def _plain(answer: Any) -> Any:
    """Return the Python number in one of numpy's."""
    return answer.item() if callable(getattr(answer, "item", None)) else answer


def main() -> None:
    """Keep standard output for answers, and serve."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(msgspec.json.decode(sys.argv[1].encode(), type=ModelSpec), sys.stdin, answers)


if __name__ == "__main__":
    main()
