"""bench/burst: what it counts is counted once, buckets and quotas do what they say, and what it cannot mean it refuses."""

from __future__ import annotations

import itertools
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from project import ROOT, rows, section, template

sys.path.insert(0, str(ROOT / "bench"))
import quotas  # noqa: E402
import simulation  # noqa: E402
from simulation import Bucket, Result, Scenario, Window, on_paper, simulate  # noqa: E402

EXECUTABLE = Path(os.environ["SFN_CALLBACK_URLS_EXE"])
BURST = ROOT / "bench/burst"
SCRIPT = runpy.run_path(str(BURST), run_name="burst")
OPERATIONS = (ROOT / "docs/OPERATIONS.md").read_text()
PERFORMANCE = (ROOT / "docs/PERFORMANCE.md").read_text()

# So much that no test reaches it.
ENDLESS = dict.fromkeys((quota.name for quota in quotas.QUOTAS), 10**9)
NO_TIME = {"cpu": 0.0, "start": 0.0, "environment": 0.0, "kms": 0.0, "states": 0.0}


def scenario(**changes: Any) -> Scenario:
    """1,000 visits within a second, and no quota that binds; quotas are changed by their names."""
    limits = {name: changes.pop(name) for name in list(changes) if name in ENDLESS}
    base = Scenario(
        kind="page", region="largest", door="rest", links_per_key=10, reserved=None, visits=1_000, within=1.0,
        quotas=ENDLESS | limits, cpu=0.0004, start=0.005, environment=0.15, memory=128, kms=0.01, states=0.02,
        cache_seconds=300.0, attempts=3, reload=(5.0, 30.0), read=(5.0, 30.0), patience=5,
        retries=simulation.SENDERS["svix"][0], seed=1,
    )  # fmt: skip
    return replace(base, **changes)


def burst(*arguments: object, seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BURST, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )


def answered(*arguments: object) -> list[dict[str, Any]]:
    ended = burst("--json", *arguments)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


# ---------------------------------------------------------------- buckets, by hand


@pytest.mark.parametrize(
    ("size", "per_second", "takes"),
    [
        # What was left over is counted, never above the size.
        (
            3,
            1,
            [(0, True), (0, True), (0, True), (0, False), (0.5, False), (1.0, True), (1.5, False), (2.0, True)],
        ),
        (3, 1, [(0, True), (100, True), (100, True), (100, True), (100, False)]),
        # A refusal takes nothing: the next token comes when it would have come.
        (1, 2, [(0, True), (0.1, False), (0.2, False), (0.4, False), (0.5, True), (0.9, False), (1.0, True)]),
        # Ten steps of a tenth are a whole, in binary too.
        (1, 1, [(0, True), *((step / 10, False) for step in range(1, 10)), (1.0, True)]),
        (2, 0.5, [(0, True), (0, True), (1.9, False), (2, True), (3.9, False), (4, True)]),
    ],
)
def test_a_bucket_gives_what_is_computed_by_hand(
    size: int, per_second: float, takes: list[tuple[float, bool]]
) -> None:
    bucket = Bucket(size, per_second)
    assert [bucket.take(now) for now, _ in takes] == [taken for _, taken in takes]


def test_the_published_bucket_of_send_task_gives_3_000_and_then_500_a_second() -> None:
    bucket = Bucket(3_000, 500)
    # A call each 0.1 ms for ten seconds.
    taken = sum(bucket.take(step / 10_000) for step in range(100_000))
    assert taken == 3_000 + 10 * 500 - 1  # the last token comes at 10 s


def test_a_window_counts_whole_seconds() -> None:
    window = Window(2)
    takes = [(0.0, True), (0.7, True), (0.999, False), (1.0, True), (1.0, True), (1.5, False), (7.0, True)]
    assert [window.take(now) for now, _ in takes] == [taken for _, taken in takes]


