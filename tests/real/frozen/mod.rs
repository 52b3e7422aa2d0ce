//! A process that is frozen between two events, as Lambda freezes it, while the far side of its connections forgets them. What a
//! visitor is told afterwards must agree with what the services wrote down.

#![allow(clippy::indexing_slicing, reason = "a test may panic, that is how it fails")]

mod services;

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use sfn_callback_urls::entry::process;

use crate::stage::{Instance, Stage, in_parallel};
use crate::support::aws::{Commit, Fault, Operation};
use crate::support::events::{Door, HttpAnswer, HttpRequest};
use crate::support::far_side::{FarSide, Forgotten};
use services::{RECEIVER, Services, What};

const WAIT_HOST: &str = "cloudformation-waitcondition-us-east-1.s3.amazonaws.com";
const RESPONSE_HOST: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";
const HOOK_HOST: &str = "hooks.example.com";
const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/5f8a";
const STACK_PATH: &str = "/arn%3Aaws%3Acloudformation%3Aus-east-1%3A123456789012%3Astack/shop/5f8a";
const SIGNATURE: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:approvals";
const IDENTITY: &str = "arn:aws:ses:us-east-1:123456789012:identity/example.com";
const BUS: &str = "arn:aws:events:us-east-1:123456789012:event-bus/approvals";
const PARAMETER: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/hook";

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Task,
    Callback,
    Approval,
    Signal,
    WaitCondition,
    Resource,
}

impl Kind {
    const EACH: [Self; 6] = [
        Self::Task,
        Self::Callback,
        Self::Approval,
        Self::Signal,
        Self::WaitCondition,
        Self::Resource,
    ];

    /// Those that an answer closes, and that say so.
    const CLOSING: [Self; 3] = [Self::Task, Self::Callback, Self::Approval];

    fn what(self) -> Option<What> {
        match self {
            Self::Task => None,
            Self::Callback => Some(What::Callback),
            Self::Approval => Some(What::Approval),
            Self::Signal => Some(What::Signal),
            Self::WaitCondition | Self::Resource => Some(What::Object),
        }
    }
}

/// Something that waits, and the links of two people who may answer it.
struct Waiting {
    kind: Kind,
    /// By what the services know it.
    key: String,
    ann: String,
    bo: String,
}

/// What was read of the report of one person.
#[derive(Debug, PartialEq, Eq)]
struct Reports {
    read: usize,
    taken: usize,
}

/// All services, each beyond a far side of its own, so that each has connections of its own.
struct World {
    stage: Stage,
    services: Services,
    kms: FarSide,
    states: FarSide,
    lambda: FarSide,
    codepipeline: FarSide,
    ssm: FarSide,
    others: FarSide,
    outside: FarSide,
}

impl World {
    fn new() -> Self {
        let stage = Stage::new();
        let services = Services::start(&[WAIT_HOST, RESPONSE_HOST, HOOK_HOST]);
        let [lambda, codepipeline, ssm, others] = [(); 4].map(|()| FarSide::in_front_of(services.http()));
        Self {
            kms: FarSide::in_front_of(stage.aws.http_address()),
            states: FarSide::in_front_of(stage.aws.http_address()),
            outside: FarSide::in_front_of(services.https()),
            stage,
            services,
            lambda,
            codepipeline,
            ssm,
            others,
        }
    }

    fn far_sides(&self) -> [&FarSide; 7] {
        [
            &self.kms,
            &self.states,
            &self.lambda,
            &self.codepipeline,
            &self.ssm,
            &self.others,
            &self.outside,
        ]
    }

