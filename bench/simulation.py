"""Many visitors, many instances and AWS's quotas, on a simulated clock.

One `simulate` is one scenario: visits arrive evenly spread over a while, and each ends answered or given up. Nothing reads a
clock or a random number of the machine: the same scenario and seed give the same result, and what is random for one visit does
not depend on the others, so that two scenarios can be compared.

What is simulated, in the order of a request: throttling of the API (method, then account), Lambda (concurrency, requests a
second, new instances), the instance's data keys in memory, KMS with the SDK's retries, SendTaskSuccess with ours. What is not:
latencies that vary, faults other than throttling, other traffic of the account, CreateUrls.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# ---------------------------------------------------------------- what the service does; the tests compare it with src/

# Data keys that an instance keeps (src/keys/cache.rs).
CACHED_KEYS = 256
# Attempts to report an answer; no attempt begins later than the budget after the first one (src/tasks/attempts.rs).
REPORT_ATTEMPTS, REPORT_BUDGET = 3, 6.0
# The SDK's attempts at KMS, its pauses, and the end of all attempts, in seconds (src/aws.rs).
KMS_ATTEMPTS, KMS_FIRST_PAUSE, KMS_LONGEST_PAUSE, KMS_TOTAL = 3, 0.05, 0.2, 2.0
# Seconds of Retry-After with 503 (src/rejection.rs).
RETRY_AFTER = 5.0

# Memory in MB that has the equivalent of one processor (AWS Lambda Developer Guide, "Configure Lambda function memory").
MEMORY_OF_A_PROCESSOR = 1_769
# Seconds over which Lambda's `scaling` is counted, and after which an instance without a request is taken for gone; AWS
# publishes the first of them only.
SCALING_SECONDS, IDLE_SECONDS = 10.0, 300.0

# How often senders try again: seconds from a failure to the next attempt.
SENDERS: dict[str, tuple[tuple[float, ...], str]] = {
    "svix": ((5, 300, 1_800, 7_200, 18_000, 36_000, 36_000), 'Svix documentation, "Retry Schedule"'),
    "slack": (
        (1, 60, 300),
        'Slack documentation, "The Events API", "Retries" (the first one "nearly immediately")',
    ),
    "github": ((), 'GitHub documentation, "Handling failed webhook deliveries": none by itself'),
}

# How many requests a visit of a kind makes, the last of which has the effect.
REQUESTS = {"page": 2, "link": 1, "webhook": 1}
METHODS = {"page": ("GET", "POST"), "link": ("GET",), "webhook": ("POST",)}


def report_pause(made: int) -> float:
    """The longest pause after so many attempts; half of it is random."""
    return (100 << (2 * made)) / 1_000


# ---------------------------------------------------------------- buckets


class Bucket:
    """A token bucket that begins full. A refusal takes nothing."""

    def __init__(self, size: float, per_second: float) -> None:
        self.size = self.level = size
        self.per_second = per_second
        self.at = 0.0

    def take(self, now: float) -> bool:
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        # Refilling in many small steps must not lose a token to rounding.
        if self.level < 1 - 1e-9:
            return False
        self.level -= 1
        return True


class Window:
    """So many in each whole second: KMS rejects calls "for the remainder of the interval" (Service Quotas)."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self.second, self.used = -1, 0

    def take(self, now: float) -> bool:
        if int(now) != self.second:
            self.second, self.used = int(now), 0
        if self.used >= self.per_second:
            return False
        self.used += 1
        return True


# ---------------------------------------------------------------- the scenario and its result


@dataclass(frozen=True)
class Scenario:
    """Times in seconds. `reserved`: None for none."""

    kind: str
    region: str
    door: str
    links_per_key: int
    reserved: int | None
    visits: int
    within: float
    quotas: dict[str, int]
    cpu: float
    start: float
    environment: float
    memory: int
    kms: float
    states: float
    cache_seconds: float
    attempts: int
    reload: tuple[float, float]
    read: tuple[float, float]
    patience: int
    retries: tuple[float, ...]
    seed: int

    @property
    def concurrency(self) -> int:
        """What Lambda lets this function have at once."""
        return self.quotas["concurrency"] if self.reserved is None else self.reserved

    @property
    def requests_per_second(self) -> int:
        return self.concurrency * self.quotas["requests_per_concurrency"]

    @property
    def computing(self) -> float:
        """How long the CPU time of one request takes in a function of this memory."""
        return self.cpu * max(1.0, MEMORY_OF_A_PROCESSOR / self.memory)