def test_random_shares_are_even_and_their_own() -> None:
    shares = [simulation.random_share(1, visit, number) for visit in range(2_000) for number in range(5)]
    assert len(set(shares)) == len(shares) and all(0 <= it < 1 for it in shares)
    tenths = Counter(int(it * 10) for it in shares)
    assert all(850 < tenths[tenth] < 1_150 for tenth in range(10))


# ---------------------------------------------------------------- scenarios, by hand

# Ten programs post in the same millisecond, and never again.
TEN = {"kind": "webhook", "visits": 10, "within": 0.001, "retries": (), "links_per_key": 1, "attempts": 1}


@pytest.mark.parametrize(
    ("changes", "through", "told", "by"),
    [
        ({"send_task_bucket": 4, "send_task_refill": 1}, 4, "service", "send_task_refill"),
        ({"throttle_burst": 3, "throttle_rate": 1}, 3, "api", "throttle_rate"),
        ({"api_burst": 6, "api_rate": 1}, 6, "api", "api_rate"),
        ({"concurrency": 2}, 2, "lambda", "concurrency"),
        ({"concurrency": 2, "reserved": 5}, 5, "lambda", "concurrency"),
        ({"scaling": 7}, 7, "lambda", "scaling"),
        ({"concurrency": 10, "requests_per_concurrency": 1}, 10, None, "nothing"),
        ({"kms_rate": 3}, 3, "service", "kms_rate"),
        ({"door": "function-url", "throttle_burst": 1, "api_burst": 1}, 10, None, "nothing"),
        ({"door": "http", "throttle_burst": 1, "throttle_rate": 1}, 1, "api", "throttle_rate"),
    ],
)
def test_ten_at_once_meet_a_quota(changes: dict[str, Any], through: int, told: str | None, by: str) -> None:
    it = scenario(**TEN, **changes)
    result = simulate(it)
    assert (result.answered, result.at_once, result.gave_up) == (through, through, 10 - through)
    assert +result.told == Counter({told: 10 - through} if told else {})
    assert simulation.bound_by(result, on_paper(it)) == by


def test_requests_a_second_are_ten_for_each_unit_of_concurrency() -> None:
    # One instance, and requests that take no time: 10 at once, then one each tenth of a second.
    it = scenario(**TEN | NO_TIME | {"visits": 1_000, "within": 5.0}, reserved=1, requests_per_concurrency=10)
    result = simulate(it)
    assert result.most_instances == 1
    assert 59 <= result.answered <= 60
    assert result.told == Counter({"lambda": 1_000 - result.answered})


def test_kms_is_asked_three_times_in_one_second_and_then_the_visitor_is_told() -> None:
    result = simulate(scenario(**TEN, kms_rate=3))
    assert result.kms_calls == 3 + 7 * 3
    assert result.refused == Counter({"kms_rate": 21})


def test_a_throttled_report_is_tried_three_times_with_our_pauses() -> None:
    # 0.2 to 0.4 s after the first attempt, 0.8 to 1.6 s after the second: then there is a token for one.
    it = scenario(**TEN | NO_TIME | {"visits": 2, "attempts": 3}, send_task_bucket=1, send_task_refill=1)
    result = simulate(it)
    assert (result.answered, result.send_task_calls) == (2, 1 + 3)
    assert 1.0 <= result.last_answer <= 0.001 + 0.4 + 1.6
    assert result.told == Counter(dict.fromkeys(simulation.WHO, 0)), "what we try again ourselves, nobody is told"


def test_no_report_begins_after_the_budget() -> None:
    # Each attempt takes 3.2 s, so that the second one ends after 6 s.
    it = scenario(
        **TEN | NO_TIME | {"visits": 2, "attempts": 3, "states": 3.2}, send_task_bucket=1, send_task_refill=10**-6
    )
    result = simulate(it)
    assert (result.answered, result.gave_up, result.send_task_calls) == (1, 1, 1 + 2)


def test_kms_is_given_up_after_two_seconds() -> None:
    it = scenario(**TEN | NO_TIME | {"visits": 2, "kms": 0.9}, kms_rate=0)
    result = simulate(it)
    # 0.9 and 0.9 s: a third attempt would end after 2 s, and begins before.
    assert result.kms_calls == 2 * 3 and result.gave_up == 2


