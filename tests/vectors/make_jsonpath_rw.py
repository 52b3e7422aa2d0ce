"""Writes jsonpath_rw.json: what jsonpath-rw makes of expressions, and where we differ on purpose.

    python3 -m venv venv && venv/bin/pip install jsonpath-rw==1.4.0 jsonpath-rfc9535==1.0.1
    venv/bin/python make_jsonpath_rw.py > jsonpath_rw.json

The result is frozen; the script is kept to show where it came from. Same seed, same file.

A case is {"path", "body"} and the outcome of jsonpath-rw: "matches" (a list of values), or "error": true if it
raises, be it in parse() or in find(). If we do something else on purpose, "differs" says why and "ours" what: a
list of values, or "refused". "ours" does not come from our code, but from jsonpath-rw with the methods below in
place, and from jsonpath-rfc9535 for what jsonpath-rw cannot parse.
"""
import json
import random

import jsonpath_rfc9535
from jsonpath_rw import jsonpath as rw
from jsonpath_rw import parse

BODIES = [
    {"a": {"b": {"c": 1, "d": [1, 2, 3]}, "c": "text"}, "b": [{"a": 1, "c": 2}, {"a": 3}, {"b": {"a": 4}}], "c": None},
    {"x": {"a": 1, "y": {"a": 2}}, "a": {"z": {"a": 3}, "a": [4, {"a": 5}]}, "0": "zero", "store-name": True},
    [[1, [2, 3]], {"a": [4, 5, 6], "b": {"c": [7]}}, "eight", 9, None, 1.5, False, []],
    {"a": [0, 1, 2, 3, 4, 5], "b": {"a": {"b": [10, 20]}}, "where": 1, "*": 2, "": 3, "a b": 4, "it's": 5, "é": 6},
    {
        "items": [{"id": "i1", "price": 5, "tags": ["x", "y"]}, {"id": "i2", "price": 12.5, "tags": []}, {"id": "i3"}],
        "limit": 10,
    },
    {"c": {"b": {"a": 1}}, "b": {"a": {"c": 2}}, "a": {"c": {"b": 3}}},
    "abc",
    7,
    1.25,
    None,
    True,
    [],
    {},
]

