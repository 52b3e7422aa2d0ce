//! The notification of a manual approval of CodePipeline, whose `CustomData` says who is asked
//! (docs/recipes/codepipeline-approval.md).

use crate::rejection::Fault;
use serde_json::{Value, json};

/// The request that a notification stands for. `None`: no event of Amazon SNS.
pub(super) fn of(event: &Value, forms: bool) -> Option<Result<Value, Fault>> {
    let records = event.get("Records")?.as_array()?;
    let is_sns = |record: &Value| record.get("EventSource").and_then(Value::as_str) == Some("aws:sns");
    if records.is_empty() || !records.iter().all(is_sns) {
        return None;
    }
    Some(match records.as_slice() {
        [record] => request(record, forms),
        _ => Err(Fault::at("Records", "must hold one notification")),
    })
}

fn request(record: &Value, forms: bool) -> Result<Value, Fault> {
    const AT: &str = "Records[0].Sns.Message";
    let message = record.pointer("/Sns/Message").and_then(Value::as_str);
    let message: Option<Value> = message.and_then(super::tree);
    let approval = message.as_ref().and_then(|message| message.get("approval"));
    let approval = approval.and_then(Value::as_object);
    let approval = approval.ok_or_else(|| Fault::at(AT, "is no approval of CodePipeline"))?;
    let text = |field: &str| {
        approval
            .get(field)
            .and_then(Value::as_str)
            .ok_or_else(|| Fault::at(format!("{AT}.approval.{field}"), "is missing"))
    };
    let (pipeline, stage, action) = (text("pipelineName")?, text("stageName")?, text("actionName")?);
    let mut target = json!({
        "type": "codepipeline-approval",
        "pipeline": pipeline,
        "stage": stage,
        "action": action,
        "token": text("token")?,
    });
    if let (Some(expires), Some(target)) = (approval.get("expires"), target.as_object_mut()) {
        target.insert("expires".to_owned(), expires.clone());
    }
    let custom = approval
        .get("customData")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let custom = match super::tree(custom) {
        Some(Value::Object(fields)) => Some(fields),
        _ => None,
    };
    let mut request = custom.ok_or_else(|| {
        Fault::at(
            "CustomData",
            "of the approval must be a JSON object with `deliver`, which says who gets the links",
        )
    })?;
    for field in ["token", "target"] {
        if request.contains_key(field) {
            return Err(Fault::at(
                format!("CustomData.{field}"),
                "must be left out: the approval is what waits",
            ));
        }
    }
    if !request.contains_key("deliver") {
        return Err(Fault::at(
            "CustomData.deliver",
            "is missing; without it nobody gets the links",
        ));
    }
    request.insert("target".to_owned(), target);
    if !request.contains_key("actions") {
        let link = approval.get("externalEntityLink").and_then(Value::as_str);
        request.insert(
            "actions".to_owned(),
            actions([pipeline, stage, action], link, forms),
        );
    }
    let request = Value::Object(request);
    super::check_secrets(&request).map_err(|fault| fault.under("CustomData"))?;
    Ok(request)
}

/// What is asked when the approval does not say: on one page where `forms` are on, else by two links that ask.
fn actions(names: [&str; 3], link: Option<&str>, forms: bool) -> Value {
    let [pipeline, stage, action] = names;
    let mut facts = vec![
        json!(["Pipeline", pipeline]),
        json!(["Stage", stage]),
        json!(["Approval", action]),
    ];
    if let Some(link) = link.filter(|link| !link.is_empty() && link.chars().count() <= 1_000) {
        facts.push(json!(["For review", link]));
    }
    let title = format!("Approve {pipeline}?");
    if !forms {
        let confirm = |label: &str, style: &str| json!({"title": title, "facts": facts, "label": label, "style": style});
        return json!([
            {"name": "approve", "type": "success", "output": "", "confirm": confirm("Approve", "primary")},
            {"name": "reject", "type": "failure", "error": "Rejected", "confirm": confirm("Reject", "danger")},
        ]);
    }
    let text =
        |title: &str| json!({"type": "string", "title": title, "maxLength": 400, "format": "textarea"});
    json!([{
        "name": "decide", "type": "form", "title": title, "facts": facts,
        "outcomes": [
            {
                "name": "approve", "type": "success", "label": "Approve", "style": "primary", "output_body": true,
                "schema": {"type": "object", "properties": {"comment": text("Comment")}}
            },
            {
                "name": "reject", "type": "failure", "label": "Reject", "style": "danger", "error": "Rejected",
                "schema": {"type": "object", "properties": {"reason": text("Reason")}, "required": ["reason"]},
                "cause_path": "$.reason"
            }
        ]
    }])
}

#[cfg(test)]
mod tests;