ONE_INSTANCE = NO_TIME | {"kind": "page", "visits": 300, "within": 30.0, "reload": (1.0, 1.0), "patience": 99}


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        # A page and its button: the second request finds the key.
        ({"links_per_key": 1, "read": (0.0, 0.0), "cache_seconds": 300.0}, 300),
        ({"links_per_key": 10, "read": (0.0, 0.0), "cache_seconds": 300.0}, 30),
        ({"links_per_key": 100, "read": (0.0, 0.0), "cache_seconds": 300.0}, 3),
        ({"links_per_key": 7, "read": (0.0, 0.0), "cache_seconds": 300.0}, 43),
        # Nothing is kept.
        ({"links_per_key": 100, "read": (0.0, 0.0), "cache_seconds": 0.0}, 600),
        # Kept for less time than it takes to read.
        ({"links_per_key": 1, "read": (60.0, 60.0), "cache_seconds": 59.0}, 600),
        # 300 keys are read in turn, and 256 stay: each has gone when its button comes.
        ({"links_per_key": 1, "read": (60.0, 60.0), "cache_seconds": 900.0}, 600),
        ({"links_per_key": 1, "read": (60.0, 60.0), "cache_seconds": 900.0, "visits": 256}, 256),
        # After so long the instance itself has gone, with its keys.
        ({"links_per_key": 300, "read": (400.0, 400.0), "cache_seconds": 900.0}, 2),
    ],
)
def test_one_instance_opens_each_data_key_as_often_as_its_memory_says(changes: dict[str, Any], calls: int) -> None:
    result = simulate(scenario(**ONE_INSTANCE | changes))
    assert (result.answered, result.kms_calls) == (changes.get("visits", 300), calls)
    assert result.most_instances == 1


def test_every_instance_has_a_memory_of_its_own() -> None:
    # All links have one data key, and each of ten requests at once has an instance of its own.
    result = simulate(scenario(**TEN | {"links_per_key": 10}))
    assert (result.most_instances, result.kms_calls) == (10, 10)


def test_people_give_up_after_so_many_refusals_and_are_told_when() -> None:
    it = scenario(
        kind="link",
        visits=50,
        patience=4,
        attempts=1,
        reload=(1.0, 2.0),
        send_task_bucket=1,
        send_task_refill=10**-9,
    )
    result = simulate(it)
    assert (result.answered, result.gave_up, result.most_tries) == (1, 49, 4)
    assert result.told["service"] == 49 * 4 == result.requests - 1


def test_what_the_page_says_is_waited_for() -> None:
    # One token each five seconds. Whoever came back after one second would find none.
    it = scenario(
        kind="link", visits=2, within=0.001, patience=2, attempts=1, reload=(1.0, 1.0),
        send_task_bucket=1, send_task_refill=0.2, **NO_TIME,
    )  # fmt: skip
    assert simulate(it).answered == 2
    refused_by_the_api = replace(it, quotas=ENDLESS | {"throttle_burst": 1, "throttle_rate": 0.2})
    assert simulate(refused_by_the_api).answered == 1, "it says nothing, so that they came back after a second"


@pytest.mark.parametrize(("name", "last"), [("svix", 5 + 300 + 1_800), ("slack", 1 + 60 + 300), ("github", 0)])
def test_senders_come_back_by_their_schedule(name: str, last: float) -> None:
    it = scenario(**TEN | NO_TIME | {"visits": 4, "retries": simulation.SENDERS[name][0]}, concurrency=10**9,
                  throttle_burst=1, throttle_rate=10**-9)  # fmt: skip
    result = simulate(it)
    assert (result.answered, result.gave_up) == (1, 3)
    assert result.most_tries == len(simulation.SENDERS[name][0]) + 1
    soon = ENDLESS | {"throttle_burst": 1, "throttle_rate": 1}
    all_through = simulate(replace(it, visits=4 if name != "github" else 1, quotas=soon))
    assert all_through.gave_up == 0 and all_through.last_answer <= last + 0.001


