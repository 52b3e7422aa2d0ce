//! Links that answer something else than a task of Step Functions: key 14.

use super::{
    Field, ISSUED_AT, Keys, Made, TRANSACTION, array, bstr, map, minimal, payload, plain_link, refused, tstr,
    uint, version_1,
};

const WAIT_URL: &str = "https://cloudformation-waitcondition-eu-central-1.s3.eu-central-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-central-1%3A123456789012%3Astack/shop/5f8a1c20-c7a8-11f0-a669-0a344b714dd5/Approved?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260921T120000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=86399&X-Amz-Credential=AKIDEXAMPLE%2F20260921%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature=00";
const OLD_WAIT_URL: &str = "https://cloudformation-waitcondition-us-east-1.s3.amazonaws.com/arn%3Aaws%3Acloudformation%3Aus-east-1%3A123456789012%3Astack%2Fshop%2F5f8a1c20%2FApproved?Expires=1790100000&AWSAccessKeyId=AKIDEXAMPLE&Signature=c2ln%3D";
const RESPONSE_URL: &str = "https://cloudformation-custom-resource-response-eucentral1.s3.eu-central-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-central-1%3A123456789012%3Astack/shop/5f8a1c20%7CApproval%7Cd9a7?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260921T120000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=7200&X-Amz-Credential=AKIDEXAMPLE%2F20260921%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature=00";
const STACK: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/5f8a1c20";
const SUCCESS: &str = r#"{"name":"approve","type":"success","output":1}"#;
const CALLBACK_ID: &str = "Ab3+/w==";
const UUID: &str = "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11";
const UUID_BYTES: [u8; 16] = [
    0x3f, 0x7a, 0x1c, 0x52, 0x4f, 0x3e, 0x4b, 0x0a, 0x9d, 0x52, 0x8f, 0x8f, 0x0c, 0x7a, 0x6a, 0x11,
];

pub fn all() -> Vec<Made> {
    let mut all = opened();
    all.extend(opened_in_json());
    all.extend(refused_kinds());
    all.extend(refused_urls());
    all.extend(refused_ids());
    all
}

/// A success with this target instead of a token.
fn success(target: Vec<u8>) -> Vec<u8> {
    of_type(0, target, &[(7, tstr("1"))])
}

fn of_type(kind: u64, target: Vec<u8>, more: &[Field]) -> Vec<u8> {
    let mut fields: Vec<Field> = minimal().into_iter().filter(|(key, _)| *key != 0).collect();
    fields.retain(|(key, _)| *key != 6);
    fields.push((6, uint(kind)));
    fields.push((14, target));
    fields.extend(more.iter().cloned());
    fields.sort_by_key(|(key, _)| *key);
    version_1(&map(&fields))
}

