//! Where the corpora begin: the vectors and requests of the tests, and a few inputs for what these do not reach.

use super::service::{AUDIENCE, data_key};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};
use sfn_callback_urls::payload::packed;
use sfn_callback_urls::seal::Untrusted;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first inputs of a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "link" => link(),
        "legacy" => messages()
            .iter()
            .map(|message| [&[200], message.as_slice()].concat())
            .collect(),
        "payload" => payload(),
        "create" => create(),
        "process" => texts(PROCESS),
        "event" => event(),
        "form" => texts(FORM),
        "jsonpath" => jsonpath(),
        "webhook" => webhook(),
        "deep" => (0..16).map(|levels| vec![levels, levels, 0, 1, levels]).collect(),
        "memory" => texts(MEMORY),
        _ => vec![b"plan".to_vec()],
    }
}

/// The vectors' links, as they are without glue, and their files.
pub fn vectors() -> &'static BTreeMap<String, Value> {
    static VECTORS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
        let files = ["vectors/sealed", "vectors/python", "vectors/nonce"]
            .into_iter()
            .flat_map(read_folder);
        let vector = |vector: Value| {
            let link = vector["link"].as_str().expect("a vector has a link");
            (super::link::bare(link), vector)
        };
        files.map(vector).collect()
    });
    &VECTORS
}

/// The messages of the AWS Encryption SDK among them.
pub fn messages() -> &'static HashSet<Vec<u8>> {
    static MESSAGES: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
        let messages = vectors().keys().filter_map(|link| link.strip_prefix("2-"));
        messages.filter_map(|text| BASE64.decode(text).ok()).collect()
    });
    &MESSAGES
}

/// What takes much memory for little text.
const MEMORY: &[&str] = &[
    "[],",
    "{},",
    "0,",
    "\"\",",
    "\"a\",",
    "[[[[[[[[0]]]]]]]],",
    "{\"\":{\"\":{\"\":0}}},",
    "{\"a\":0},",
    "1.5e300,",
    "\"a\":0,",
    "\\u0000",
    "\\\"",
    " ",
    "[1,[2,[3]]],",
    "null,",
    "\"\":[],",
];

fn link() -> Vec<Vec<u8>> {
    // The longest ones are long for the sake of a limit, and would slow the fuzzer down.
    let links = vectors().keys().filter(|link| link.len() < 2_000).cloned();
    let mut all: Vec<String> = links.collect();
    all.extend(
        [
            "data=3-AAAA&action=a&type=success",
            "action=a%20b&data=1-e30&q=%zz&q=1+2&data=",
        ]
        .map(str::to_owned),
    );
    all.extend(
        [
            "https://example.com/a/b",
            "https://[::1]:8443/",
            "https://user@example.com/?q#f",
        ]
        .map(str::to_owned),
    );
    all.into_iter().map(String::into_bytes).collect()
}

fn payload() -> Vec<Vec<u8>> {
    let opened = vectors().keys().filter_map(|link| match Untrusted::parse(link) {
        Ok(Untrusted::Sealed(sealed)) => {
            let opened = sealed.open(&data_key(), AUDIENCE).ok()?;
            Some(packed::write(&opened.payload))
        }
        Ok(Untrusted::Plain(_)) => BASE64.decode(link.strip_prefix("1-")?).ok(),
        Ok(Untrusted::Legacy(_)) | Err(_) => None,
    });
    opened.filter(|payload| payload.len() < 2_000).collect()
}

fn create() -> Vec<Vec<u8>> {
    let bodies = ["requests/ok", "requests/refused"]
        .into_iter()
        .flat_map(read_folder)
        .map(|mut file| {
            let body = match file.get_mut("request") {
                Some(request) => request.take(),
                None => file,
            };
            let mut body = body;
            if body["token"].is_string() {
                body["token"] = json!("TOKEN");
            }
            body.to_string().into_bytes()
        });
    bodies.filter(|body| body.len() < 4_000).collect()
}