# Who tells a visitor to try again, by the quota that was used up.
TELLS = {
    "throttle_rate": "api",
    "api_rate": "api",
    "concurrency": "lambda",
    "requests_per_concurrency": "lambda",
    "scaling": "lambda",
    "kms_rate": "service",
    "send_task_refill": "service",
}
WHO = ("api", "lambda", "service")


@dataclass
class Result:
    """Visits, requests and calls, counted; times in seconds after the first visit could arrive."""

    answered: int = 0
    at_once: int = 0
    gave_up: int = 0
    requests: int = 0
    most_tries: int = 0
    last_answer: float = 0.0
    waited: list[float] = field(default_factory=list)
    told: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(WHO, 0)))
    refused: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    most_instances: int = 0
    kms_calls: int = 0
    send_task_calls: int = 0


class Visit:
    __slots__ = ("arrived", "draws", "ended", "key", "number", "reading", "refusals", "step", "tries")

    def __init__(self, number: int, key: int, arrived: float) -> None:
        self.number = number
        self.key = key
        self.arrived = arrived
        self.step = self.tries = self.refusals = self.draws = 0
        self.reading = 0.0
        self.ended = False


class Instance:
    """Handles one request at a time. `keys`: when each data key was opened."""

    __slots__ = ("idle_since", "keys")

    def __init__(self) -> None:
        self.keys: OrderedDict[int, float] = OrderedDict()
        self.idle_since = 0.0


def simulate(scenario: Scenario) -> Result:
    return Simulation(scenario).run()