WRITTEN = """
$ | $.a | a | $.a.b | a.b | a.b.c | $.a.b.c | $.store-name | store-name | $.'store-name' | $."store-name"
$['store-name'] | $["a"] | ['a'] | [a] | [a,b] | $[a,b] | $['a','b'] | $['a']['b'] | $.a['b'].c | a['b'][c]
a,b | b,a | a,a | $.a,b | $.b,a | $.a.b,c | a,b.c | (a,b).c | * | $.* | $.*.* | *.a | $.a.* | a.*[0] | $.'*'
$['*'] | $['*','a'] | '*',a | a,* | *,a | [*] | $[*] | $[*][*] | $.a[*] | $.b[*].a | $.b.[*].a | $.a.b.d[*]
a.[0] | $.a.[0] | $.a[0] | $[0] | $[1] | $[0][0] | [0] | [0][1] | $[-1] | $[-3] | $[-99] | $[99] | $.a[-1]
$.a[-6] | $.a[-7] | $.a[6] | $[007] | $[-0] | $[99999999999999999999999] | $[-99999999999999999999999]
$.a[1:3] | $.a[:2] | $.a[2:] | $.a[:] | $.a[-2:] | $.a[:-2] | $.a[-3:-1] | $.a[4:2] | $.a[3:99] | $.a[-99:2]
$[0:1] | $[1:] | $[-1:] | $[:-1] | $[0:99999999999999999999999] | $.items[*].tags[*] | $.items[*].id
items[0:2].id | items.id | items.*.id | $.items[1].price | $.limit[*] | $.limit[0] | $.limit[1:]
$.limit[*][*] | $.c[*] | $.c[0] | $.a.c[0] | $.a.c[*] | $.a.c[9] | $..a | $..b | $..a.b | $..a.b[0]
$..a[0] | $..[0] | $..[*] | $..* | $.. * | $..a,b | $..b,a | $..id | $.items..id | $..tags[*] | $..tags.[*]
$..(a|b) | $..(b|a) | $..$ | $..`this` | $..`parent` | a..b | a..* | *..a | ..a | a.. | $.. | $..a..b
$..*..* | $..*..*..*..* | $..a...b | ...a | $...a | a|b | b|a | a|a | $.a|$.b | $.b|$.a | a.b|c | a|b.c
a|b[0] | (a|b)[0] | (a|b)|c | a|(b|c) | a|b|c | (a.b)|(a.c) | (b)|(a) | a where b | a where b.c
(a where b).c | a where (b.c) | * where a | $.* where a | $.*[*] where a | b[*] where a | (b[*]) where b
$.b[*].(`this` where c) | a where b where c | a where `this` | $ where a | $ where q | $..(`this` where a)
a.b where c | items[*] where price | (items[*]) where price | items.[*] where tags[0] | a&b | $.a & $.a
q.(a&b) | `this` | `parent` | $.`parent` | $.`this` | $.a.`parent` | $.a.b.`parent` | a.b.`parent`.`parent`
a.`parent`.`parent` | a.`this`.b | $.*.`parent` | $.`parent`.a | $.`parent`.`this` | $.a.b.`parent`.c
$.a[*].`parent` | $.limit[*].`parent` | $[*].`parent` | $[*].$ | $.a.$ | $.a.$.b | $.$ | $.limit[*].$
$..a.`parent` | $.a[0].`parent`[1] | `parent`.a | `unknown` | `` | ` | `this | $.`this`[*] | '' | $.''
$.where | where | 'where' | $.'where' | $['where'] | wherever | a where | where a | $.'a b' | $."it's"
$.'it\\'s' | "a\\"b" | 'a\\\\b' | $.é | $.'é' | é | $['é'] | @ | @.a | $.@ | _a | a_b | a-b | -a | a- | a1
1a | 1 | -1 | $.0 | $.'0' | $[0x1] | $.a-1 | $[a-1] | $[1 2] | $[1-2] | $[ 0 ] | $ [ 0 ] | $ . a | $ .a
\ta\t|\tb | $[ a , b ] | $[:] | $[ : ] | $[0: ] | () | (a) | ((a)) | ((a)).b | (a | a) | a) | $(a) | $a | $$
$.$.$ | a b | a. | .a | . | , | a, | ,a | a,,b | [ | ] | [] | $[] | $[a | $a] | $.a] | $[$] | $[(a)]
$[*,0] | a;b | a+b | $.a! | $.a? | $[?] | 'a | "a | 'a\\ | a\n.b | a\r.b | $[٣] | $[0,1] | $[1,0] | $[0,0]
$[-1,0] | $[::2] | $[::-1] | $[1:4:2] | $[4:1:-2] | $[-2::-1] | $.a[::2] | $.a[::-1] | $.a[::0]
$.a[5:1:-2] | $[*,*] | $.a[0,'b'] | $['a',0] | $.items[?@.price] | $.items[?@.price > 6]
$.items[?@.price<=5] | $.items[?@.price > $.limit] | $.items[?@.id == 'i2'].tags | $.items[?@.id!='i2'].id
$.items[?!@.price].id | $.items[?@.price && @.tags[0]].id | $.items[?@.id=='i1' || @.id=="i3"].id
$.items[?length(@.tags)==0].id | $.items[?count(@.*)==1].id | $.items[?value(@.tags[*])=='x'].id
$.items[?length(@.id)>=2].id | $.items[?(@.price==5||@.price==12.5)&&@.tags==[]]
$.items[?@.tags[?@=='y']].id | $..[?@.price] | $..[?@.a==1] | $..[?@>3] | $.*[?@.a] | $[?@==1.5]
$[?@==null] | $[?@==false] | $[?@.a[0]==4] | $[?@[0]] | $[?@.q==@.r] | $[?@.q!=@.r] | $[?@.q<=@.r]
$[?@<'f'] | $[?@==@] | $[?@['a']] | $[?@.*] | $[?1==1] | $[?1.0==1e0] | $[?-0==0] | $[?'a'=='\\u0061']
$[?$.a] | $[?$] | $[?@] | $[?@.a]['a'] | $[?(@.a)] | $[?!(@.a)] | $[?!!@.a] | $[?(@.a)==1] | $[?@.a==01]
$[?@.a=1] | $[?length(@.*)>1] | $[?count(1)==1] | $[?nosuch(@.a)] | $.*[::-1] | $['a'].* | $..[0,1]
$..['a','b'] | $..['b','a'] | $..[?@.a]..a | $..[?@..a] | $['\\'a'] | $["é"] | $.a[1,2:4] | $[01] | $[-0,1]
$[9007199254740993,1]
""".replace("\n", " | ").strip(" |")
# The bar is an operator too: written without spaces it belongs to an expression.
WRITTEN = [path.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\")
           for path in WRITTEN.split(" | ")]