# ---------------------------------------------------------------- what always holds

TIGHT = {
    "open": {},
    "send-task": {"send_task_bucket": 50, "send_task_refill": 10},
    "kms": {"kms_rate": 40},
    "concurrency": {"concurrency": 8},
    "rate": {"concurrency": 30, "requests_per_concurrency": 2},
    "scaling": {"scaling": 20},
    "api": {"api_burst": 100, "api_rate": 60},
    "method": {"throttle_burst": 40, "throttle_rate": 30},
    "everything": {
        "send_task_bucket": 50, "send_task_refill": 10, "kms_rate": 40, "concurrency": 20, "requests_per_concurrency": 10,
        "scaling": 50, "api_burst": 100, "api_rate": 60, "throttle_burst": 60, "throttle_rate": 50,
    },
}  # fmt: skip


def some() -> Iterator[Any]:
    for kind in SCRIPT["KINDS"]:
        for name, limits in TIGHT.items():
            for door in ("rest", "function-url"):
                yield pytest.param({"kind": kind, "door": door} | limits, id=f"{kind}-{name}-{door}")


@pytest.mark.parametrize("changes", list(some()))
def test_every_visit_ends_once_and_every_request_is_counted_once(changes: dict[str, Any]) -> None:
    for seed in (1, 2):
        it = scenario(**changes, seed=seed)
        result = simulate(it)
        told = sum(result.told.values())
        assert result.answered + result.gave_up == it.visits
        assert 0 <= result.at_once <= result.answered == len(result.waited)
        # What was not told to try again was a success: one or two for each that was answered, and pages of those who gave up.
        successes = result.requests - told
        wanted = result.answered * simulation.REQUESTS[it.kind]
        assert wanted <= successes <= wanted + (result.gave_up if it.kind == "page" else 0)
        for quota, who in simulation.TELLS.items():
            assert result.refused[quota] == 0 or result.told[who] > 0 or who == "service"
        by_api_and_lambda = sum(
            result.refused[quota] for quota, who in simulation.TELLS.items() if who != "service"
        )
        assert by_api_and_lambda == result.told["api"] + result.told["lambda"]
        assert result.send_task_calls == result.answered + result.refused["send_task_refill"]
        assert result.most_at_once <= min(it.concurrency, result.most_instances)
        assert it.door == "rest" or result.told["api"] == 0


@pytest.mark.parametrize("changes", list(some()))
def test_nothing_is_faster_than_on_paper(changes: dict[str, Any]) -> None:
    it = scenario(**changes)
    result = simulate(it)
    for quota, bound in on_paper(it, result.answered).items():
        assert result.last_answer >= bound.through - 1e-6, quota


@pytest.mark.parametrize("kind", SCRIPT["KINDS"])
@pytest.mark.parametrize("name", [name for name in TIGHT if name not in ("open", "everything")])
def test_more_of_a_quota_never_lets_fewer_through(kind: str, name: str) -> None:
    limits, results = TIGHT[name], []
    for factor in (1, 2, 4, 8, 16):
        more = {quota: value * factor for quota, value in limits.items()}
        results.append(simulate(scenario(kind=kind, visits=500, **more)))
    for less, more in itertools.pairwise(results):
        assert more.at_once >= less.at_once
        assert more.answered >= less.answered
        # Among more instances, the last visitor may meet a new one.
        it = scenario()
        one_start = it.environment + it.start + it.kms
        assert more.gave_up > 0 or less.gave_up > 0 or more.last_answer <= less.last_answer + one_start


def test_more_links_to_a_data_key_never_cost_more_calls() -> None:
    calls = [simulate(scenario(links_per_key=links, reserved=20)).kms_calls for links in (1, 10, 100, 1_000)]
    assert calls == sorted(calls, reverse=True) and calls[0] > calls[-1]


