//! The fields of a form as an object: in the order of their first appearance, repeated ones as arrays.

use serde_json::{Map, Value};

/// What a form holds.
#[derive(Default)]
pub struct Fields {
    members: Map<String, Value>,
    /// Repeated ones included.
    count: usize,
}

impl Fields {
    /// How many there were, repeated ones included.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds one.
    pub fn add(&mut self, name: String, value: Value) {
        self.count += 1;
        match self.members.get_mut(&name) {
            None => drop(self.members.insert(name, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => {
                let values = vec![first.take(), value];
                *first = Value::Array(values);
            }
        }
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// All of them.
    pub fn into_json(self) -> String {
        Value::Object(self.members).to_string()
    }
}
