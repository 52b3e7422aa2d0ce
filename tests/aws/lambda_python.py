"""Lambda's Python runtime in short: hands the events of the Runtime API to the handler of a deployed function.

Run as a process of its own, with the function's environment and its code in LAMBDA_TASK_ROOT.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
import urllib.request
from typing import Any

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def post(path: str, value: Any) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{RUNTIME}/{path}", json.dumps(value).encode())).close()


def problem(error: BaseException) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_exception(error),
    }


def main() -> None:
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module), name)
    except Exception as error:
        post("init/error", problem(error))
        raise
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/invocation/next") as event:
            request, body = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
        try:
            result = handler(body, None)
        except Exception as error:
            post(f"invocation/{request}/error", problem(error))
        else:
            post(f"invocation/{request}/response", result)


if __name__ == "__main__":
    main()
