//! Follows the segments of a path through a body, within a budget.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ptr;

use serde_json::Value;

use super::{Location, Segment, Slice, Step, TooManyMatches};

/// Values visited or produced, at most; each is counted as often as it is reached.
const MAX_NODES: usize = 10_000;
/// Units of work, at most; each is in the order of 20 ns. Names looked up, segments applied, values
/// compared, steps of the resulting locations.
const MAX_WORK: usize = 100_000;

/// The places in `body` that `segments` reach from the body, in document order.
pub(super) fn locate<'v>(segments: &[Segment], body: &'v Value) -> Result<Vec<Location<'v>>, TooManyMatches> {
    let mut walk = Walk {
        nodes: vec![Node {
            value: body,
            parent: None,
        }],
        work: 0,
    };
    let matches = walk.follow(segments, ROOT)?;
    // A value is known by its address in the body, so one pass over the body finds the places in order.
    let mut wanted: HashMap<*const Value, usize> = HashMap::new();
    for id in &matches {
        let address = ptr::from_ref(walk.node(*id).value);
        *wanted.entry(address).or_default() += 1;
    }
    let mut places = Places {
        wanted,
        at: Vec::new(),
        found: Vec::new(),
        work: walk.work,
    };
    places.collect(body)?;
    Ok(places.found)
}

/// Where a node lies in [`Walk::nodes`].
pub(super) type Id = usize;

/// The body itself.
const ROOT: Id = 0;

#[derive(Clone, Copy)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    parent: Option<Id>,
}

pub(super) struct Walk<'v> {
    nodes: Vec<Node<'v>>,
    work: usize,
}

impl<'v> Walk<'v> {
    /// What `segments` reach from the node `from`.
    pub(super) fn follow(&mut self, segments: &[Segment], from: Id) -> Result<Vec<Id>, TooManyMatches> {
        let mut reached = vec![from];
        for segment in segments {
            let mut next = Vec::new();
            for id in reached {
                self.apply(segment, id, &mut next)?;
            }
            reached = next;
        }
        Ok(reached)
    }

    fn apply(&mut self, segment: &Segment, id: Id, reached: &mut Vec<Id>) -> Result<(), TooManyMatches> {
        self.spend(1)?;
        let Node { value, parent } = self.node(id);
        match segment {
            Segment::Root => reached.push(ROOT),
            Segment::This => reached.push(id),
            Segment::Parent => reached.extend(parent),
            Segment::Names(names) => {
                self.spend(names.len())?;
                for member in names.iter().filter_map(|name| value.as_object()?.get(name)) {
                    reached.push(self.visit(member, id)?);
                }
            }
            Segment::Members => {
                for member in value.as_object().into_iter().flat_map(|members| members.values()) {
                    reached.push(self.visit(member, id)?);
                }
            }
            Segment::Children => reached.extend(self.children(id)?),
            Segment::Index(index) => {
                if let Some(element) = value
                    .as_array()
                    .and_then(|array| array.get(position(*index, array.len())?))
                {
                    reached.push(self.visit(element, id)?);
                }
            }
            Segment::Slice(slice) => match value {
                Value::Array(array) => {
                    for element in indexes(*slice, array.len()).filter_map(|index| array.get(index)) {
                        reached.push(self.visit(element, id)?);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                    if slice.wraps && indexes(*slice, 1).next().is_some() {
                        reached.push(id);
                    }
                }
            },
            Segment::Filter(test) => {
                for child in self.children(id)? {
                    if self.accepts(test, child)? {
                        reached.push(child);
                    }
                }
            }
            Segment::Either(alternatives) => {
                for alternative in alternatives {
                    reached.extend(self.follow(alternative, id)?);
                }
            }
            Segment::Where(condition) => {
                if !self.follow(condition, id)?.is_empty() {
                    reached.push(id);
                }
            }
            Segment::Descend(segments) => {
                let mut open = vec![id];
                while let Some(inner) = open.pop() {
                    reached.extend(self.follow(segments, inner)?);
                    open.extend(self.children(inner)?);
                }
            }
        }
        // Segments that stay where they are add no node, but must not add without end either.
        if reached.len() > MAX_NODES {
            Err(TooManyMatches)
        } else {
            Ok(())
        }
    }

    fn children(&mut self, id: Id) -> Result<Vec<Id>, TooManyMatches> {
        match self.node(id).value {
            Value::Array(array) => array.iter().map(|element| self.visit(element, id)).collect(),
            Value::Object(members) => members.values().map(|member| self.visit(member, id)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Vec::new()),
        }
    }

    fn visit(&mut self, value: &'v Value, parent: Id) -> Result<Id, TooManyMatches> {
        let id = self.nodes.len();
        if id > MAX_NODES {
            return Err(TooManyMatches);
        }
        self.nodes.push(Node {
            value,
            parent: Some(parent),
        });
        Ok(id)
    }

    pub(super) fn spend(&mut self, units: usize) -> Result<(), TooManyMatches> {
        spend(&mut self.work, units)
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "ids are made by `visit` and nodes are never removed"
    )]
    pub(super) fn node(&self, id: Id) -> Node<'v> {
        self.nodes[id]
    }
}