class Simulation:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.methods = METHODS[scenario.kind]
        self.last_step = len(self.methods) - 1
        quotas = scenario.quotas
        throttled = scenario.door != "function-url"
        self.account = Bucket(quotas["api_burst"], quotas["api_rate"]) if throttled else None
        self.stage = {
            method: Bucket(quotas["throttle_burst"], quotas["throttle_rate"])
            for method in self.methods
            if throttled
        }
        # AWS does not publish how large this bucket is; one second's worth is taken.
        self.rate = Bucket(scenario.requests_per_second, scenario.requests_per_second)
        self.scaling = Bucket(quotas["scaling"], quotas["scaling"] / SCALING_SECONDS)
        self.kms = Window(quotas["kms_rate"])
        self.send_task = Bucket(quotas["send_task_bucket"], quotas["send_task_refill"])
        self.events: list[tuple[Any, ...]] = []
        self.order = 0
        self.busy = self.instances = 0
        # The one used last is used first, so the others have waited at least as long.
        self.idle: list[Instance] = []
        self.result = Result()

    def run(self) -> Result:
        scenario = self.scenario
        arrivals = [
            # Links of one data key were sent together, and are opened whenever their readers come.
            Visit(
                number, number // scenario.links_per_key, random_share(scenario.seed, number, 0) * scenario.within
            )
            for number in range(scenario.visits)
        ]
        # Beside the heap, most of which would be visits that are still to come.
        arrivals.sort(key=lambda visit: (visit.arrived, visit.number), reverse=True)
        events, pop = self.events, heapq.heappop
        while events or arrivals:
            if arrivals and not (events and events[0][0] < arrivals[-1].arrived):
                visit = arrivals.pop()
                self.request(visit.arrived, visit)
            else:
                now, _, handle, *rest = pop(events)
                handle(now, *rest)
        self.result.waited.sort()
        return self.result

    def at(self, when: float, handle: Callable[..., None], *rest: Any) -> None:
        """Among events of the same time, the one that was planned first comes first."""
        self.order += 1
        heapq.heappush(self.events, (when, self.order, handle, *rest))

    def draw(self, visit: Visit) -> float:
        visit.draws += 1
        return random_share(self.scenario.seed, visit.number, visit.draws)

    # ------------------------------------------------------------ the way of a request

    def request(self, now: float, visit: Visit) -> None:
        visit.tries += 1
        self.result.requests += 1
        if self.account is not None:
            # The order of API Gateway: the limits of a method, then those of the account.
            if not self.stage[self.methods[visit.step]].take(now):
                return self.refuse(now, visit, "throttle_rate")
            if not self.account.take(now):
                return self.refuse(now, visit, "api_rate")
        if self.busy >= self.scenario.concurrency:
            return self.refuse(now, visit, "concurrency")
        if not self.rate.take(now):
            return self.refuse(now, visit, "requests_per_concurrency")
        idle = self.idle
        if idle and now - idle[-1].idle_since > IDLE_SECONDS:
            self.instances -= len(idle)
            idle.clear()
        if idle:
            instance = idle.pop()
            begun = now
        elif self.scaling.take(now):
            instance = Instance()
            begun = now + self.scenario.environment + self.scenario.start
            self.instances += 1
        else:
            return self.refuse(now, visit, "scaling")
        self.busy += 1
        result = self.result
        result.most_at_once = max(result.most_at_once, self.busy)
        result.most_instances = max(result.most_instances, self.instances)
        self.open(begun + self.scenario.computing, visit, instance)

    def open(self, when: float, visit: Visit, instance: Instance) -> None:
        opened_at = instance.keys.get(visit.key)
        if opened_at is not None and when - opened_at < self.scenario.cache_seconds:
            instance.keys.move_to_end(visit.key)
            self.opened(when, visit, instance)
        else:
            self.at(when, self.decrypt, visit, instance, 1, when)

    def decrypt(self, now: float, visit: Visit, instance: Instance, attempt: int, begun: float) -> None:
        self.result.kms_calls += 1
        done = now + self.scenario.kms
        if self.kms.take(now):
            if self.scenario.cache_seconds:
                instance.keys[visit.key] = done
                instance.keys.move_to_end(visit.key)
                if len(instance.keys) > CACHED_KEYS:
                    instance.keys.popitem(last=False)
            return self.opened(done, visit, instance)
        self.result.refused["kms_rate"] += 1
        pause = min(KMS_FIRST_PAUSE * 2 ** (attempt - 1), KMS_LONGEST_PAUSE) * self.draw(visit)
        end = begun + KMS_TOTAL
        if attempt < KMS_ATTEMPTS and done + pause < end:
            self.at(done + pause, self.decrypt, visit, instance, attempt + 1, begun)
        else:
            self.at(min(done, end), self.finish, visit, instance, "kms_rate")

    def opened(self, when: float, visit: Visit, instance: Instance) -> None:
        if visit.step < self.last_step:
            self.at(when, self.finish, visit, instance, None)
        else:
            self.at(when, self.report, visit, instance, 1, when)

    def report(self, now: float, visit: Visit, instance: Instance, attempt: int, begun: float) -> None:
        self.result.send_task_calls += 1
        done = now + self.scenario.states
        if self.send_task.take(now):
            return self.at(done, self.finish, visit, instance, None)
        self.result.refused["send_task_refill"] += 1
        if attempt >= self.scenario.attempts or done - begun >= REPORT_BUDGET:
            return self.at(done, self.finish, visit, instance, "send_task_refill")
        pause = report_pause(attempt) * (1 + self.draw(visit)) / 2
        self.at(done + pause, self.report, visit, instance, attempt + 1, begun)

    def finish(self, now: float, visit: Visit, instance: Instance, refused_by: str | None) -> None:
        self.busy -= 1
        instance.idle_since = now
        self.idle.append(instance)
        if refused_by is not None:
            self.told(now, visit, refused_by)
        elif visit.step < self.last_step:
            visit.step += 1
            visit.reading = between(self.scenario.read, self.draw(visit))
            self.at(now + visit.reading, self.request, visit)
        else:
            self.end(visit)
            self.result.answered += 1
            self.result.at_once += not visit.refusals
            self.result.last_answer = max(self.result.last_answer, now)
            self.result.waited.append(now - visit.arrived - visit.reading)

    # ------------------------------------------------------------ who is refused

    def refuse(self, now: float, visit: Visit, quota: str) -> None:
        """Before an instance had the request."""
        self.result.refused[quota] += 1
        self.told(now, visit, quota)

    def told(self, now: float, visit: Visit, quota: str) -> None:
        """The visitor sees that it did not work, and by whom; what they do next is up to them."""
        scenario = self.scenario
        who = TELLS[quota]
        self.result.told[who] += 1
        visit.refusals += 1
        if scenario.kind == "webhook":
            again = scenario.retries[visit.refusals - 1] if visit.refusals <= len(scenario.retries) else None
        elif visit.refusals < scenario.patience:
            again = between(scenario.reload, self.draw(visit))
            # The page says when; people who read it wait so long.
            again = max(again, RETRY_AFTER if who == "service" else 0.0)
        else:
            again = None
        if again is None:
            self.end(visit)
            self.result.gave_up += 1
        else:
            self.at(now + again, self.request, visit)

    def end(self, visit: Visit) -> None:
        if visit.ended:
            raise AssertionError(f"visit {visit.number} ended twice")
        visit.ended = True
        self.result.most_tries = max(self.result.most_tries, visit.tries)


