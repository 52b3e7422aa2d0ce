"""What AWS lets an account do in a Region before it refuses, each number with the document that states it.

Read in November 2026. AWS raises most of them on request and may change the defaults; the console's Service Quotas page shows
what an account has. A new account may start with less ("New AWS accounts have reduced concurrency": Lambda quotas).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Regions with the same defaults. No document names these classes: each quota below names its own Regions.
REGIONS = {
    "largest": ("us-east-1", "us-west-2", "eu-west-1"),
    "large": ("us-east-2", "eu-central-1", "eu-west-2", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2"),
    "usual": (),
    "small": (
        "af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ca-west-1",
        "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Quota:
    """`values` by class of Regions, in the order of REGIONS."""

    name: str
    what: str
    source: str
    values: tuple[int, int, int, int]

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    def value(self, region: str) -> int:
        return self.values[tuple(REGIONS).index(region)]

    def defaults(self) -> str:
        """`3,000 (largest), 1,500 (large, usual, small)`."""
        by_value: dict[int, list[str]] = {}
        for region, value in zip(REGIONS, self.values, strict=True):
            by_value.setdefault(value, []).append(region)
        if len(by_value) == 1:
            return f"{self.values[0]:,}"
        return ", ".join(f"{value:,} ({', '.join(regions)})" for value, regions in by_value.items())


def everywhere(value: int) -> tuple[int, int, int, int]:
    return (value, value, value, value)


STATES = 'AWS Step Functions Developer Guide, "Service quotas", "Quotas related to API action throttling"'
GATEWAY = 'Amazon API Gateway Developer Guide, "Amazon API Gateway quotas", "account-level quotas, per Region"'
TEMPLATE = "template.yaml of this project, the parameter {}"

QUOTAS = (
    Quota(
        "send_task_bucket",
        "SendTaskSuccess calls at once (size of the token bucket); SendTaskFailure and SendTaskHeartbeat have one each",
        STATES,
        (3_000, 1_500, 1_500, 1_500),
    ),
    Quota(
        "send_task_refill", "SendTaskSuccess calls a second (refill of the bucket)", STATES, (500, 300, 300, 300)
    ),
    Quota(
        "kms_rate",
        "KMS calls a second: all cryptographic operations with symmetric and HMAC keys together",
        'AWS KMS Developer Guide, "Request quotas", "Cryptographic operations (symmetric) request rate"',
        (100_000, 20_000, 10_000, 10_000),
    ),
    Quota(
        "concurrency",
        "Lambda: requests in progress at once, for all functions together",
        'AWS Lambda Developer Guide, "Lambda quotas", "Concurrent executions"',
        everywhere(1_000),
    ),
    Quota(
        "unreserved",
        "Lambda: of these, so many cannot be reserved for a function",
        'AWS Lambda API Reference, "PutFunctionConcurrency"',
        everywhere(100),
    ),
    Quota(
        "requests_per_concurrency",
        "Lambda: requests a second for each unit of concurrency, of the account or reserved",
        'AWS Lambda Developer Guide, "Understanding Lambda function scaling", "Understanding concurrency and requests per '
        'second"; for a reserved concurrency "Creating and managing Lambda function URLs"',
        everywhere(10),
    ),
    Quota(
        "scaling",
        "Lambda: new instances of a function in 10 seconds, refilled all the time and never saved up",
        'AWS Lambda Developer Guide, "Lambda scaling behavior"',
        everywhere(1_000),
    ),
    Quota(
        "api_rate",
        "API Gateway: requests a second, for all APIs together",
        GATEWAY,
        (10_000, 10_000, 10_000, 2_500),
    ),
    Quota(
        "api_burst",
        "API Gateway: requests at once (size of the token bucket); cannot be raised by itself",
        GATEWAY,
        (5_000, 5_000, 5_000, 1_250),
    ),
    Quota(
        "throttle_rate",
        "this stack's own limit: requests a second to each method of its API",
        TEMPLATE.format("ThrottleRate"),
        everywhere(500),
    ),
    Quota(
        "throttle_burst",
        "this stack's own limit: requests at once to each method of its API",
        TEMPLATE.format("ThrottleBurst"),
        everywhere(1_000),
    ),
)


def region_class(text: str) -> str:
    """The class of a Region, or the class itself.

    Raises ValueError for anything that is neither a class nor a Region in the lists above.
    """
    for name, regions in REGIONS.items():
        if text == name or text in regions:
            return name
    hint = "; a Region that is not in the lists is usual" if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", text) else ""
    raise ValueError(f"{text!r} is not one of {', '.join(REGIONS)}, nor a Region listed with them{hint}")