fn event() -> Vec<Vec<u8>> {
    let link = "3-Av4u_zJlT3rK1rBMdNK2XDgrWowzb__G71G9xj9meVG1sk0_-pwSNm7INB3ITI_0yWxqdKhXxRhAG9otLd_p2tdO_cuMQjc08B1k1qQ_dvUu5pPd33FhNB6JjtRoWc3hhBWMhvlMjDp0Nbllj_XsEx5JF9R6XRf3fwwa9RBDRnZuDwWPW1aCZYvcYJAXJyP2QxsWTSdN-dU50zbsmNDO2sLglHYAALYHr3ifric";
    let request = json!({"token": "t", "actions": [{"name": "a", "type": "heartbeat"}]});
    let body = request.to_string();
    let rest = |method: &str, data: Value, body: &str, in_base64: bool| {
        json!({"resource": "/x", "path": "/x", "httpMethod": method,
            "headers": {"Accept": "text/html", "Content-Type": "application/json", "Host": "example.com"},
            "multiValueHeaders": {"Accept": ["text/html"], "Content-Type": ["application/json"]},
            "queryStringParameters": {"data": data}, "multiValueQueryStringParameters": {"data": [data]},
            "requestContext": {"httpMethod": method, "stage": "v1", "identity": {"sourceIp": "192.0.2.1"}},
            "body": body, "isBase64Encoded": in_base64})
    };
    let http = |method: &str, query: String, body: &str, host: &str| {
        json!({"version": "2.0", "routeKey": "$default", "rawPath": "/x", "rawQueryString": query,
            "cookies": ["a=b"], "headers": {"accept": "application/json", "content-type": "application/json"},
            "requestContext": {"timeEpoch": 1, "stage": "$default", "domainName": host,
                "http": {"method": method, "path": "/x", "sourceIp": "192.0.2.1"}},
            "body": body, "isBase64Encoded": false})
    };
    let events = [
        request,
        rest("GET", json!(link), "", false),
        rest("POST", json!("2-e30"), &body, false),
        rest("POST", Value::Null, &BASE64.encode(&body), true),
        http(
            "GET",
            format!("data={link}"),
            "",
            "abc.lambda-url.eu-central-1.on.aws",
        ),
        http(
            "POST",
            "data=1-e30&p=%C3%A9".to_owned(),
            &body,
            "abc.execute-api.eu-central-1.amazonaws.com",
        ),
        json!([1, null, "text"]),
    ];
    events
        .iter()
        .map(|event| event.to_string().into_bytes())
        .collect()
}

fn jsonpath() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(tests().join("vectors/jsonpath_rw.json")).expect("it is there");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("it is JSON");
    let mut seen = HashSet::new();
    let case = |case: &Value| {
        let path = case["path"].as_str()?;
        seen.insert(path.to_owned())
            .then(|| format!("{path}\n{}", case["body"]).into_bytes())
    };
    cases.iter().filter_map(case).collect()
}

/// The requests of known senders.
pub fn webhooks() -> Vec<Value> {
    let text = std::fs::read_to_string(tests().join("vectors/webhooks.json")).expect("it is there");
    let mut file: Value = serde_json::from_str(&text).expect("it is JSON");
    serde_json::from_value(file["vectors"].take()).expect("a list")
}

fn webhook() -> Vec<Vec<u8>> {
    let request = |vector: &Value| {
        let headers = vector["headers"].as_array().into_iter().flatten();
        let lines = headers.map(|pair| {
            let part = |place: usize| pair[place].as_str().expect("a header");
            format!("{}: {}\n", part(0), part(1))
        });
        let name = vector["name"].as_str().expect("a name");
        let body = vector["body"].as_str().expect("a body");
        format!("{name}\n{}\n{body}", lines.collect::<String>()).into_bytes()
    };
    let mut all: Vec<Vec<u8>> = webhooks().iter().map(request).collect();
    all.extend(texts(WEBHOOK));
    all
}

const WEBHOOK: &[&str] = &[
    "x\ncontent-type: multipart/form-data; boundary=b\n\n\
     --b\r\ncontent-disposition: form-data; name=\"payload\"\r\n\r\n{\"a\": 1}\r\n\
     --b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"g\"\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--\r\n",
    "x\ncontent-type: application/x-www-form-urlencoded\n\npayload=%7B%22a%22%3A1%7D&a=1&a=2",
    "x\ncontent-type: text/plain\n\n\u{e9}",
    "x\n\n",
];

