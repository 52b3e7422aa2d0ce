use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{MAX_CHARS, Path, PathError, Step, TooManyMatches};

/// `expected`: the locations with `/` before each step, in order, with spaces between; `$` is the body.
#[track_caller]
fn check(expression: &str, body: &str, expected: &str) {
    let body: Value = serde_json::from_str(body).unwrap();
    let path = Path::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let locations = path
        .locate(&body)
        .unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut found = Vec::new();
    for location in locations {
        let mut text = String::new();
        for step in &location {
            match step {
                Step::Key(name) => write!(text, "/{name}").unwrap(),
                Step::Index(index) => write!(text, "/{index}").unwrap(),
            }
        }
        found.push(if location.is_empty() { "$".to_owned() } else { text });
    }
    assert_eq!(found.join(" "), expected, "{expression}");
}

#[track_caller]
fn check_refused(expression: &str, expected: PathError) {
    assert_eq!(Path::parse(expression).map(|_| ()), Err(expected), "{expression}");
}

#[test]
fn names_and_dots() {
    let body = r#"{"a": {"b": 1, "store-name": 2}, "where": 3, "": 4, "a b": 5, "é": 6, "*": 7}"#;
    for whole in ["$", "`this`", "$.`this`", "$.a.$", "($)"] {
        check(whole, body, "$");
    }
    for same in [
        "$.a.b",
        "a.b",
        " $ . a\t.\nb ",
        "$['a']['b']",
        "$.a[b]",
        "a.'b'",
        "$.\"a\".b",
        "(a).(b)",
        "a.`this`.b",
    ] {
        check(same, body, "/a/b");
    }
    check("$.a.store-name", body, "/a/store-name");
    check("$.where", body, "/where");
    check("'where'", body, "/where");
    check("$.''", body, "/");
    check("$.'a b'", body, "/a b");
    check("$.é", body, "/é");
    check("$['*']", body, "/a /where / /a b /é /*");
    check("$.a.b.c", body, "");
    check("$.a[0]", body, "");
    check(r"'it\'s\\'", r#"{"it's\\": 1}"#, r"/it's\");
}

#[test]
fn matches_come_in_document_order() {
    let body = r#"{"b": {"a": {"b": 1}, "c": 2}, "a": [3, {"b": 4}]}"#;
    check("a,b", body, "/b /a");
    check("b,a", body, "/b /a");
    check("($.a)|($.b)", body, "/b /a");
    check("$..b", body, "/b /b/a/b /a/1/b");
    check("$..*", body, "/b /b/a /b/a/b /b/c /a /a/1/b");
    check("$..a", r#"{"x": {"a": 1}, "a": 2}"#, "/x/a /a");
    check("$[1,0]", "[1, 2]", "/0 /1");
    check("$[::-1]", "[1, 2]", "/0 /1");
    // Twice matched is twice there.
    check("a|a,b", body, "/b /a /a");
    check("*.`parent`", body, "$ $");
}

#[test]
fn operators_bind_as_in_jsonpath_rw() {
    let body = r#"{"a": {"b": {"d": 1}, "c": {"d": 2}}, "c": {"d": 3}}"#;
    check("a.b|c.d", body, "/a/b/d /a/c/d");
    check("(a.b)|(c.d)", body, "/a/b /c/d");
    check("$.a|$.c", body, "/a/c /c");
    check("* where b", body, "/a");
    check("a where b.c", body, "/a/c");
    check("a where (b.c)", body, "");
    check("a.b where d", body, "/a/b");
    check("$..d.`parent`", body, "/a/b /a/c /c");
    check("a..b[0]", r#"{"a": {"b": [1, 2]}}"#, "/a/b/0");
    check("a.(b,c).d", body, "/a/b/d /a/c/d");
}

#[test]
fn arrays() {
    let body = r#"{"a": [0, 1, 2, 3], "s": "abc", "n": null, "o": {"p": 1}}"#;
    check("a[1]", body, "/a/1");
    check("a.[1]", body, "/a/1");
    check("a[-1]", body, "/a/3");
    check("a[-4]", body, "/a/0");
    check("a[1:3]", body, "/a/1 /a/2");
    check("a[-2:]", body, "/a/2 /a/3");
    check("a[:99]", body, "/a/0 /a/1 /a/2 /a/3");
    check("a.*", body, "");
    for nothing in [
        "a[4]",
        "a[-5]",
        "a[3:1]",
        "a[9223372036854775808]",
        "a[-9223372036854775809]",
        "s[0]",
        "n[0]",
        "o[0]",
    ] {
        check(nothing, body, "");
    }
    check("(s[*])|(n[0:])|(o[-1:])", body, "/s /n /o");
    check("s[1:]", body, "");
}

#[test]
fn rfc_9535_where_jsonpath_rw_refuses() {
    let body = r#"{"i": [{"p": 5, "t": "x"}, {"p": 12.5}, {"t": null}], "m": 10}"#;
    check("$.i[?@.p]", body, "/i/0 /i/1");
    check("$.i[?@.p > $.m].p", body, "/i/1/p");
    check("$.i[?(@.t == 'x' || @.t == null) && !@.q]", body, "/i/0 /i/2");
    check("$.i[?length(@.t) == 1]", body, "/i/0");
    check("$.i[?count(@.*) == 1]", body, "/i/1 /i/2");
    check(
        "$[?value(@..t) == 'x']",
        r#"[{"t": "x"}, {"t": "x", "u": {"t": 1}}]"#,
        "/0",
    );
    check("$.i[::2]", body, "/i/0 /i/2");
    check("$.i[0,2].t", body, "/i/0/t /i/2/t");
    check("$[?@.match == 'match(']", r#"[{"match": "match("}]"#, "/0");
    check(r#"$[?@ == '\'"']"#, r#"["'\""]"#, "/0");
    // Where serde_json_path itself errs.
    check(
        "$[?@ > 9007199254740992]",
        "[9007199254740993, 18446744073709551615, 1e3]",
        "/0 /1",
    );
    check(
        "$[?@ == 9007199254740993]",
        "[9007199254740992, 9007199254740993]",
        "/1",
    );
    check("$[?@.a == @.b]", r#"[{"a": [1], "b": [1.0]}]"#, "/0");
    check(
        "$[?@.a > @.b]",
        r#"[{"a": true, "b": false}, {"a": {}, "b": {"c": 1}}]"#,
        "",
    );
    check("$[?@.a <= @.b]", "[{}]", "/0");
    check("$[?@[-1] == 2]", "[[1, 2]]", "/0");
    // The old dialect comes first, where a star means something else.
    check("$[*]", r#"{"a": 1}"#, "$");
    check("$[*,*]", r#"{"a": 1}"#, "/a /a");
}

#[test]
fn refused_as_unreadable() {
    let neither = [
        "",
        " ",
        ".",
        "..",
        "$.",
        "$..",
        "..a",
        "a.",
        ".a",
        "$a",
        "a b",
        "a,",
        ",a",
        "a,,b",
        "*,a",
        "a,*",
        "[",
        "]",
        "[]",
        "$[]",
        "$[a",
        "$a]",
        "$]",
        "(",
        ")",
        "()",
        "(a",
        "a)",
        "(a),b",
        "$[(a)]",
        "1",
        "-",
        "$[-]",
        "$[0",
        "$[0 1]",
        "$[1-2]",
        "a;b",
        "a+b",
        "'a",
        "\"a",
        "`this",
        "'a\\",
        "'a\\\nb'",
        "``",
        "`len`",
        "`THIS`",
        "a where",
        "where a",
        "a|",
        "|a",
        "a||b",
        "a & b",
        "a&b",
        "$ & $",
        "$...a",
        "$[٣]",
        "$[?]",
        "$[?@.a",
        "$[?@.a=1]",
        "$[?@.a===1]",
        "$[?@.a ==]",
        "$[?(@.a]",
        "$[?@.*==1]",
        "$[?length(@.*)==1]",
        "$[?count(1)==1]",
        "$[?count(@.a)]",
        "$[?nosuch(@.a)]",
        "$[?length()==1]",
        "$[?'a']",
        "$[?1]",
        "$[?true]",
        "$[?(@.a)==1]",
        "$[?!!@.a]",
        "$[?@.a==01]",
        "$[?@.a=='\\x']",
        "$[?@==[1]]",
        "@[0,1]",
        "$[01:2:1]",
        "$[9007199254740992,1]",
        "$[0,]",
        "$[,0]",
        "$[1:2:3:4]",
        "$.a\u{0}",
        "\u{feff}$.a",
        "$[?@.a==`b`]",
        "é",
    ];
    for expression in neither {
        check_refused(expression, PathError::Syntax);
    }
}

#[test]
fn refused_for_a_limit() {
    let long = |characters: usize| format!("$.{}", "a".repeat(characters - 2));
    check(&long(MAX_CHARS), "{}", "");
    check_refused(&long(MAX_CHARS + 1), PathError::TooLong);
    let wide = format!("$.'{}'", "é".repeat(MAX_CHARS - 4));
    check(&wide, "{}", "");
    check_refused(&format!("{wide}a"), PathError::TooLong);

    check("$..a", "{}", "");
    check("$.'..'..a", "{}", "");
    check("$[?@.a == '..' && @.b == \"\\\"..\"]..a", "{}", "");
    for expression in [
        "$..a..b",
        "$..*..*..*..*",
        "a..(b..c)",
        "$..a|$..b",
        "$..[?@..a]",
        "$[?@..a]..b",
        "$[?@..a && @..b]",
        "$....a",
    ] {
        check_refused(expression, PathError::TooManyDescendants);
    }

    let parens = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    check(&parens(32), r#"{"a": 1}"#, "/a");
    check_refused(&parens(33), PathError::TooDeep);
    check_refused(&"(".repeat(256), PathError::TooDeep);
    check_refused(
        &format!("$[?{}@.a{}]", "(".repeat(32), ")".repeat(32)),
        PathError::TooDeep,
    );
    let filters = |depth: usize| format!("${}{}", "[?@".repeat(depth), "]".repeat(depth));
    check(&filters(6), "[[[[[[1]]]]]]", "/0");
    check_refused(&filters(7), PathError::TooDeep);
    check_refused(&"[".repeat(256), PathError::TooDeep);

    for expression in [
        "$[?match(@.a, 'b')]",
        "$[?search(@.a, '(a+)+$')]",
        "$.a[?@.b && !( search( @, 'b' ) )]",
        "$[?@[?match(@, @)]]",
        "$[?match(@.a)]",
    ] {
        check_refused(expression, PathError::RegexFunction);
    }
}

#[test]
fn no_sentence_repeats_the_expression() {
    use PathError::{RegexFunction, Syntax, TooDeep, TooLong, TooManyDescendants};
    let texts = [TooLong, TooManyDescendants, RegexFunction, TooDeep, Syntax].map(|error| error.to_string());
    let expected = [
        "a JSONPath must not have more than 256 characters",
        "a JSONPath must not use `..` more than once",
        "the JSONPath functions match and search are not supported",
        "a JSONPath must not nest more than 32 parentheses or 6 brackets",
        "the JSONPath cannot be read, neither as jsonpath-rw nor as RFC 9535",
    ];
    assert_eq!(texts, expected);
    let at_evaluation = "the JSONPath visits more than 10,000 values of the body, or takes too much work";
    assert_eq!(TooManyMatches.to_string(), at_evaluation);
}

#[test]
fn the_budget_is_10_000_values() {
    let array = |length: usize| format!("[{}]", vec!["1"; length].join(","));
    let count = |expression: &str, body: &str| {
        let body: Value = serde_json::from_str(body).unwrap();
        Path::parse(expression)
            .unwrap()
            .locate(&body)
            .map(|locations| locations.len())
    };
    for expression in ["$[*]", "$[0:]", "$[::1]", "$[?@]", "$[0,1:]"] {
        assert_eq!(count(expression, &array(10_000)), Ok(10_000), "{expression}");
        assert_eq!(
            count(expression, &array(10_001)),
            Err(TooManyMatches),
            "{expression}"
        );
    }
    assert_eq!(count("$..`this`", &array(10_000)), Err(TooManyMatches));
    assert_eq!(count("$..`this`", &array(9_999)), Ok(10_000));
    // Few values, but each comparison goes through all of them.
    assert_eq!(count("$[?$ == $]", &array(1_000)), Err(TooManyMatches));
    assert_eq!(count("$[?$ == $]", &array(100)), Ok(100));
    assert_eq!(
        count(&format!("${}", "[0,0]".repeat(12)), &nested(100, "1")),
        Ok(4_096)
    );
    assert_eq!(
        count(&format!("${}", "[0,0]".repeat(13)), &nested(100, "1")),
        Err(TooManyMatches)
    );
}

/// What would take seconds without limits is refused, or stops in time. The bound allows for a debug build
/// on a busy machine; optimised, the slowest of these takes 3 ms.
#[test]
fn hostile_expressions_end_soon() {
    let ones = vec!["1"; 9_000].join(",");
    let text = "x".repeat(20_000);
    let bodies = [
        nested(100, &ones),
        format!("[{}]", vec!["1"; 32_000].join(",")),
        format!("[{}]", vec![r#"{"a":[],"b":{}}"#; 3_500].join(",")),
        format!(r#"{{"a":[{ones}],"b":[{ones}],"c":["{text}"]}}"#),
    ];
    let mut expressions: Vec<String> = [
        "$..*",
        "$..[*]",
        "$..$",
        "$..*..*..*..*",
        "$..[?@ == @]",
        "$..[?$ == $]",
        "$.a[?$.b == $.b]",
        "$.a[?length($.c[0])>1]",
        "$.a[?$.c[0] <= $.c[0]]",
        "$[?$[?$[?$[?$[*]]]]]",
        "$..[*,*]",
        "*.`parent`.*.`parent`.*.`parent`.*",
    ]
    .map(str::to_owned)
    .to_vec();
    expressions.push(format!("${}", "[0,0]".repeat(50)));
    expressions.push(format!("${}", "[*,*]".repeat(50)));
    expressions.push(format!("$..({})", "[*]".repeat(80)));
    expressions.push(format!("$..({})", vec!["$"; 120].join("|")));
    expressions.push(format!("($|$){}", ".($|$)".repeat(40)));
    expressions.push(format!("$..{}", vec!["q"; 120].join(",")));
    expressions.push(format!("$..[?{}]", vec!["@==@"; 35].join("&&")));
    expressions.push(format!("$[?{}@.a{}]", "count(@[?".repeat(16), "])==1".repeat(16)));
    expressions.push(format!("$[?{}]", ["@[?@[?@[?@[?@[?@.a==1]]]]]"; 9].join("||")));
    for body in bodies {
        let body: Value = serde_json::from_str(&body).unwrap();
        for expression in &expressions {
            assert!(expression.len() <= MAX_CHARS, "{expression}");
            let start = Instant::now();
            let matches =
                Path::parse(expression).map(|path| path.locate(&body).map(|locations| locations.len()));
            let taken = start.elapsed();
            assert!(
                taken < Duration::from_millis(500),
                "{expression} took {taken:?}: {matches:?}"
            );
        }
    }
}

fn nested(depth: usize, inner: &str) -> String {
    format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth))
}