def between(bounds: tuple[float, float], share: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * share


def random_share(seed: int, visit: int, number: int) -> float:
    """The random number of that number of that visit, at least 0 and below 1 (SplitMix64 of Steele, Lea and Flood)."""
    mask = 0xFFFF_FFFF_FFFF_FFFF
    it = ((seed << 40) + (visit << 12) + number + 1) * 0x9E37_79B9_7F4A_7C15 & mask
    it = (it ^ it >> 30) * 0xBF58_476D_1CE4_E5B9 & mask
    it = (it ^ it >> 27) * 0x94D0_49BB_1331_11EB & mask
    return ((it ^ it >> 31) >> 11) / (1 << 53)


# ---------------------------------------------------------------- on paper


@dataclass(frozen=True)
class Bound:
    """What one quota allows: visits a second as long as one likes, and seconds until all visits of a scenario can be
    through, if all came at once and nobody lost a moment."""

    per_second: float
    through: float


def on_paper(scenario: Scenario, answered: int | None = None) -> dict[str, Bound]:
    """By quota; `answered` instead of all visits."""
    visits = scenario.visits if answered is None else answered
    quotas, requests = scenario.quotas, REQUESTS[scenario.kind]
    keys = -(-visits // scenario.links_per_key)
    # A visit keeps instances busy for so long, if no data key has to be opened.
    busy = requests * scenario.computing + scenario.states
    bounds = {
        "send_task_refill": bound(visits, quotas["send_task_refill"], quotas["send_task_bucket"]),
        "kms_rate": Bound(
            float(quotas["kms_rate"] * scenario.links_per_key), max(0.0, keys / quotas["kms_rate"] - 1)
        ),
        "concurrency": bound(visits, scenario.concurrency / busy, 0),
        "requests_per_concurrency": bound(
            visits, scenario.requests_per_second / requests, scenario.requests_per_second / requests
        ),
    }
    if scenario.door != "function-url":
        bounds["throttle_rate"] = bound(visits, quotas["throttle_rate"], quotas["throttle_burst"])
        bounds["api_rate"] = bound(visits, quotas["api_rate"] / requests, quotas["api_burst"] / requests)
    return bounds


def bound(visits: int, per_second: float, at_once: float) -> Bound:
    return Bound(per_second, max(0.0, (visits - at_once) / per_second))


def tightest(bounds: dict[str, Bound]) -> str:
    return max(sorted(bounds), key=lambda quota: bounds[quota].through)


def bound_by(result: Result, bounds: dict[str, Bound]) -> str:
    """The quota that takes longest on paper, if it refused anything; else the one that refused most calls."""
    refused = result.refused
    slowest = tightest(bounds)
    if refused.get(slowest):
        return slowest
    return min(refused, key=lambda quota: (-refused[quota], quota), default="nothing")
