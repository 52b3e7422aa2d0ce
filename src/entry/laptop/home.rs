//! The built-in tasks of `serve`: a page to look at, and a way to start one.

use super::server::text;
use crate::entry::process;
use crate::reply::Reply;
use crate::tasks::{Task, TaskList, TaskSpec, TaskState, TimedOutBy};
use crate::web::{App, Caller, Door};
use askama::Template;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Request, StatusCode};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest time that a task of the list may wait, in seconds: that of a Step Functions execution, a year.
const MAX_SECONDS: u64 = 31_536_000;
const MAX_NAME_CHARS: usize = 80;

/// The tasks and the sample among them.
pub struct Home {
    tasks: Arc<Mutex<TaskList>>,
    base: String,
    key_file: PathBuf,
    sample: Mutex<Vec<SampleLink>>,
}

#[derive(Clone)]
struct SampleLink {
    name: String,
    url: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page<'a> {
    base: &'a str,
    sample: Vec<SampleLink>,
    tasks: Vec<Row>,
}

struct Row {
    number: u64,
    name: String,
    started: String,
    state: &'static str,
    details: String,
}

/// What `POST /tasks` takes, all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTask {
    #[serde(default)]
    name: Option<String>,
    timeout_seconds: Option<u64>,
    heartbeat_seconds: Option<u64>,
}

impl Home {
    /// For links under `base`.
    pub fn new(tasks: Arc<Mutex<TaskList>>, base: String, key_file: PathBuf) -> Self {
        Self {
            tasks,
            base,
            key_file,
            sample: Mutex::default(),
        }
    }

    /// What is printed when the server is ready.
    pub fn welcome(&self) -> String {
        let links = self.sample();
        let links: String = links
            .iter()
            .map(|link| format!("  {}: {}\n", link.name, link.url))
            .collect();
        let Self { base, key_file, .. } = self;
        format!(
            "sfn-callback-urls listens on {base}\n\n\
             A task waits for an answer. Open the link in a browser and give it:\n{links}\n\
             See the tasks and what became of them:\n  {base}/\n\n\
             Start a task of your own and make links for it:\n  \
             TOKEN=$(curl -s -X POST {base}/tasks)\n  \
             curl -s {base}/urls -H 'Content-Type: application/json' -d '{{\n    \
             \"token\": \"'\"$TOKEN\"'\",\n    \
             \"actions\": [{{\"name\": \"approve\", \"type\": \"success\", \"output\": {{\"approved\": true}}}}]\n  }}'\n\n\
             Links are sealed with the key in {} (only you can read it). Stop with Ctrl-C.\n",
            key_file.display()
        )
    }

    /// Starts the sample task and makes its links through the front door.
    ///
    /// # Errors
    /// The links could not be made.
    pub async fn start_sample(&self, app: &App) -> Result<(), String> {
        let token = self.new_task(TaskSpec {
            name: "Sample: deploy to production?".to_owned(),
            ..TaskSpec::default()
        });
        let actions = match app.config.switches.post_actions {
            true => decision(),
            false => two_links(),
        };
        let request = serde_json::json!({"token": token, "include_callback": true, "actions": actions});
        let caller = Caller {
            door: Door::Direct,
            source_ip: None,
            request_id: None,
        };
        let reply = app
            .create(&caller, Request::new(Bytes::from(request.to_string())))
            .await;
        let answer: serde_json::Value =
            serde_json::from_str(reply.body()).map_err(|error| error.to_string())?;
        let urls = answer.get("urls").and_then(serde_json::Value::as_object);
        let urls = urls.ok_or_else(|| reply.body().clone())?;
        let links = urls.iter().filter_map(|(name, url)| {
            let (name, url) = (name.clone(), url.as_str()?.to_owned());
            Some(SampleLink { name, url })
        });
        *self.sample.lock().unwrap_or_else(PoisonError::into_inner) = links.collect();
        Ok(())
    }

    /// Another sample, then back to the page.
    pub async fn restart_sample(&self, app: &App) -> Reply {
        if let Err(problem) = self.start_sample(app).await {
            return text(StatusCode::INTERNAL_SERVER_ERROR, problem);
        }
        let mut reply = text(StatusCode::SEE_OTHER, "");
        reply
            .headers_mut()
            .insert(LOCATION, HeaderValue::from_static("/"));
        reply
    }