/// Collects the locations of the wanted values in the order of the body.
struct Places<'v> {
    /// How many times each value was matched.
    wanted: HashMap<*const Value, usize>,
    at: Location<'v>,
    found: Vec<Location<'v>>,
    work: usize,
}

impl<'v> Places<'v> {
    fn collect(&mut self, value: &'v Value) -> Result<(), TooManyMatches> {
        if let Some(times) = self.wanted.remove(&ptr::from_ref(value)) {
            for _ in 0..times {
                spend(&mut self.work, self.at.len())?;
                self.found.push(self.at.clone());
            }
        }
        match value {
            Value::Array(array) => {
                for (index, element) in array.iter().enumerate() {
                    self.enter(Step::Index(index), element)?;
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.enter(Step::Key(name), member)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    fn enter(&mut self, step: Step<'v>, value: &'v Value) -> Result<(), TooManyMatches> {
        if self.wanted.is_empty() {
            return Ok(());
        }
        self.at.push(step);
        self.collect(value)?;
        self.at.pop();
        Ok(())
    }
}

fn spend(work: &mut usize, units: usize) -> Result<(), TooManyMatches> {
    *work = work.saturating_add(units);
    if *work > MAX_WORK {
        Err(TooManyMatches)
    } else {
        Ok(())
    }
}

/// The position that `index` means in an array, if it lies inside: negative ones count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let position = if index < 0 {
        length.checked_sub(distance)?
    } else {
        distance
    };
    (position < length).then_some(position)
}

/// The positions that a slice means in an array, RFC 9535 section 2.3.4.2.2; with a step of 1 Python's, too.
fn indexes(slice: Slice, length: usize) -> Box<dyn Iterator<Item = usize>> {
    let from_end = |bound: i64| {
        let distance = usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX);
        if bound < 0 {
            length.checked_sub(distance)
        } else {
            Some(distance)
        }
    };
    let stride = usize::try_from(slice.step.unsigned_abs()).unwrap_or(usize::MAX);
    match slice.step.cmp(&0) {
        Ordering::Equal => Box::new(std::iter::empty()),
        Ordering::Greater => {
            let start = slice.start.map_or(0, |start| from_end(start).unwrap_or(0));
            let end = slice
                .end
                .map_or(length, |end| from_end(end).unwrap_or(0).min(length));
            Box::new((start..end).step_by(stride))
        }
        Ordering::Less => {
            // Half-open from above: the positions below `start` and not below `end`.
            let start = slice.start.map_or(length, |start| {
                from_end(start).map_or(0, |at| at.saturating_add(1))
            });
            let end = slice
                .end
                .map_or(0, |end| from_end(end).map_or(0, |at| at.saturating_add(1)));
            Box::new((end..start.min(length)).rev().step_by(stride))
        }
    }
}
