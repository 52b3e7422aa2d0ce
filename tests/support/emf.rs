//! CloudWatch's embedded metric format, read as CloudWatch reads a line of a log: which metrics it makes of it, or why
//! none. After the specification in the CloudWatch user guide.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One metric of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    pub namespace: String,
    pub dimensions: BTreeMap<String, String>,
    pub name: String,
    pub unit: String,
    pub values: Vec<f64>,
}

/// All units of CloudWatch.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];
const MAX_LINE: usize = 256 * 1024;
const PAST_MS: i64 = 14 * 24 * 3_600_000;
const FUTURE_MS: i64 = 2 * 3_600_000;

/// The metrics of a line that CloudWatch gets at `now_ms`; none if the line has no `_aws`.
pub fn read(line: &str, now_ms: i64) -> Result<Vec<Metric>, String> {
    let root: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
    let root = root.as_object().ok_or("no object")?;
    let Some(about) = root.get("_aws") else {
        return Ok(Vec::new());
    };
    if line.len() > MAX_LINE {
        return Err("longer than an event of a log".to_owned());
    }
    let about = members(about, "_aws", &["Timestamp", "CloudWatchMetrics"], &[])?;
    let at = about["Timestamp"].as_i64().ok_or("Timestamp: no whole number")?;
    if !(now_ms - PAST_MS..=now_ms + FUTURE_MS).contains(&at) {
        return Err(format!("Timestamp: {at} is too far from {now_ms} milliseconds"));
    }
    let directives = list(&about["CloudWatchMetrics"], "CloudWatchMetrics", usize::MAX)?;
    let mut metrics = Vec::new();
    for directive in directives {
        metrics.extend(read_directive(directive, root)?);
    }
    let identities: BTreeSet<_> = metrics
        .iter()
        .map(|it| (&it.namespace, &it.dimensions, &it.name))
        .collect();
    if identities.len() != metrics.len() {
        return Err("a metric is counted twice".to_owned());
    }
    Ok(metrics)
}

fn read_directive(directive: &Value, root: &Map<String, Value>) -> Result<Vec<Metric>, String> {
    let directive = members(
        directive,
        "directive",
        &["Namespace", "Dimensions", "Metrics"],
        &[],
    )?;
    let namespace = text(&directive["Namespace"], "Namespace", 1_024)?;
    let mut sets = Vec::new();
    for set in list(&directive["Dimensions"], "Dimensions", usize::MAX)? {
        let mut dimensions = BTreeMap::new();
        for key in list(set, "dimension set", 30)? {
            let key = text(key, "dimension", 250)?;
            let value = root
                .get(&key)
                .ok_or(format!("dimension {key}: the root has no such member"))?;
            let value = text(value, &format!("dimension {key}"), 1_024)?;
            dimensions.insert(key, value);
        }
        sets.push(dimensions);
    }
    let mut metrics = Vec::new();
    for definition in list(&directive["Metrics"], "Metrics", 100)? {
        let definition = members(definition, "metric", &["Name"], &["Unit", "StorageResolution"])?;
        let name = text(&definition["Name"], "Name", 1_024)?;
        let unit = definition.get("Unit").map_or(Ok("None"), |unit| {
            let unit = unit.as_str().filter(|unit| UNITS.contains(unit));
            unit.ok_or(format!("metric {name}: unknown unit"))
        })?;
        if let Some(resolution) = definition.get("StorageResolution")
            && ![1, 60].map(Some).contains(&resolution.as_i64())
        {
            return Err(format!("metric {name}: resolution"));
        }
        let value = root
            .get(&name)
            .ok_or(format!("metric {name}: the root has no such member"))?;
        let values = match value {
            Value::Array(values) => list(value, &format!("metric {name}"), 100).map(|_| values.clone())?,
            other => vec![other.clone()],
        };
        let values = values.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
        let values = values.ok_or(format!("metric {name}: no number"))?;
        for dimensions in &sets {
            metrics.push(Metric {
                namespace: namespace.clone(),
                dimensions: dimensions.clone(),
                name: name.clone(),
                unit: unit.to_owned(),
                values: values.clone(),
            });
        }
    }
    Ok(metrics)
}

fn members<'a>(
    value: &'a Value,
    what: &str,
    needed: &[&str],
    more: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or(format!("{what}: no object"))?;
    if let Some(missing) = needed.iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("{what}: {missing} is missing"));
    }
    let known = |name: &&String| needed.contains(&name.as_str()) || more.contains(&name.as_str());
    match object.keys().find(|name| !known(name)) {
        Some(unknown) => Err(format!("{what}: {unknown} is not of the format")),
        None => Ok(object),
    }
}

fn list<'a>(value: &'a Value, what: &str, max: usize) -> Result<&'a [Value], String> {
    let values = value.as_array().ok_or(format!("{what}: no array"))?;
    if values.is_empty() || values.len() > max {
        return Err(format!("{what}: {} elements", values.len()));
    }
    Ok(values)
}

fn text(value: &Value, what: &str, max: usize) -> Result<String, String> {
    let text = value.as_str().ok_or(format!("{what}: no text"))?;
    let fits =
        !text.trim().is_empty() && text.len() <= max && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !fits || text.starts_with(':') {
        return Err(format!("{what}: not 1 to {max} ASCII characters"));
    }
    Ok(text.to_owned())
}