    /// Starts a task; its token is the answer, as plain text for a shell.
    pub fn start(&self, body: &Bytes) -> Reply {
        let new: NewTask = match body.as_ref() {
            [] => NewTask::default(),
            body => match serde_json::from_slice(body) {
                Ok(new) => new,
                Err(_) => {
                    return bad(
                        "The body must be empty or {\"name\", \"timeout_seconds\", \"heartbeat_seconds\"}.\n",
                    );
                }
            },
        };
        let name = new.name.unwrap_or_else(|| "Task".to_owned());
        let times = [new.timeout_seconds, new.heartbeat_seconds];
        if name.chars().count() > MAX_NAME_CHARS
            || times
                .iter()
                .flatten()
                .any(|time| !(1..=MAX_SECONDS).contains(time))
        {
            return bad("A name has at most 80 characters, a time 1 to 31,536,000 seconds.\n");
        }
        let [timeout, heartbeat] = times.map(|time| time.map(Duration::from_secs));
        text(
            StatusCode::CREATED,
            self.new_task(TaskSpec {
                name,
                timeout,
                heartbeat,
            }),
        )
    }

    /// The tasks for programs.
    pub fn list(&self) -> Reply {
        let rows: Vec<_> = self
            .rows()
            .iter()
            .map(|row| {
                serde_json::json!({
                    "task": row.number, "name": row.name, "started": row.started, "state": row.state,
                    "details": row.details,
                })
            })
            .collect();
        let mut reply = text(StatusCode::OK, serde_json::Value::Array(rows).to_string());
        reply
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply
    }

    /// The tasks for people; reloads itself.
    pub fn page(&self) -> Reply {
        let page = Page {
            base: &self.base,
            sample: self.sample(),
            tasks: self.rows(),
        };
        let mut reply = text(
            StatusCode::OK,
            page.render().expect("writing to a string does not fail"),
        );
        let headers = reply.headers_mut();
        let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }

    fn rows(&self) -> Vec<Row> {
        let mut list = self.tasks();
        let mut rows: Vec<Row> = list.tasks(process::clock()).map(row).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.number));
        rows
    }

    fn new_task(&self, spec: TaskSpec) -> String {
        let mut bytes = [0; 64];
        process::random(&mut bytes);
        self.tasks().start(spec, bytes, process::clock()).1
    }

    fn tasks(&self) -> MutexGuard<'_, TaskList> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample(&self) -> Vec<SampleLink> {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The page that a newcomer sees first.
fn decision() -> serde_json::Value {
    serde_json::json!([{
        "name": "decide", "type": "form",
        "title": "Deploy version 1.4.2 to production?",
        "text": "Three services change. The deployment takes about twelve minutes, and can be taken back.",
        "facts": [["Requested by", "the release pipeline"], ["Services", "orders, payments, search"],
                  ["Tests", "1,204 passed, none failed"]],
        "outcomes": [
            {"name": "approve", "type": "success", "label": "Approve", "style": "primary", "output_body": true,
             "schema": {"type": "object", "properties": {
                 "window": {"type": "string", "title": "When?", "enum": ["now", "tonight", "next Monday"],
                            "default": "now"},
                 "notify": {"type": "boolean", "title": "Tell the on-call team", "default": true}},
                 "required": ["window"]}},
            {"name": "reject", "type": "failure", "label": "Reject", "style": "danger", "error": "rejected",
             "cause_path": "$.reason",
             "schema": {"type": "object", "properties": {
                 "reason": {"type": "string", "title": "Why not?", "format": "textarea", "maxLength": 500}},
                 "required": ["reason"]}}]
    }])
}

/// Where forms are switched off.
fn two_links() -> serde_json::Value {
    let confirm = |label: &str, style: &str| serde_json::json!({"title": "Deploy version 1.4.2 to production?", "label": label, "style": style});
    serde_json::json!([
        {"name": "approve", "type": "success", "output": {"approved": true}, "confirm": confirm("Approve", "primary")},
        {"name": "reject", "type": "failure", "error": "rejected", "cause": "The sample was rejected.",
         "confirm": confirm("Reject", "danger")},
    ])
}

fn bad(what: &'static str) -> Reply {
    text(StatusCode::BAD_REQUEST, what)
}

fn row(task: &Task) -> Row {
    let (state, details) = match &task.state {
        TaskState::Waiting { last_heartbeat: None } => ("waiting", String::new()),
        TaskState::Waiting {
            last_heartbeat: Some(at),
        } => ("waiting", format!("heartbeat at {}", seconds(*at))),
        TaskState::Succeeded { output, .. } => ("succeeded", output.clone()),
        TaskState::Failed { error, cause, .. } => {
            let [error, cause] = [error, cause].map(|text| text.as_deref().unwrap_or_default());
            (
                "failed",
                [error, cause]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(": "),
            )
        }
        TaskState::TimedOut {
            by: TimedOutBy::Timeout,
            ..
        } => ("timed out", "nobody answered in time".to_owned()),
        TaskState::TimedOut {
            by: TimedOutBy::Heartbeat,
            ..
        } => ("timed out", "no heartbeat in time".to_owned()),
        TaskState::Stopped { .. } => ("stopped", String::new()),
    };
    Row {
        number: task.id.0,
        name: task.name.clone(),
        started: seconds(task.started),
        state,
        details,
    }
}

fn seconds(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