fn json(target: &str, action: &str) -> String {
    format!(r#"{{"target":{target},"iat":{ISSUED_AT},"tid":"{TRANSACTION}","action":{action}}}"#)
}

fn ok(name: &str, comment: &str, sealed: Vec<u8>, json: &str) -> Made {
    let link = Keys::local().link(name, &sealed);
    Made::sealed(name, comment, Keys::local(), link, payload(json, true))
}

fn wait(url: &str) -> Vec<u8> {
    array(&[uint(1), tstr(url)])
}

fn resource(url: &str, ids: &[&str], former: &[&str], physical: &[&str]) -> Vec<u8> {
    let texts = |texts: &[&str]| array(&texts.iter().map(|text| tstr(text)).collect::<Vec<_>>());
    array(&[uint(2), tstr(url), texts(ids), texts(former), texts(physical)])
}

fn approval(pipeline: &str, token: &[u8]) -> Vec<u8> {
    array(&[
        uint(4),
        tstr(pipeline),
        tstr("Release"),
        tstr("Approve"),
        bstr(token),
    ])
}

fn resource_json(request: &str, more: &str, physical: &str) -> String {
    format!(
        r#"{{"type":"cloudformation-custom-resource","event":{{"ResponseURL":"{RESPONSE_URL}","StackId":"{STACK}","RequestId":"{request}","LogicalResourceId":"Approval"{more}}}{physical}}}"#
    )
}

fn opened() -> Vec<Made> {
    let wait_json = |url: &str| format!(r#"{{"type":"cloudformation-wait-condition","url":"{url}"}}"#);
    let durable_json = format!(r#"{{"type":"lambda-durable-execution","callback_id":"{CALLBACK_ID}"}}"#);
    let approval_json = format!(
        r#"{{"type":"codepipeline-approval","pipeline":"shop","stage":"Release","action":"Approve","token":"{UUID}"}}"#
    );
    let automation_json = format!(r#"{{"type":"ssm-automation","automation_execution_id":"{UUID}"}}"#);
    let durable = array(&[uint(3), tstr(CALLBACK_ID)]);
    vec![
        ok(
            "ok_target_wait_condition",
            "A wait condition; its URL is signed with version 4.",
            success(wait(WAIT_URL)),
            &json(&wait_json(WAIT_URL), SUCCESS),
        ),
        ok(
            "ok_target_wait_condition_old",
            "A wait condition in us-east-1; its URL is signed with version 2.",
            success(wait(OLD_WAIT_URL)),
            &json(&wait_json(OLD_WAIT_URL), SUCCESS),
        ),
        ok(
            "ok_target_custom_resource",
            "A custom resource whose URL tells its ids.",
            success(resource(RESPONSE_URL, &[], &[], &[])),
            &json(&resource_json("d9a7", "", ""), SUCCESS),
        ),
        ok(
            "ok_target_custom_resource_ids",
            "A custom resource with ids of its own, and both physical ids.",
            success(resource(
                RESPONSE_URL,
                &[STACK, "other", "Approval"],
                &["former"],
                &["new"],
            )),
            &json(
                &resource_json(
                    "other",
                    r#","PhysicalResourceId":"former""#,
                    r#","physical_resource_id":"new""#,
                ),
                SUCCESS,
            ),
        ),
        ok(
            "ok_target_durable_execution",
            "A durable execution, and a heartbeat for it.",
            of_type(2, durable, &[]),
            &json(&durable_json, super::HEARTBEAT),
        ),
        ok(
            "ok_target_pipeline_approval",
            "A manual approval of a pipeline.",
            success(approval("shop", &UUID_BYTES)),
            &json(&approval_json, SUCCESS),
        ),
        ok(
            "ok_target_automation",
            "An automation.",
            success(array(&[uint(5), bstr(&UUID_BYTES)])),
            &json(&automation_json, SUCCESS),
        ),
    ]
}

fn opened_in_json() -> Vec<Made> {
    let content = super::content;
    let plain = |name: &str, comment: &str, json: &str, expect: String| {
        Made::python(name, comment, None, plain_link(json), expect)
    };
    let durable = format!(r#"{{"type":"lambda-durable-execution","callback_id":"{CALLBACK_ID}"}}"#);
    let automation = format!(r#"{{"type":"ssm-automation","automation_execution_id":"{UUID}"}}"#);
    let both = json(&durable, SUCCESS).replacen('{', r#"{"token":"t","#, 1);
    vec![
        plain(
            "ok_plain_target",
            "A target in place of the token.",
            &json(&durable, SUCCESS),
            payload(&json(&durable, SUCCESS), true),
        ),
        plain(
            "plain_token_and_target",
            "A token beside a target.",
            &both,
            content("a token beside a target"),
        ),
        plain(
            "plain_target_unknown",
            "A target of an unknown type.",
            &json(r#"{"type":"pager"}"#, SUCCESS),
            content(
                "target.type: must be one of step-functions, cloudformation-wait-condition, cloudformation-custom-resource, lambda-durable-execution, codepipeline-approval, ssm-automation",
            ),
        ),
        plain(
            "plain_target_heartbeat",
            "A heartbeat for a target that has none.",
            &json(&automation, super::HEARTBEAT),
            content("a heartbeat for a target that has none"),
        ),
    ]
}

fn refused_kinds() -> Vec<Made> {
    let unknown = "target of an unknown kind or length";
    let none = "a heartbeat for a target that has none";
    let outcomes = tstr(r#"[{"name":"o","type":"heartbeat","schema":{}}]"#);
    let automation = || array(&[uint(5), bstr(&UUID_BYTES)]);
    vec![
        refused(
            "target_beside_token",
            "A target and a token.",
            super::with(&[(14, automation())]),
            "token and target",
        ),
        refused("target_kind_zero", "Kind 0.", success(array(&[uint(0)])), unknown),
        refused(
            "target_kind_six",
            "Kind 6, which nobody has defined.",
            success(array(&[uint(6), tstr("x")])),
            unknown,
        ),
        refused(
            "target_empty",
            "An array of nothing.",
            success(array(&[])),
            "target",
        ),
        refused(
            "target_short",
            "A wait condition without its URL.",
            success(array(&[uint(1)])),
            unknown,
        ),
        refused(
            "target_long",
            "An automation with one part more.",
            success(array(&[uint(5), bstr(&UUID_BYTES), uint(1)])),
            unknown,
        ),
        refused(
            "target_text",
            "A target that is a text.",
            success(tstr("t")),
            "unknown critical field",
        ),
        refused(
            "target_heartbeat",
            "A heartbeat for a target that has none.",
            of_type(2, automation(), &[]),
            none,
        ),
        refused(
            "target_heartbeat_outcome",
            "A post action with a heartbeat for a target that has none.",
            of_type(3, automation(), &[(11, outcomes)]),
            none,
        ),
    ]
}

/// Each a wait condition's URL with one thing wrong.
fn refused_urls() -> Vec<Made> {
    let changed = |from: &str, to: &str| {
        assert!(WAIT_URL.contains(from), "{from}");
        WAIT_URL.replacen(from, to, 1)
    };
    let host = "cloudformation-waitcondition-eu-central-1.s3.eu-central-1.amazonaws.com";
    [
        ("target_url_host", "Another host.", changed(host, "example.com")),
        (
            "target_url_longer_host",
            "CloudFormation's host as the beginning of another.",
            changed("amazonaws.com/", "amazonaws.com.example.com/"),
        ),
        (
            "target_url_other_bucket",
            "The bucket of custom resources.",
            changed(
                "waitcondition-eu-central-1",
                "custom-resource-response-eucentral1",
            ),
        ),
        (
            "target_url_region",
            "A bucket of another region than the stack's.",
            changed("waitcondition-eu-central-1", "waitcondition-eu-west-1"),
        ),
        (
            "target_url_region_none",
            "A region that is none, in bucket and stack.",
            WAIT_URL.replace("eu-central-1", "eu-evil-bucket-name"),
        ),
        ("target_url_http", "Not https.", changed("https", "http")),
        (
            "target_url_user",
            "User info.",
            changed("https://", "https://user@"),
        ),
        ("target_url_port", "A port.", changed(".com/", ".com:8443/")),
        ("target_url_fragment", "A fragment.", format!("{WAIT_URL}#x")),
        (
            "target_url_unsigned",
            "No signature.",
            changed("&X-Amz-Signature=00", ""),
        ),
        (
            "target_url_headers",
            "A signature over a header that is not sent.",
            changed("SignedHeaders=host", "SignedHeaders=content-type%3Bhost"),
        ),
        (
            "target_url_no_stack",
            "No stack in its path.",
            changed("%3Astack/", "%3Aother/"),
        ),
        (
            "target_url_partition",
            "A stack of another partition than its region.",
            changed("arn%3Aaws%3A", "arn%3Aaws-cn%3A"),
        ),
    ]
    .into_iter()
    .map(|(name, comment, url)| refused(name, comment, success(wait(&url)), "URL of a target"))
    .collect()
}

fn refused_ids() -> Vec<Made> {
    let ids = "ids of a target";
    let unread = RESPONSE_URL.replacen("%7CApproval%7Cd9a7", "", 1);
    vec![
        refused(
            "target_ids_told_twice",
            "Ids that the URL tells as well.",
            success(resource(RESPONSE_URL, &[STACK, "d9a7", "Approval"], &[], &[])),
            "ids of a target that its URL tells",
        ),
        refused(
            "target_ids_missing",
            "No ids, and a URL that does not tell them.",
            success(resource(&unread, &[], &[], &[])),
            ids,
        ),
        refused(
            "target_ids_two",
            "Two ids.",
            success(resource(RESPONSE_URL, &[STACK, "d9a7"], &[], &[])),
            ids,
        ),
        refused(
            "target_physical_empty",
            "A physical id without characters.",
            success(resource(RESPONSE_URL, &[], &[""], &[])),
            ids,
        ),
        refused(
            "target_physical_two",
            "Two physical ids in one place.",
            success(resource(RESPONSE_URL, &[], &[], &["a", "b"])),
            ids,
        ),
        refused(
            "target_physical_too_long",
            "A physical id of 1,025 bytes.",
            success(resource(RESPONSE_URL, &[], &[], &[&"x".repeat(1_025)])),
            ids,
        ),
        refused(
            "target_callback_id",
            "A callback id that is no base64.",
            success(array(&[uint(3), tstr("a-b")])),
            "callback id of a target",
        ),
        refused(
            "target_callback_id_too_long",
            "A callback id of 1,025 characters.",
            success(array(&[uint(3), tstr(&"A".repeat(1_025))])),
            "callback id of a target",
        ),
        refused(
            "target_pipeline_name",
            "A pipeline with a slash in its name.",
            success(approval("a/b", &UUID_BYTES)),
            "names of a target",
        ),
        refused(
            "target_pipeline_token",
            "A token of 15 bytes.",
            success(approval("shop", &UUID_BYTES[..15])),
            "id of a target",
        ),
        refused(
            "target_automation_text",
            "An execution's id as text.",
            success(array(&[uint(5), tstr(UUID)])),
            "id of a target",
        ),
    ]
}