REFUSED = {
    "$[٣]": "only the digits 0-9 are digits",
    "$[?match(@.id, 'i.')]": "regular expressions are refused",
    "$.items[?search(@.id, 'i')]": "regular expressions are refused",
    "$[?@.a && !match(@.b, 'x')]": "regular expressions are refused",
    "$..[?@..a]": "two descendant segments are refused",
    "$..[?@.a]..a": "two descendant segments are refused",
}
# jsonpath-rfc9535 takes these, the grammar of RFC 9535 does not.
NOT_STANDARD = {"$[?!!@.a]", "$[?(@.a)==1]"}


def location(datum):
    """The keys from the body to a datum of jsonpath-rw."""
    steps = []
    while datum.context is not None:
        if isinstance(datum.path, rw.Index):
            steps.append(range(len(datum.context.value))[datum.path.index])
        else:
            steps.append(datum.path.fields[0])
        datum = datum.context
    return steps[::-1]


def in_document_order(locations, body):
    def key(steps):
        positions, value = [], body
        for step in steps:
            positions.append(step if isinstance(value, list) else list(value).index(step))
            value = value[step]
        return positions

    def at(steps):
        value = body
        for step in steps:
            value = value[step]
        return value

    return [at(steps) for steps in sorted(locations, key=key)]


class Adjusted:
    """jsonpath-rw as we want it, with a note of each rule that made a difference."""

    def __enter__(self):
        self.reasons = reasons = set()
        self.kept = kept = {cls: cls.find for cls in (rw.Index, rw.Slice, rw.Parent)}

        def index(self, datum):
            datum = rw.DatumInContext.wrap(datum)
            try:
                found = kept[rw.Index](self, datum)
            except (TypeError, KeyError, IndexError):
                reasons.add("it raises in find(): no match here")
                return []
            if found and isinstance(datum.value, str):
                reasons.add("a character is no place in the body")
                return []
            return found

        def slice_(self, datum):
            datum = rw.DatumInContext.wrap(datum)
            if isinstance(datum.value, list):
                return kept[rw.Slice](self, datum)
            if datum.value is None or isinstance(datum.value, float):
                reasons.add("it raises in find(): wrapped like all that is not an array here")
            return [datum for _ in range(1)[self.start:self.end]]

        def parent(self, datum):
            datum = rw.DatumInContext.wrap(datum)
            if datum.context is None:
                reasons.add("the body has no parent")
                return []
            return [datum.context]

        rw.Index.find, rw.Slice.find, rw.Parent.find = index, slice_, parent
        return self

    def __exit__(self, *_):
        for cls, find in self.kept.items():
            cls.find = find


def operators(node):
    yield type(node)
    for side in ("left", "right"):
        if hasattr(node, side):
            yield from operators(getattr(node, side))


PARSED = {}