def test_the_order_of_refusals_is_that_of_the_way() -> None:
    assert simulation.bound_by(Result(refused=Counter()), {"a": simulation.Bound(1, 1)}) == "nothing"
    refused = Counter(api_rate=5, scaling=9)
    assert simulation.bound_by(Result(refused=refused), {"api_rate": simulation.Bound(1, 9)}) == "api_rate"
    assert simulation.bound_by(Result(refused=refused), {"kms_rate": simulation.Bound(1, 9)}) == "scaling"


def test_the_same_options_give_the_same_bytes() -> None:
    few = ("--json", "--visits", 3_000, "--within", 1, "--kind", "page,webhook", "--door", "rest,function-url")
    first, again, other_hashes = burst(*few), burst(*few), burst(*few, seed="77")
    assert first.returncode == 0 and first.stdout == again.stdout == other_hashes.stdout
    other_seed = burst(*few, "--seed", 2)
    assert other_seed.stdout != first.stdout
    # Who comes when is another matter; the quotas are the same.
    [one, *_], [two, *_] = json.loads(first.stdout), json.loads(other_seed.stdout)
    assert one["paper"] == two["paper"]


# ---------------------------------------------------------------- what is said elsewhere


def test_the_defaults_are_those_of_the_documents_table() -> None:
    table = rows(section(OPERATIONS, "### What bounds it"))
    documented = {}
    for name, *values, source in (row for row in table if row[0].startswith("`--")):
        numbers = tuple(int(it.replace(",", "")) for it in values)
        documented[name.strip("`")] = (numbers, source)
    assert set(documented) == {quota.option for quota in quotas.QUOTAS}
    for quota in quotas.QUOTAS:
        assert documented[quota.option][0] == quota.values, quota.option


@pytest.mark.parametrize(
    ("region", "send_task", "kms", "api"),
    [
        ("us-east-1", (3_000, 500), 100_000, (10_000, 5_000)),
        ("us-west-2", (3_000, 500), 100_000, (10_000, 5_000)),
        ("eu-west-1", (3_000, 500), 100_000, (10_000, 5_000)),
        ("eu-central-1", (1_500, 300), 20_000, (10_000, 5_000)),
        ("us-east-2", (1_500, 300), 20_000, (10_000, 5_000)),
        ("usual", (1_500, 300), 10_000, (10_000, 5_000)),
        ("ap-southeast-3", (1_500, 300), 10_000, (2_500, 1_250)),
    ],
)
def test_a_region_has_its_published_quotas(
    region: str, send_task: tuple[int, int], kms: int, api: tuple[int, int]
) -> None:
    [its] = answered("--paper", "--region", region, "--links-per-key", 1)
    found = its["scenario"]["quotas"]
    assert (found["send_task_bucket"], found["send_task_refill"]) == send_task
    assert found["kms_rate"] == kms
    assert (found["api_rate"], found["api_burst"]) == api
    assert (found["concurrency"], found["unreserved"], found["scaling"]) == (1_000, 100, 1_000)


def test_no_region_is_in_two_classes_and_every_quota_names_its_source() -> None:
    names = [name for names in quotas.REGIONS.values() for name in names]
    assert len(names) == len(set(names)) and not set(names) & set(quotas.REGIONS)
    assert all(re.search("Guide|Reference|template.yaml", quota.source) for quota in quotas.QUOTAS)
    # argparse breaks lines at spaces and hyphens.
    shown = re.sub(r"[\s-]", "", burst("--help").stdout)
    for quota in quotas.QUOTAS:
        said = f"{quota.source} (default: {quota.defaults()})"
        assert re.sub(r"[\s-]", "", said) in shown, quota.option


def test_the_stack_s_own_limits_are_those_of_the_template() -> None:
    parameters = template("template.yaml")["Parameters"]
    by_name = {quota.name: quota.values for quota in quotas.QUOTAS}
    assert set(by_name["throttle_rate"]) == {parameters["ThrottleRate"]["Default"]}
    assert set(by_name["throttle_burst"]) == {parameters["ThrottleBurst"]["Default"]}
    [its] = answered("--paper", "--links-per-key", 1)
    assert its["scenario"]["cache_seconds"] == parameters["DecryptCacheMaxAge"]["Default"]
    assert its["scenario"]["memory"] == template("template.yaml")["Globals"]["Function"]["MemorySize"]