    fn start(&self, handler: &str, more: &[(&str, &str)]) -> Instance<'_> {
        let urls = self.far_sides().map(FarSide::url);
        let [kms, states, lambda, codepipeline, ssm, others, _] = urls.each_ref().map(String::as_str);
        let outside = self.outside.address().to_string();
        let authority = self.services.authority().to_str().expect("a path");
        let settings = [
            ("AWS_ENDPOINT_URL", others),
            ("AWS_ENDPOINT_URL_KMS", kms),
            ("AWS_ENDPOINT_URL_SFN", states),
            ("AWS_ENDPOINT_URL_LAMBDA", lambda),
            ("AWS_ENDPOINT_URL_CODEPIPELINE", codepipeline),
            ("AWS_ENDPOINT_URL_SSM", ssm),
            ("HTTPS_CONNECT_TO", outside.as_str()),
            ("SSL_CERT_FILE", authority),
            ("ENABLE_WAIT_CONDITIONS", "true"),
            ("ENABLE_CUSTOM_RESOURCES", "true"),
            ("ENABLE_DURABLE_EXECUTIONS", "true"),
            ("ENABLE_CODEPIPELINE_APPROVALS", "true"),
            ("ENABLE_AUTOMATION_APPROVALS", "true"),
            ("DELIVER_TOPIC_ARNS", TOPIC),
            ("DELIVER_IDENTITY_ARNS", IDENTITY),
            ("DELIVER_EVENT_BUS_ARNS", BUS),
            ("DELIVER_PARAMETER_ARNS", PARAMETER),
            ("DELIVER_HOSTS", HOOK_HOST),
            // KMS is asked each time.
            ("DECRYPT_CACHE_MAX_AGE", "0"),
            ("DATA_KEY_MAX_AGE", "0"),
        ];
        let mut instance = self.stage.start(handler, &[&settings, more].concat());
        instance.keep_secret(SIGNATURE);
        instance.keep_secret(RECEIVER);
        instance
    }

    fn process(&self) -> Instance<'_> {
        self.start("process_callback", &[])
    }

    /// Freezes the process, and has all far sides forget its connections. Gives how many there were.
    fn forget(&self, instance: &mut Instance<'_>, how: Forgotten, meanwhile: impl FnOnce()) -> usize {
        instance.freeze();
        meanwhile();
        let forgotten = self.far_sides().map(|far_side| far_side.forget(how));
        instance.thaw();
        forgotten.into_iter().sum()
    }

    fn waiting(&self, kind: Kind) -> Waiting {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("3f7a1c52-4f3e-4b0a-9d52-{number:012x}");
        let (path, mut token) = (format!("{STACK_PATH}/Waits{number}"), String::new());
        let (target, key) = match kind {
            Kind::Task => {
                token = self.stage.aws.waiting_task().1;
                (Value::Null, token.clone())
            }
            Kind::Callback => {
                let id = format!("Ab3callback{number}");
                (json!({"type": "lambda-durable-execution", "callback_id": id}), id)
            }
            Kind::Approval => (
                json!({"type": "codepipeline-approval", "pipeline": "p", "stage": "s", "action": "a", "token": id}),
                id,
            ),
            Kind::Signal => (
                json!({"type": "ssm-automation", "automation_execution_id": id}),
                id,
            ),
            Kind::WaitCondition => (
                json!({"type": "cloudformation-wait-condition", "url": presigned(WAIT_HOST, &path)}),
                path,
            ),
            Kind::Resource => (
                json!({"type": "cloudformation-custom-resource", "event": resource_event("Create", &path)}),
                path,
            ),
        };
        let action = |name: &str| json!({"name": name, "type": "success", "output": {"by": format!("answer-of-{name}")}});
        let actions = json!([action("ann"), action("bo")]);
        let mut create = self.stage.create(&[
            ("ENABLE_WAIT_CONDITIONS", "true"),
            ("ENABLE_CUSTOM_RESOURCES", "true"),
            ("ENABLE_DURABLE_EXECUTIONS", "true"),
            ("ENABLE_CODEPIPELINE_APPROVALS", "true"),
            ("ENABLE_AUTOMATION_APPROVALS", "true"),
        ]);
        let [ann, bo] = match kind {
            Kind::Task => create.urls(&token, &actions),
            _ => {
                let answer = create.invoke(&json!({"target": target, "actions": actions}));
                create.urls_of(&answer)
            }
        }
        .try_into()
        .expect("two links");
        Waiting { kind, key, ann, bo }
    }

    /// What the service read of the report of one person.
    fn reports(&self, waiting: &Waiting, by: &str) -> Reports {
        let answer = format!("answer-of-{by}");
        let is_theirs = |body: &str| body.contains(&answer);
        let taken: Vec<bool> = match waiting.kind.what() {
            None => {
                let calls = self.stage.aws.calls_of(Operation::SendTaskSuccess);
                let theirs = calls.iter().filter(|call| {
                    call.body["taskToken"] == waiting.key && is_theirs(&call.body.to_string())
                });
                theirs.map(|call| call.committed).collect()
            }
            Some(what) => {
                let records = self.services.records_of(what, &waiting.key);
                let theirs = records.iter().filter(|record| is_theirs(&record.body));
                theirs.map(|record| record.taken).collect()
            }
        };
        Reports {
            read: taken.len(),
            taken: taken.into_iter().filter(|taken| *taken).count(),
        }
    }

    /// Opens Bo's link. Whatever comes of it, what he is told is true.
    #[track_caller]
    fn bo_answers(&self, process: &mut Instance<'_>, waiting: &Waiting, what: &str) -> (HttpAnswer, Reports) {
        let answer = process.open(&waiting.bo);
        let body = answer.json();
        let reports = self.reports(waiting, "bo");
        let what = format!("{what}, {:?}: {} {body} {reports:?}", waiting.kind, answer.status);
        match answer.status {
            200 => assert!(reports.taken > 0, "recorded without a record: {what}"),
            202 => assert!(reports.read > 0, "sent, and nobody read it: {what}"),
            400 => assert_eq!(reports.taken, 0, "refused, and recorded: {what}"),
            503 if body["outcome"] == "not_sent" => assert_eq!(reports.read, 0, "read, and not sent: {what}"),
            503 => assert_eq!(body["outcome"], "unknown", "{what}"),
            _ => panic!("another answer: {what}"),
        }
        if waiting.kind == Kind::Signal {
            assert!(reports.read < 2, "a second signal: {what}");
        }
        (answer, reports)
    }

    /// Has the process answer one of each, so that it has a connection to each service.
    #[track_caller]
    fn connect(&self, process: &mut Instance<'_>) {
        for kind in Kind::EACH {
            let (answer, reports) = self.bo_answers(process, &self.waiting(kind), "before");
            assert_eq!(
                (answer.status, reports),
                (200, Reports { read: 1, taken: 1 }),
                "{kind:?}"
            );
        }
    }
}

