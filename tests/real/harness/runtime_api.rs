//! The Runtime API, with a small shell script as the executable.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::runtime_api::{Failure, FunctionError, Launch};

/// A function in a few lines of bash: it does what the event's `do` says, else it answers with the event.
const SCRIPT: &str = r#"
set -u; LC_ALL=C
host=${AWS_LAMBDA_RUNTIME_API%:*}; port=${AWS_LAMBDA_RUNTIME_API#*:}; api=/2018-06-01/runtime

exchange() { # method, path, body, further header line: sets status, headers, id, answer
    exec 3<>"/dev/tcp/$host/$port"
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %s\r\n%s\r\n%s' \
        "$1" "$2" "$host" "${#3}" "${4:-}" "$3" >&3
    IFS= read -r status <&3; status=${status%$'\r'}
    length=0 headers= answer=
    while IFS= read -r line <&3 && line=${line%$'\r'} && [ -n "$line" ]; do
        headers+="$line;"
        case ${line,,} in
            content-length:*) length=${line#*: } ;;
            lambda-runtime-aws-request-id:*) id=${line#*: } ;;
        esac
    done
    [ "$length" = 0 ] || IFS= read -r -N "$length" answer <&3
    exec 3>&-
}
respond() { exchange POST "$api/invocation/$id/response" "$1"; }

case ${START:-} in
    mute) exec sleep 30 ;;
    exit) exit 5 ;;
    init_error)
        exchange POST "$api/init/error" '{"errorType":"Config","errorMessage":"no key"}' \
            $'Lambda-Runtime-Function-Error-Type: Runtime.InitError\r\n'
        exit 1 ;;
esac
while exchange GET $api/invocation/next ''; do
    event=$answer
    case $event in
        *'"do":"error"'*)
            exchange POST "$api/invocation/$id/error" '{"errorType":"Oops","errorMessage":"broken"}' \
                $'Lambda-Runtime-Function-Error-Type: Unhandled\r\n' ;;
        *'"do":"bare error"'*) exchange POST "$api/invocation/$id/error" 'not json' ;;
        *'"do":"exit"'*) echo 'last words'; exit 3 ;;
        *'"do":"die"'*) kill -9 $$ ;;
        *'"do":"hang"'*) exec sleep 30 ;;
        *'"do":"environment"'*) env; respond '{}' ;;
        *'"do":"headers"'*) echo "headers: $headers"; respond '{}' ;;
        *'"do":"garbage"'*) respond 'not json' ;;
        *'"do":"long"'*) respond "$(printf '"%6291460s"' x)" ;;
        *'"do":"twice"'*) respond '1'; respond '2'; echo "second: $status" ;;
        *'"do":"stranger"'*)
            exchange POST "$api/invocation/00000000-0000-4000-8000-000000000000/response" '1'
            echo "stranger: $status"; respond '2' ;;
        *'"do":"skip"'*) ;;
        *'"do":"elsewhere"'*) exchange GET $api/elsewhere ''; echo "elsewhere: $status"; respond '{}' ;;
        *'"do":"print"'*)
            respond '{}'; echo out; echo err >&2; printf 'caf\xff\n'; printf 'no end'; exec sleep 30 ;;
        *) respond "$event" ;;
    esac
done
"#;

fn script() -> Launch {
    Launch::new("/bin/bash")
        .argument("-c")
        .argument(SCRIPT)
        .timeout(Duration::from_secs(10))
}

fn to_do(what: &str) -> Value {
    json!({ "do": what })
}

