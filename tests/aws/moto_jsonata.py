"""JSONata for moto's Step Functions interpreter.

moto 5.2.5 reads state machines in JSONata, binds `$states` and the variables, and then has nothing that evaluates an
expression. Here that is jsonata-python, a port of the reference implementation. As in AWS, an expression that gives
nothing fails the state; moto would go on with a null.
"""

from __future__ import annotations

from typing import Any

from jsonata import Jsonata
from moto.stepfunctions.parser.asl.jsonata import jsonata


def correct_moto() -> None:
    jsonata._eval_jsonata = _evaluate


def _evaluate(expression: str) -> Any:
    try:
        # The evaluator's answer is None for null and for nothing.
        if not Jsonata(f"$exists({expression})").evaluate(None):
            raise jsonata.JSONataException("Undefined", "an expression gives nothing")
        return Jsonata(expression).evaluate(None)
    except jsonata.JSONataException:
        raise
    except Exception as error:
        raise jsonata.JSONataException("Invalid", str(error)) from error