fn presigned(host: &str, path: &str) -> String {
    let now = process::clock();
    let (day, time) = (now.strftime("%Y%m%d"), now.strftime("%H%M%S"));
    format!(
        "https://{host}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={day}T{time}Z&X-Amz-SignedHeaders=host\
        &X-Amz-Expires=7200&X-Amz-Credential=AKIDEXAMPLE%2F{day}%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Signature={SIGNATURE}"
    )
}

fn resource_event(kind: &str, path: &str) -> Value {
    json!({
        "RequestType": kind, "ResponseURL": presigned(RESPONSE_HOST, path), "StackId": STACK, "RequestId": "d9a7",
        "LogicalResourceId": "Approval", "PhysicalResourceId": "d9a7", "ResourceType": "Custom::Approval",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:create"}
    })
}

#[test]
fn an_answer_after_a_freeze_is_recorded_once() {
    in_parallel(&Forgotten::EACH, |&how| {
        let world = World::new();
        let mut process = world.process();
        world.connect(&mut process);
        for turn in ["frozen once", "frozen twice"] {
            let waiting = Kind::EACH.map(|kind| world.waiting(kind));
            let forgotten = world.forget(&mut process, how, || ());
            // KMS, Step Functions, Lambda, CodePipeline, Systems Manager: else nothing is tried here.
            assert!(forgotten >= 5, "{how:?}: {forgotten} connections");
            for waiting in &waiting {
                let what = format!("{how:?}, {turn}");
                let (answer, reports) = world.bo_answers(&mut process, waiting, &what);
                let right = (200, Reports { read: 1, taken: 1 });
                assert_eq!(
                    (answer.status, reports),
                    right,
                    "{what}, {:?}: {}",
                    waiting.kind,
                    answer.text()
                );
            }
        }
    });
}

#[test]
fn who_was_slower_than_somebody_else_is_told_so_after_a_freeze() {
    in_parallel(&Forgotten::EACH, |&how| {
        let world = World::new();
        let (mut process, mut of_ann) = (world.process(), world.process());
        world.connect(&mut process);
        let waiting = Kind::CLOSING.map(|kind| world.waiting(kind));
        world.forget(&mut process, how, || {
            for waiting in &waiting {
                assert_eq!(of_ann.open(&waiting.ann).status, 200, "{:?}", waiting.kind);
            }
        });
        for waiting in &waiting {
            let (answer, reports) = world.bo_answers(&mut process, waiting, &format!("{how:?}"));
            let what = format!("{how:?}, {:?}: {}", waiting.kind, answer.text());
            assert_eq!(
                (answer.status, reports),
                (400, Reports { read: 1, taken: 0 }),
                "{what}"
            );
            let code = if waiting.kind == Kind::Task {
                "StepFunctionsError"
            } else {
                "TargetError"
            };
            assert_eq!(answer.json()["error"], code, "{what}");
        }
    });
}

#[test]
fn with_nobody_there_after_a_freeze_nothing_was_sent() {
    in_parallel(&Forgotten::EACH, |&how| {
        let world = World::new();
        // What was opened once is opened from memory: KMS is gone, too.
        let mut process = world.start("process_callback", &[("DECRYPT_CACHE_MAX_AGE", "300")]);
        world.connect(&mut process);
        let waiting = Kind::EACH.map(|kind| world.waiting(kind));
        for waiting in &waiting {
            let look = HttpRequest::for_url("HEAD", &waiting.bo);
            assert_eq!(process.visit(Door::Rest, &look).status, 200);
        }
        world.forget(&mut process, how, || {
            world.far_sides().into_iter().for_each(FarSide::refuse)
        });
        for waiting in &waiting {
            let (answer, reports) = world.bo_answers(&mut process, waiting, &format!("{how:?}"));
            let what = format!("{how:?}, {:?}: {}", waiting.kind, answer.text());
            assert_eq!(
                (answer.status, reports),
                (503, Reports { read: 0, taken: 0 }),
                "{what}"
            );
            assert_eq!(answer.json()["outcome"], "not_sent", "{what}");
        }
    });
}