#[test]
fn events_are_answered_one_after_another() {
    let mut function = script().start();
    let mut ids = Vec::new();
    for event in [
        json!({ "n": 1 }),
        json!([]),
        json!("é"),
        json!({ "long": "x".repeat(100_000) }),
    ] {
        let invocation = function.invoke(&event).expect("an answer");
        assert_eq!(invocation.result, Ok(event));
        assert!(invocation.took < Duration::from_secs(5));
        ids.push(invocation.request_id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let times = function.times();
    let (ready, first) = (
        times.ready.expect("ready"),
        times.first_response.expect("an answer"),
    );
    assert!(
        Duration::ZERO < ready && ready <= first && first < Duration::from_secs(10),
        "{times:?}"
    );
    assert!(
        function
            .peak_memory_kib()
            .is_none_or(|kib| (500..100_000).contains(&kib))
    );
    assert!(function.finish().violations.is_empty());
}

#[test]
fn it_tells_when_the_executable_is_ready() {
    let mut function = script().start();
    let ready = function.wait_until_ready().expect("it starts");
    assert_eq!(function.times().ready, Some(ready));
    assert_eq!(function.times().first_response, None);
}

#[test]
fn a_process_that_is_never_ready_is_given_up() {
    let started = Instant::now();
    let mut function = script()
        .variable("START", "mute")
        .timeout(Duration::from_millis(300))
        .start();
    assert_eq!(function.wait_until_ready(), Err(Failure::TimedOut));
    assert_eq!(function.times().ready, None);
    drop(function);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_process_that_ends_at_the_start_is_noticed() {
    let mut function = script().variable("START", "exit").start();
    assert_eq!(function.wait_until_ready(), Err(Failure::Exited(Some(5))));
    assert_eq!(
        function.invoke(&json!({})).map(|_| ()),
        Err(Failure::Exited(Some(5)))
    );
}

#[test]
fn an_error_of_the_start_is_reported() {
    let expected = Failure::Init(FunctionError {
        kind: Some("Runtime.InitError".to_owned()),
        body: json!({ "errorType": "Config", "errorMessage": "no key" }),
    });
    let mut function = script().variable("START", "init_error").start();
    assert_eq!(function.invoke(&json!({})).map(|_| ()), Err(expected.clone()));
    assert_eq!(function.wait_until_ready(), Err(expected));
}

#[test]
fn only_lambdas_variables_and_the_tests_are_passed_on() {
    let launch = script()
        .variable("OWN", "value")
        .variable("AWS_REGION", "eu-central-1");
    let remains = {
        let mut function = launch.start();
        function.invoke(&to_do("environment")).expect("an answer");
        function.finish()
    };
    let value = |name: &str| {
        let found = remains
            .stdout
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    assert_eq!(value("OWN").as_deref(), Some("value"));
    assert_eq!(value("AWS_REGION").as_deref(), Some("eu-central-1"));
    assert_eq!(
        value("AWS_LAMBDA_FUNCTION_NAME").as_deref(),
        Some("function-under-test")
    );
    assert!(value("AWS_LAMBDA_RUNTIME_API").is_some_and(|address| address.starts_with("127.0.0.1:")));
    assert_eq!(value("PATH").as_deref(), Some("/usr/local/bin:/usr/bin:/bin"));
    // The last three are bash's own.
    let known = [
        "AWS_", "LAMBDA_", "_HANDLER", "LANG", "LC_ALL", "TZ", "PATH", "OWN", "PWD", "SHLVL", "_=",
    ];
    for line in &remains.stdout {
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
    }
}

#[test]
fn an_event_comes_with_its_headers() {
    let mut function = script().start();
    let invocation = function.invoke(&to_do("headers")).expect("an answer");
    let line = function
        .wait_for_line(|line| line.starts_with("headers: "))
        .expect("a line")
        .to_lowercase();
    assert!(
        line.contains(&format!(
            "lambda-runtime-aws-request-id: {};",
            invocation.request_id
        )),
        "{line}"
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:function-under-test";
    assert!(
        line.contains(&format!("lambda-runtime-invoked-function-arn: {arn};")),
        "{line}"
    );
    let deadline = line
        .split("lambda-runtime-deadline-ms: ")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    let deadline: u128 = deadline.expect("a deadline").parse().expect("a number");
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock")
        .as_millis();
    assert!((now..=now + 10_000).contains(&deadline), "{deadline} {now}");
}

#[test]
fn errors_of_the_function_are_its_answer() {
    let mut function = script().start();
    let error = function
        .invoke(&to_do("error"))
        .expect("an answer")
        .result
        .expect_err("an error");
    assert_eq!(error.kind.as_deref(), Some("Unhandled"));
    assert_eq!(
        error.body,
        json!({ "errorType": "Oops", "errorMessage": "broken" })
    );
    let error = function
        .invoke(&to_do("bare error"))
        .expect("an answer")
        .result
        .expect_err("an error");
    assert_eq!(
        error,
        FunctionError {
            kind: None,
            body: Value::Null
        }
    );
    let invocation = function.invoke(&json!(1)).expect("it goes on");
    assert_eq!(invocation.result, Ok(json!(1)));
}

#[test]
fn a_process_that_ends_at_an_event_is_noticed() {
    for (what, code) in [("exit", Some(3)), ("die", None)] {
        let mut function = script().start();
        assert_eq!(
            function.invoke(&to_do(what)).map(|_| ()),
            Err(Failure::Exited(code)),
            "{what}"
        );
        assert_eq!(
            function.finish().stdout.len(),
            usize::from(what == "exit"),
            "its last words"
        );
    }
}

#[test]
fn an_event_that_takes_too_long_is_given_up() {
    let mut function = script().timeout(Duration::from_millis(1_000)).start();
    function.wait_until_ready().expect("it starts");
    let started = Instant::now();
    assert_eq!(
        function.invoke(&to_do("hang")).map(|_| ()),
        Err(Failure::TimedOut)
    );
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&started.elapsed()));
}

#[test]
fn an_event_without_answer_is_a_violation() {
    let mut function = script().timeout(Duration::from_millis(1_000)).start();
    assert_eq!(
        function.invoke(&to_do("skip")).map(|_| ()),
        Err(Failure::TimedOut)
    );
    assert_eq!(
        function.invoke(&json!(7)).expect("it goes on").result,
        Ok(json!(7))
    );
    let violations = function.finish().violations;
    assert!(
        violations.len() == 1 && violations[0].contains("before answering"),
        "{violations:?}"
    );
}

#[test]
fn responses_that_lambda_does_not_take_are_failures() {
    for (what, reason) in [("garbage", "not JSON"), ("long", "longer than")] {
        let mut function = script().start();
        match function.invoke(&to_do(what)).map(|_| ()) {
            Err(Failure::BadResponse(text)) => assert!(text.contains(reason), "{text}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn answers_to_other_events_are_refused_and_noted() {
    for (what, first, status) in [("twice", json!(1), "400"), ("stranger", json!(2), "400")] {
        let mut function = script().start();
        assert_eq!(
            function.invoke(&to_do(what)).expect("an answer").result,
            Ok(first),
            "{what}"
        );
        let line = function
            .wait_for_line(|line| line.contains(": HTTP/1.1 "))
            .expect("a line");
        assert!(line.contains(status), "{line}");
        let violations = function.finish().violations;
        assert!(
            violations.len() == 1 && violations[0].contains("not its event"),
            "{violations:?}"
        );
    }
}

#[test]
fn calls_of_unknown_paths_are_refused_and_noted() {
    let mut function = script().start();
    function.invoke(&to_do("elsewhere")).expect("an answer");
    let line = function
        .wait_for_line(|line| line.starts_with("elsewhere: "))
        .expect("a line");
    assert!(line.contains("404"), "{line}");
    let violations = function.finish().violations;
    assert_eq!(violations, ["unknown call: GET /2018-06-01/runtime/elsewhere"]);
}

#[test]
fn all_that_the_process_writes_is_kept() {
    let mut function = script().start();
    function.invoke(&to_do("print")).expect("an answer");
    assert_eq!(function.wait_for_line(|line| line == "err"), Ok("err".to_owned()));
    function
        .wait_for_line(|line| line.starts_with("caf"))
        .expect("a line");
    assert_eq!(function.stdout()[0], "out");
    assert_eq!(function.stderr(), ["err"]);
    // What has no line feed yet arrives with the end of the process.
    std::thread::sleep(Duration::from_millis(200));
    let remains = function.finish();
    assert_eq!(remains.stdout, ["out", "caf\u{fffd}", "no end"]);
    assert_eq!(remains.stderr, ["err"]);
}

#[test]
fn a_line_that_never_comes_is_given_up() {
    let mut function = script().timeout(Duration::from_millis(300)).start();
    assert_eq!(
        function.wait_for_line(|line| line == "never"),
        Err(Failure::TimedOut)
    );
}

#[test]
fn dropping_ends_the_process() {
    let mut function = script().start();
    function.wait_until_ready().expect("it starts");
    let process = format!("/proc/{}", function.process_id());
    assert!(Path::new(&process).exists());
    drop(function);
    assert!(!Path::new(&process).exists());
}

#[test]
fn several_functions_run_beside_each_other() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            std::thread::spawn(move || {
                let mut function = script().start();
                (0..5).all(|turn| {
                    let event = json!({ "function": number, "turn": turn });
                    function.invoke(&event).expect("an answer").result == Ok(event)
                })
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().expect("no panic")));
}
