"""What the corrections of moto promise, where a test of ours would pass for the wrong reason without them."""

from __future__ import annotations

import pytest


def _run(aws, output):
    machine = aws.state_machine(
        {
            "QueryLanguage": "JSONata",
            "StartAt": "Only",
            "States": {"Only": {"Type": "Pass", "Output": output, "End": True}},
        }
    )
    return aws.start(machine, {"name": "Ann", "nothing": None, "list": [1, 2.5]}).result()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.name & '!'", "Ann!"),
        ("$states.input.nothing", None),
        ("$sum($states.input.list)", 3.5),
        ("$exists($states.input.gone)", False),
        ("$merge([$states.input, {'name': 'Ben'}])", {"name": "Ben", "nothing": None, "list": [1, 2.5]}),
        ("'two\\nlines'", "two\nlines"),
    ],
)
def test_jsonata_is_evaluated(aws, expression, value):
    result = _run(aws, {"value": f"{{% {expression} %}}"})
    assert (result.status, result.output) == ("SUCCEEDED", {"value": value})


@pytest.mark.parametrize("expression", ["$states.input.gone", "$states.input.name.first", "1 + 'a'", "$nofunction()"])
def test_jsonata_that_gives_nothing_fails_the_state(aws, expression):
    result = _run(aws, {"value": f"{{% {expression} %}}"})
    assert (result.status, result.output) == ("FAILED", None)