#[test]
fn what_is_lost_after_a_freeze_is_told_as_far_as_it_is_known() {
    let cases: Vec<(Forgotten, Kind)> = Forgotten::EACH
        .into_iter()
        .flat_map(|how| Kind::EACH.map(|kind| (how, kind)))
        .collect();
    in_parallel(&cases, |&(how, kind)| {
        let world = World::new();
        let mut process = world.process();
        let first = world.waiting(kind);
        assert_eq!(process.open(&first.bo).status, 200);
        let waiting = world.waiting(kind);
        world.forget(&mut process, how, || match kind.what() {
            None => world
                .stage
                .aws
                .fault(Operation::SendTaskSuccess, [Fault::Reset(Commit::After)]),
            Some(what) => world.services.lose(what),
        });
        let (answer, reports) = world.bo_answers(&mut process, &waiting, &format!("{how:?}"));
        let body = answer.json();
        let reason = body.get("reason").and_then(Value::as_str);
        let (status, told, read, taken) = match kind {
            Kind::Task | Kind::Callback | Kind::Approval => (202, Some("closed_during_retry"), 2, 1),
            Kind::Signal => (202, Some("answer_lost"), 1, 1),
            // The same object once more.
            Kind::WaitCondition | Kind::Resource => (200, None, 2, 2),
        };
        assert_eq!(
            (answer.status, reason, reports),
            (status, told, Reports { read, taken }),
            "{how:?}, {kind:?}: {body}"
        );
    });
}

#[test]
fn the_connection_of_the_start_is_as_good_as_any_other() {
    in_parallel(&Forgotten::EACH, |&how| {
        let world = World::new();
        let mut process = world.start("process_callback", &[("WARM_UP", "true")]);
        let (open, closed) = (world.waiting(Kind::Task), world.waiting(Kind::Task));
        let mut of_ann = world.process();
        let forgotten = world.forget(&mut process, how, || {
            assert_eq!(of_ann.open(&closed.ann).status, 200)
        });
        assert!(forgotten >= 2, "{how:?}: {forgotten} connections");
        let (answer, reports) = world.bo_answers(&mut process, &closed, &format!("{how:?}"));
        assert_eq!(
            (answer.status, reports),
            (400, Reports { read: 1, taken: 0 }),
            "{how:?}"
        );
        let (answer, reports) = world.bo_answers(&mut process, &open, &format!("{how:?}"));
        assert_eq!(
            (answer.status, reports),
            (200, Reports { read: 1, taken: 1 }),
            "{how:?}"
        );
    });
}

#[test]
fn links_are_delivered_once_after_a_freeze() {
    in_parallel(&Forgotten::EACH, |&how| {
        let world = World::new();
        let mut create = world.start("create_urls", &[]);
        let all = [What::Topic, What::Mail, What::Event, What::Webhook];
        let deliver = |create: &mut Instance<'_>| {
            let (_, token) = world.stage.aws.waiting_task();
            create.keep_secret(&token);
            let answer = create.invoke(&json!({
                "token": token,
                "actions": [{"name": "a", "type": "success", "output": 1, "confirm": {"title": "Approve?"}}],
                "deliver": [
                    {"sns": {"topic_arn": TOPIC, "subject": "Approve?"}},
                    {"ses": {"from": "a@example.com", "to": ["b@example.com"], "subject": "Approve?"}},
                    {"eventbridge": {"event_bus_arn": BUS}},
                    {"webhook": {"url": format!("https://{HOOK_HOST}/hook"), "secret": {"ssm": "/hook"}}}
                ]
            }));
            assert!(answer.get("error").is_none(), "{how:?}: {answer}");
        };
        deliver(&mut create);
        for number in [2, 3] {
            world.forget(&mut create, how, || ());
            deliver(&mut create);
            let read = all.map(|what| world.services.records(what).len());
            assert_eq!(read, [number; 4], "{how:?}: {all:?}");
        }
        // The answer to CloudFormation, which nobody has to be asked for.
        for number in [1, 2] {
            world.forget(&mut create, how, || ());
            let path = format!("{STACK_PATH}/Deleted{number}");
            create.invoke(&resource_event("Delete", &path));
            let read = world.services.records_of(What::Object, &path);
            assert_eq!(read.len(), 1, "{how:?}: {read:?}");
            assert!(read[0].body.contains("SUCCESS"), "{how:?}: {read:?}");
        }
    });
}