@pytest.mark.parametrize(
    ("file", "pattern", "value"),
    [
        ("keys/cache.rs", r"MAX_OPENED: NonZeroUsize = NonZeroUsize::new\((\d+)\)", simulation.CACHED_KEYS),
        ("tasks/attempts.rs", r"MAX_ATTEMPTS: u32 = (\d+);", simulation.REPORT_ATTEMPTS),
        ("tasks/attempts.rs", r"BUDGET: Duration = Duration::from_secs\((\d+)\)", simulation.REPORT_BUDGET),
        ("tasks/attempts.rs", r"from_millis\((\d+) << \(2 \* self\.made\)\)", simulation.report_pause(0) * 1_000),
        ("aws.rs", r"with_max_attempts\((\d+)\)", simulation.KMS_ATTEMPTS),
        ("aws.rs", r"with_initial_backoff\(Duration::from_millis\((\d+)\)\)", simulation.KMS_FIRST_PAUSE * 1_000),
        ("aws.rs", r"with_max_backoff\(Duration::from_millis\((\d+)\)\)", simulation.KMS_LONGEST_PAUSE * 1_000),
        ("aws.rs", r"KMS_TOTAL: Duration = Duration::from_secs\((\d+)\)", simulation.KMS_TOTAL),
        ("rejection.rs", r"KeyBusy \| Unavailable::TaskService, \.\.\) => Some\((\d+)\)", simulation.RETRY_AFTER),
    ],
)
def test_the_service_does_what_is_simulated(file: str, pattern: str, value: float) -> None:
    [found] = re.findall(pattern, (ROOT / "src" / file).read_text())
    assert float(found) == pytest.approx(value)


def test_the_pauses_are_a_quarter_of_the_next_one() -> None:
    assert [simulation.report_pause(made) for made in (1, 2)] == [0.4, 1.6]


@pytest.mark.parametrize("place", [0, -1])
def test_rows_of_the_document_are_what_the_script_says(place: int) -> None:
    text = section(PERFORMANCE, "## When very many come at once")
    command = re.search(r"```sh\nbench/burst (.*)\n```", text)
    assert command
    options, *figures = rows(text)[place]
    more = "" if options == "none" else options.strip("`")
    [its] = answered(*command[1].split(), *more.split())
    result = its["result"]
    assert [int(it.replace(",", "")) for it in figures[:-1]] == [
        result["answered_at_once"], result["answered_later"], result["gave_up"],
        *result["told_to_try_again"].values(),
        round(result["last_answer"]), result["most_instances"], result["kms_calls"],
    ]  # fmt: skip
    assert figures[-1] == SCRIPT["option"](result["bound_by"])


def test_the_other_rows_and_examples_of_the_documents_are_understood() -> None:
    text = section(PERFORMANCE, "## When very many come at once")
    shown = [row[0].strip("`") for row in rows(text) if row[0] != "none"]
    examples = re.findall(r"bench/burst (--[^`]*)`", section(OPERATIONS, "### Before such a day"))
    examples += re.findall(r"^    bench/burst (--.*?)(?:   .*)?$", BURST.read_text(), re.MULTILINE)
    assert len(shown) > 10 and len(examples) >= 4
    for options in (*shown, *examples):
        assert answered("--paper", *options.replace("--paper", "").split()), options
    # A row sums up to all visits.
    for _, at_once, later, gave_up, *_ in rows(text):
        assert sum(int(it.replace(",", "")) for it in (at_once, later, gave_up)) == 100_000


def test_the_document_lists_the_regions_of_the_classes() -> None:
    text = re.sub(r"\s+", " ", section(OPERATIONS, "### What bounds it"))
    for name in ("largest", "large"):
        assert f"{name.capitalize()}: {', '.join(quotas.REGIONS[name])}." in text