def parsed(path):
    if path not in PARSED:
        try:
            PARSED[path] = parse(path)
        except Exception:
            PARSED[path] = None
    return PARSED[path]


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def case(path, body):
    result = {"path": path, "body": body}
    tree = parsed(path)
    if tree is None:
        result["error"] = True
        if path in REFUSED:
            return {**result, "differs": REFUSED[path], "ours": "refused"}
        if path in NOT_STANDARD:
            return result
        try:
            nodes = jsonpath_rfc9535.find(path, body)
        except jsonpath_rfc9535.JSONPathError:
            return result
        ours = in_document_order([list(node.location) for node in nodes], body)
        return {**result, "differs": "RFC 9535 reads it", "ours": ours}
    try:
        result["matches"] = [match.value for match in tree.find(body)]
    except Exception:
        result["error"] = True
    used = list(operators(tree))
    if path in REFUSED:
        return {**result, "differs": REFUSED[path], "ours": "refused"}
    if rw.Intersect in used:
        return {**result, "differs": "& is refused, it raises whenever it is used", "ours": "refused"}
    if used.count(rw.Descendants) > 1:
        return {**result, "differs": "two descendant segments are refused", "ours": "refused"}
    with Adjusted() as adjusted:
        found = tree.find(body)
    ours = in_document_order([location(datum) for datum in found], body)
    if "matches" in result and same(ours, result["matches"]):
        return result
    reasons = adjusted.reasons
    if not reasons:
        if sorted(map(json.dumps, ours)) == sorted(map(json.dumps, result["matches"])):
            reasons = {"document order"}
        else:
            assert "*" in path or ":" in path, (path, body)
            reasons = {"the array around a wrapped value is no place in the body"}
    return {**result, "differs": "; ".join(sorted(reasons)), "ours": ours}


def expression(rng, depth, free):
    """A random expression; `free` holds the one `..` that it may use."""
    kinds = ["name"] * 6 + ["star", "index", "index", "slice", "names", "root", "this", "parent"]
    if depth > 0:
        kinds += ["dot"] * 12 + ["bracket"] * 6 + ["or", "or", "where", "where", "parens"] + ["deep"] * 3
    kind = rng.choice(kinds)
    inner = lambda: expression(rng, depth - 1, free)
    name = lambda: rng.choice(["a", "b", "c", "a", "b", "x", "items", "tags", "'a'", '"b"', "store-name", "'*'"])
    index = lambda: rng.choice(["0", "1", "2", "-1", "-2", "5"])
    bound = lambda: rng.choice(["", "", "0", "1", "2", "-1", "-2", "9"])
    brackets = [f"[{index()}]", "[*]", f"[{bound()}:{bound()}]", f"[{name()}]", f"[{name()},{name()}]"]
    if kind == "deep":
        kind = "deep" if free.pop("..", None) else "dot"
    return {
        "name": name, "star": lambda: "*", "index": lambda: brackets[0], "slice": lambda: rng.choice(brackets[1:3]),
        "names": lambda: f"{name()},{name()}",
        "root": lambda: "$", "this": lambda: "`this`", "parent": lambda: "`parent`",
        "dot": lambda: f"{inner()}.{inner()}", "bracket": lambda: f"{inner()}{rng.choice(brackets)}",
        "or": lambda: f"{inner()}|{inner()}", "where": lambda: f"{inner()} where {inner()}",
        "parens": lambda: f"({inner()})", "deep": lambda: f"{inner()}..{inner()}",
    }[kind]()


def soup(rng):
    """Tokens in any order: mostly refused."""
    tokens = ["$", ".", ".", "..", "a", "b", "'c'", "*", "[", "]", "[0]", "[*]", ",", ":", "(", ")", "|", "1", " "]
    tokens += ["where", "`this`"]
    return "".join(rng.choice(tokens) for _ in range(rng.randrange(1, 8)))


def main():
    rng = random.Random(9535)
    pairs = []
    for path in WRITTEN + list(REFUSED):
        alive = [body for body in BODIES[:6] if alive_on(path, body)]
        pairs += [(path, body) for body in (alive[:1] or BODIES[:1])]
        pairs.append((path, rng.choice(BODIES[6:])))
    for number in range(300):
        path = expression(rng, 4, {"..": True})
        if number % 2:
            path = "$." + path
        if len(path) <= 60:
            alive = [body for body in BODIES if alive_on(path, body)]
            pairs += [(path, rng.choice(alive or BODIES)), (path, rng.choice(BODIES))]
    for _ in range(150):
        pairs.append((soup(rng), BODIES[5]))
    seen, lines = set(), []
    for path, body in pairs:
        line = json.dumps(case(path, body), ensure_ascii=False)
        if line not in seen:
            seen.add(line)
            lines.append(line)
    print("[\n" + ",\n".join(lines) + "\n]")


def alive_on(path, body):
    """Whether the case shows something: a match in jsonpath-rw or with our rules."""
    result = case(path, body)
    return bool(result.get("matches") or result.get("ours") not in (None, [], "refused"))


main()