const PROCESS: &[&str] = &[
    "GET success p=1\naccept: text/html\n\n",
    "GET success p=%22%7D&q=1\naccept: application/json;q=0.5, text/plain\naccept-language: de-AT, en;q=0.1\n\n",
    "GET failure p=a%24b\n\n",
    "POST failure p=\ncontent-type: text/plain\n\nx",
    "GET heartbeat p=%0d%0a\n\n",
    "HEAD success p=1\n\n",
    "OPTIONS post\norigin: https://example.com\naccess-control-request-method: POST\n\n",
    "GET success p=1\nsec-purpose: prefetch\n\n",
    "GET ask\naccept: text/html\n\n",
    "POST ask\ncontent-type: application/x-www-form-urlencoded\n\nnonce={nonce}",
    "POST ask\ncontent-type: application/json\naccept: application/json\n\n{}",
    "POST strict\ncontent-type: application/x-www-form-urlencoded\n\nnonce={nonce}&sure=true",
    "POST strict\ncontent-type: application/x-www-form-urlencoded\n\nnonce=aaaa",
    "GET form\naccept: text/html\n\n",
    "POST form\ncontent-type: application/x-www-form-urlencoded\naccept: text/html\n\n\
     nonce={nonce}&outcome=yes&f.why=because&f.days=3&f.on=2026-01-01&f.sure=true&f.of=a&f.all=1&f.all=2",
    "POST form\ncontent-type: application/x-www-form-urlencoded\n\nnonce={nonce}&outcome=no",
    "POST form\ncontent-type: application/json\naccept: application/json\n\n\
     {\"outcome\": \"yes\", \"fields\": {\"why\": \"because\"}}",
    "POST post\ncontent-type: application/json\n\n{\"ok\": true, \"a\": [{\"b\": 2}, {\"b\": 1}]}",
    "POST post\ncontent-type: application/json\n\n{\"why\": \"because\"}",
    "POST post\ncontent-type: application/json\n\n[1.50, \"é\"]",
    "POST post\ncontent-type: application/x-www-form-urlencoded\n\nwhy=because&x=1",
    "POST post\ncontent-type: multipart/form-data; boundary=b\n\n\
     --b\r\ncontent-disposition: form-data; name=\"why\"\r\n\r\nbecause\r\n--b--\r\n",
    "POST signed\nx-hub-signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\n\
     content-type: text/plain\n\nHello, World!",
    "POST signed\nx-hub-signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18\n\n",
    "GET 3-AAAA\n\n",
    "GET 1-eyJ0b2tlbiI6InQiLCJ0aWQiOiIwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZiIsImlhdCI6MSwiYWN0aW9uIjp7Im5hbWUiOiJhIiwidHlwZSI6ImhlYXJ0YmVhdCJ9fQ action=a&type=heartbeat\n\n",
    "PUT success\n\n",
];

const FORM: &[&str] = &[
    "nonce=abc&outcome=o&sure=true&f.line=a+b&f.one=a",
    "f.line=a%C3%A9&f.area=x%0D%0Ay&f.date=2026-01-01&f.email=a%40example.com&f.uri=https%3A%2F%2Fexample.com&f.one=1",
    "f.integer=-3&f.number=1,50&f.boolean=true&f.one=&f.many=x&f.many=y&f.line=",
    "f.number=1e400&f.integer=1.0&f.line=%ff&x=1&&=&f.=",
    "{\"outcome\": \"o\", \"fields\": {\"line\": \"a\", \"one\": null, \"number\": 1.50}}",
    "{\"outcome\": \"o\", \"fields\": {\"line\": \"a\", \"line\": \"b\", \"many\": [\"x\"]}, \"x\": 1}",
];

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn tests() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The tests of the service include this file, too.
    match here.ends_with("fuzz") {
        true => here.join("../tests"),
        false => here.join("tests"),
    }
}

/// The JSON files of a folder, in order.
fn read_folder(name: &str) -> Vec<Value> {
    let folder = tests().join(name);
    let entries = std::fs::read_dir(&folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |file: &PathBuf| std::fs::read_to_string(file).expect("the file can be read");
    files
        .iter()
        .filter_map(|file| serde_json::from_str(&read(file)).ok())
        .collect()
}