def test_sums_on_paper_are_those_of_the_document() -> None:
    text = section(OPERATIONS, "### What bounds it")
    for region, seconds in (("largest", 194), ("usual", 328)):
        [its] = answered("--paper", "--region", region, "--links-per-key", 1)
        assert round(its["paper"]["bounds"]["send_task_refill"]["through_after"]) == seconds
        assert f"{seconds} s" in text


# ---------------------------------------------------------------- the command


def test_every_combination_is_a_row_with_every_column() -> None:
    ended = burst(
        "--visits", 200, "--kind", "page,link", "--region", "largest,small", "--door", "rest,http,function-url",
        "--reserved", "none,50", "--links-per-key", "1,100",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    table = rows(ended.stdout)
    assert len(table) == 2 * 2 * 3 * 2 * 2
    assert all(len(row) == len(SCRIPT["COLUMNS"]) for row in table)
    assert len({tuple(row[:5]) for row in table}) == len(table)


def test_few_visitors_are_answered_at_once() -> None:
    for its in answered("--visits", 100, "--kind", "page,link,webhook", "--door", "rest,function-url"):
        result = its["result"]
        assert (result["answered_at_once"], result["gave_up"], result["bound_by"]) == (100, 0, "nothing")
        assert result["waited"]["most"] < 0.5


def test_without_an_option_the_times_are_those_that_bench_run_measured() -> None:
    figures = json.loads((ROOT / "docs/performance.json").read_text())["subjects"][0]
    [its] = answered("--visits", 1, "--links-per-key", 1)
    assert its["scenario"]["cpu"] == pytest.approx(figures["callback"]["cpu_seconds_per_1000"] / 1_000)
    assert its["scenario"]["start"] == pytest.approx(figures["process"]["ready"]["median"] / 1_000)
    [its] = answered("--visits", 1, "--links-per-key", 1, "--cpu-ms", 7, "--start-ms", 9)
    assert (its["scenario"]["cpu"], its["scenario"]["start"]) == (0.007, 0.009)


def test_it_measures_an_executable_itself() -> None:
    [its] = answered("--visits", 10, "--links-per-key", 1, "--measure", EXECUTABLE)
    assert 0 < its["scenario"]["cpu"] < 1 and 0 < its["scenario"]["start"] < 10
    assert its["result"]["answered"] == 10


def test_what_cannot_be_measured_is_no_figure(tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    ended = burst("--measure", program)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.splitlines()[-1] == "bench/burst: bench/run could not measure it; the reason is above"


@pytest.mark.parametrize(
    "content",
    [
        None, "", "{", "[]", "{}", '{"subjects": []}', '{"subjects": [{"callback": {}}]}',
        '{"subjects": [{"callback": {"cpu_seconds_per_1000": null}, "process": {"ready": {"median": 1}}}]}',
        '{"subjects": [{"callback": {"cpu_seconds_per_1000": 0}, "process": {"ready": {"median": 1}}}]}',
        '{"subjects": [{"callback": {"cpu_seconds_per_1000": NaN}, "process": {"ready": {"median": 1}}}]}',
        '{"subjects": [{"callback": {"cpu_seconds_per_1000": 1}, "process": {"ready": {"median": -1}}}]}',
        '{"subjects": [{"callback": {"cpu_seconds_per_1000": 1}, "process": null}]}',
    ],
)  # fmt: skip
def test_figures_that_are_not_there_or_cannot_be_are_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "performance.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SCRIPT["Refused"], match="give --cpu-ms and --start-ms"):
        SCRIPT["figures"](file)


REFUSED = [
    (("--visits", "0"), "from 1 to 1000000"),
    (("--visits", "1000001"), "from 1 to 1000000"),
    (("--visits", "1e5"), "is not a whole number"),
    (("--visits", "-5"), "is not a whole number"),
    (("--visits", "1_000"), "is not a whole number"),
    (("--visits", " 7"), "is not a whole number"),
    (("--visits", "٧"), "is not a whole number"),
    (("--visits", "9" * 5_000), "is not a whole number"),
    (("--seed", "0" * 5_000), "is not a whole number"),
    (("--visits", ""), "is not a whole number"),
    (("--within", "0"), "from 0.001 to 86400"),
    (("--within", "nan"), "is not a number"),
    (("--within", "inf"), "is not a number"),
    (("--within", "a minute"), "is not a number"),
    (("--kind", "pages"), "is not one of page, link, webhook"),
    (("--kind", ""), "is not one of"),
    (("--kind", "page,"), "is not one of"),
    (("--kind", "page,page"), "has a value twice"),
    (("--door", "rest,REST"), "is not one of rest, http, function-url"),
    (("--region", "us-eats-1"), "a Region that is not in the lists is usual"),
    (("--region", "biggest"), "is not one of largest, large, usual, small"),
    (("--region", "us-east-1,us-west-2"), "has a value twice"),
    (("--reserved", "0"), "no link is answered"),
    (("--reserved", "some"), "nor none"),
    (("--reserved", "901"), "at most 900"),
    (("--reserved", "20", "--concurrency", "10"), "at most 0"),
    (("--reserved", "20", "--concurrency", "100"), "at most 0"),
    (("--links-per-key", "0"), "from 1 to 10000"),
    (("--links-per-key", "10001"), "from 1 to 10000"),
    (("--links-per-key", "1,1"), "has a value twice"),
    (("--cache-seconds", "901"), "from 0 to 900"),
    (("--memory", "64"), "from 128 to 10240"),
    (("--attempts", "4"), "from 1 to 3"),
    (("--attempts", "0"), "from 1 to 3"),
    (("--reload", "30-5"), "is greater than the second"),
    (("--reload", "5-"), "is not a number"),
    (("--reload", "-5"), "is not a number"),
    (("--read", "5-30-60"), "is not a number"),
    (("--patience", "0"), "from 1 to 100"),
    (("--sender", "stripe", "--kind", "webhook"), "one of svix, slack, github"),
    (("--sender", "5,,60", "--kind", "webhook"), "is not a number"),
    (("--sender", "5,-60", "--kind", "webhook"), "is not a number"),
    (("--sender", "svix"), "--sender is for --kind webhook"),
    (("--patience", "3", "--kind", "webhook"), "--patience is for --kind link or page"),
    (("--read", "5-30", "--kind", "link,webhook"), "--read is for --kind page"),
    (("--reload", "5-30", "--kind", "webhook"), "--reload is for --kind link or page"),
    (("--throttle-rate", "9", "--door", "function-url"), "has no throttling of its own"),
    (("--api-burst", "9", "--door", "function-url"), "has no throttling of its own"),
    (("--send-task-refill", "0"), "from 1 to"),
    (("--kms-rate", "none"), "is not a whole number"),
    (("--concurrency", "0"), "from 1 to"),
    (("--scaling", "0.5"), "is not a whole number"),
    (("--cpu-ms", "0"), "from 0.001 to 1000"),
    (("--cpu-ms", "nan"), "is not a number"),
    (("--start-ms", "-1"), "is not a number"),
    (("--kms-ms", "900"), "from 0 to 899"),
    (("--states-ms", "2000"), "from 0 to 1999"),
    (("--measure", "/none/such"), "there is no such file"),
    (("--measure", "/bin/true", "--cpu-ms", "1"), "leave them out"),
    (("--measure", "/bin/true", "--start-ms", "1"), "leave them out"),
    (("--seed", "-1"), "is not a whole number"),
    (("--quota", "1"), "unrecognized arguments"),
    (("--visit", "1"), "unrecognized arguments"),
    (("page",), "unrecognized arguments"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED)
def test_it_refuses_and_says_why(arguments: tuple[str, ...], reason: str) -> None:
    # Few visits, in case it does not refuse.
    ended = burst("--within", 1, *arguments)
    assert ended.returncode in (1, 2), ended.stdout
    assert ended.stdout == "" and "Traceback" not in ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("bench/burst: ") and reason in last
