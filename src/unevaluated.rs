//! Expressions of state machines that came as text, because nobody evaluated them: a field that should have been called
//! `token.$`, or JSONata in a state whose query language is JSONPath. Read by shape; no value is ever repeated.

use crate::rejection::Fault;
use crate::unseen::is_visible;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Most fields that are named one by one.
const MAX_NAMED: usize = 20;
/// Longest name of a field that is repeated, in characters. A longer one is not a name that somebody mistyped.
const MAX_NAME_CHARS: usize = 32;

/// What a text was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expression {
    /// A path, or an intrinsic function, of a JSONPath state.
    Path,
    /// `{% … %}`, or what belongs between.
    Jsonata,
    /// The name of its field ends with `.$`.
    Named,
}

/// A field of a request that holds an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is, as faults name it.
    pub at: String,
    expression: Expression,
}

impl Expression {
    /// The expression that the whole of a text is, or the JSONata within it. Honest texts that hold a dollar sign or braces are
    /// not.
    pub fn of(text: &str) -> Option<Self> {
        let text = unframed(text);
        if text.starts_with("{%") && text.ends_with("%}") && text.len() >= 4 || holds_jsonata(text) {
            return Some(Self::Jsonata);
        }
        if is_steps(text.strip_prefix("$states")) {
            return Some(Self::Jsonata);
        }
        let path = text.strip_prefix("$$").or_else(|| text.strip_prefix('$'));
        (is_steps(path) || is_intrinsic(text)).then_some(Self::Path)
    }

    fn hint(self, name: &str) -> String {
        let (jsonpath, jsonata) = examples(name);
        match self {
            Self::Path => format!(
                "nobody evaluated this expression. A JSONPath state evaluates it under a name that ends with .$, as {jsonpath}; a \
                 JSONata state evaluates {jsonata}"
            ),
            Self::Jsonata => format!(
                "nobody evaluated this expression. A state evaluates {jsonata} if its QueryLanguage is JSONata and the text holds \
                 nothing else; a JSONPath state evaluates {jsonpath}"
            ),
            Self::Named => format!(
                "nobody evaluated this. \".$\" works inside Parameters of a JSONPath state; in JSONata write {jsonata}"
            ),
        }
    }
}

impl Found {
    /// What to tell the author.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.at, self.hint())
    }

    fn hint(&self) -> String {
        let name = self.at.rsplit(']').next().unwrap_or_default();
        let name = name.strip_suffix(".$").unwrap_or(name);
        self.expression.hint(name.rsplit('.').next().unwrap_or_default())
    }
}

/// How the two languages write a field; without a name, for an item of a list.
fn examples(name: &str) -> (String, String) {
    let (path, query) = match name {
        "token" => ("$$.Task.Token", "{% $states.context.Task.Token %}"),
        _ => ("$.…", "{% … %}"),
    };
    match name {
        "" => (format!("\"….$\": \"{path}\""), format!("\"{query}\"")),
        _ => (
            format!("\"{name}.$\": \"{path}\""),
            format!("\"{name}\": \"{query}\""),
        ),
    }
}

/// What is wrong with a text that stands where a task token belongs. Other characters than those of AWS are fine: emulators
/// have tokens of their own.
pub fn wrong_token(token: &str) -> Option<&'static str> {
    let trimmed = unframed(token);
    let is_around = |open, close| trimmed.starts_with(open) && trimmed.ends_with(close);
    let is_expression = trimmed.starts_with('$')
        || token.contains("{%")
        || token.contains("{{")
        || is_around('<', '>')
        || is_around('{', '}');
    let is_changed = token.chars().any(|c| c.is_whitespace() || c.is_control());
    match (is_expression, is_changed) {
        (true, _) => Some(
            "is an expression or a placeholder that nobody evaluated, so no task can be answered. In JSONPath write \"token.$\": \
             \"$$.Task.Token\", in JSONata \"token\": \"{% $states.context.Task.Token %}\"",
        ),
        (false, true) => Some(
            "holds white space or a control character, which no task token does, so no task can be answered. Pass the token on as it \
             is: in JSONPath \"token.$\": \"$$.Task.Token\", in JSONata \"token\": \"{% $states.context.Task.Token %}\"",
        ),
        (false, false) => None,
    }
}

/// The fields of a request whose whole value is an expression, in order. What may hold one stays out: paths, schemas, and,
/// where parameters are filled in, the texts into which they are. So does the token, which has a rule of its own.
pub fn in_request(text: &str, parameters: bool) -> Vec<Found> {
    walked(text, parameters, false)
}

fn walked(text: &str, parameters: bool, tokens: bool) -> Vec<Found> {
    let mut walk = Walk {
        path: Vec::new(),
        parameters,
        tokens,
        found: Vec::new(),
    };
    // The request was read before, or is refused for what is wrong with it.
    let _ = Within(&mut walk).deserialize(&mut serde_json::Deserializer::from_str(text));
    walk.found
}

/// What to tell the author of a request that is granted.
pub fn warnings(found: &[Found]) -> Vec<String> {
    let named = found.iter().take(MAX_NAMED).map(Found::sentence);
    let more = found.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("{more} more fields hold expressions that nobody evaluated"));
    named.chain(more).collect()
}

/// The fault of a refused request, with what was probably meant if its field holds an expression.
pub fn explained(fault: Fault, text: &str) -> Fault {
    if fault.at.ends_with(".$") {
        let at = fault.at;
        let expression = Expression::Named;
        let hint = Found {
            at: at.clone(),
            expression,
        }
        .hint();
        return Fault::at(at, hint);
    }
    if fault.what.contains("nobody evaluated") {
        return fault;
    }
    let found = walked(text, false, true);
    let at = |wanted: &str| found.iter().find(|found| found.at == wanted);
    if let Some(found) = at(&fault.at) {
        let name = fault.at.rsplit('.').next().unwrap_or_default();
        let hint = match meant(name, &fault.what) {
            Some(known) => found.expression.hint(known),
            None => found.hint(),
        };
        let what = format!("{}; {}", fault.what, hint);
        return Fault::at(fault.at, what);
    }
    let missing = fault.what.strip_prefix("missing field `");
    let missing = missing.and_then(|rest| rest.strip_suffix('`'));
    let named = missing.map(|name| match fault.at.as_str() {
        "" => format!("{name}.$"),
        at => format!("{at}.{name}.$"),
    });
    match named.and_then(|named| at(&named)) {
        Some(found) => Fault::at(found.at.clone(), found.hint()),
        None => fault,
    }
}

/// The name that an unknown one stands for, of those that a refusal lists: the same but for letter case and signs, or a part of
/// the other (`taskToken`, `token$`).
fn meant<'w>(name: &str, what: &'w str) -> Option<&'w str> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let name = plain(name);
    let known = what
        .strip_prefix("must be one of ")
        .or_else(|| what.strip_prefix("must be "))?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let same = known.iter().find(|known| plain(known) == name);
    let near = || {
        known.iter().find(|known| {
            known.len() > 3 && (name.ends_with(&plain(known)) || name.starts_with(&plain(known)))
        })
    };
    same.or_else(near).copied()
}

/// As [`explained`], for a text that stands by itself.
pub fn explained_text(what: String, name: &str, text: &str) -> String {
    match Expression::of(text) {
        Some(expression) => format!("{what}; {}", expression.hint(name)),
        None => what,
    }
}

/// The text without what frames it: characters that leave no mark, and quotes.
fn unframed(text: &str) -> &str {
    text.trim_matches(|c| {
        !is_visible(c) || matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»')
    })
}

/// Whether `{% … %}` stands in it, with a variable between. Templates of other languages have none.
fn holds_jsonata(text: &str) -> bool {
    let mut expressions = text.split("{%").skip(1).filter_map(|rest| rest.split_once("%}"));
    expressions.any(|(inside, _)| inside.contains('$'))
}

/// Steps of a path, to the end: `.name`, `..name`, `.*`, `[…]`. `$.50` is an amount.
fn is_steps(text: Option<&str>) -> bool {
    let Some(mut rest) = text.filter(|text| !text.is_empty()) else {
        return false;
    };
    while !rest.is_empty() {
        let after = match rest.strip_prefix('[') {
            Some(inside) => after_bracket(inside),
            None => after_name(rest),
        };
        let Some(after) = after else { return false };
        rest = after;
    }
    true
}

fn after_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("..").or_else(|| text.strip_prefix('.'))?;
    if let Some(after) = name.strip_prefix('*') {
        return Some(after);
    }
    if text.starts_with("..[") {
        return Some(name);
    }
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let end = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    name.get(end.unwrap_or(name.len())..)
}

/// What follows the bracket that closes this one. Brackets in quotes do not count.
fn after_bracket(inside: &str) -> Option<&str> {
    let mut depth = 1_usize;
    let mut quote = None;
    for (place, c) in inside.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 1 => return inside.get(place + 1..).filter(|_| place > 0),
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// `States.Format(…)` and its like.
fn is_intrinsic(text: &str) -> bool {
    let call = text.strip_prefix("States.").and_then(|rest| rest.split_once('('));
    call.is_some_and(|(name, rest)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) && rest.ends_with(')')
    })
}

enum Part {
    Field(String),
    Item(usize),
}

/// A way through a request that keeps no more of it than where it is.
struct Walk {
    path: Vec<Part>,
    parameters: bool,
    /// Whether tokens are looked at like everything else.
    tokens: bool,
    found: Vec<Found>,
}

impl Walk {
    fn at(&self) -> String {
        let mut at = String::new();
        for part in &self.path {
            match part {
                Part::Field(name) if at.is_empty() => at.push_str(name),
                Part::Field(name) => {
                    at.push('.');
                    at.push_str(name);
                }
                Part::Item(index) => at.push_str(&format!("[{index}]")),
            }
        }
        at
    }

    fn field(&self, depth: usize) -> &str {
        match self.path.get(depth) {
            Some(Part::Field(name)) => name,
            Some(Part::Item(_)) | None => "",
        }
    }

    /// Where an expression is at home, or another rule looks.
    fn may_hold_expressions(&self) -> bool {
        match self.field(0) {
            "token" => self.path.len() == 1 && !self.tokens,
            "target" => match self.field(1) {
                "token" => !self.tokens,
                other => other == "event",
            },
            "actions" if self.field(2) == "outcomes" => match self.field(4) {
                "output_path" | "error_path" | "cause_path" => true,
                "schema" => self.is_compared(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a text of a schema is compared with answers, or is a pattern for them. Titles, descriptions and defaults are
    /// shown to people. A field of a form may have the name of a keyword.
    fn is_compared(&self) -> bool {
        let mut is_name = false;
        self.path.iter().skip(5).any(|part| match part {
            Part::Field(name) if !is_name => {
                is_name = matches!(
                    name.as_str(),
                    "properties" | "patternProperties" | "$defs" | "definitions"
                );
                matches!(name.as_str(), "const" | "enum" | "pattern")
            }
            Part::Field(_) => {
                is_name = false;
                false
            }
            Part::Item(_) => false,
        })
    }

    /// Where `$name` is a parameter.
    fn is_filled(&self) -> bool {
        self.parameters
            && self.field(0) == "actions"
            && matches!(self.field(2), "output" | "error" | "cause" | "response")
    }

    fn text(&mut self, text: &str) {
        let Some(expression) = Expression::of(text) else {
            return;
        };
        if self.may_hold_expressions() || self.is_filled() && !text.contains("{%") {
            return;
        }
        let is_named = matches!(self.path.last(), Some(Part::Field(name)) if name.ends_with(".$"));
        let expression = if is_named { Expression::Named } else { expression };
        let at = self.at();
        self.found.push(Found { at, expression });
    }
}

struct Within<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            self.0.path.push(Part::Item(index));
            let item = list.next_element_seed(Within(self.0));
            self.0.path.pop();
            if item?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let is_short = name.chars().nth(MAX_NAME_CHARS).is_none() && !name.contains(char::is_control);
            let name = if is_short {
                name
            } else {
                "(a long name)".to_owned()
            };
            self.0.path.push(Part::Field(name));
            let value = map.next_value_seed(Within(self.0));
            self.0.path.pop();
            value?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_whole_values() {
        for text in [
            "$.address",
            "$.a.b-c_d[0]",
            "$['a b'].c",
            "$[0]",
            "$[*].x",
            "$..book",
            "$..*",
            "$.*",
            "$..[0]",
            "$.a[?(@.b == ']')].c",
            "$$.Execution.Id",
            "$$.Task.Token",
            " $.address\n",
            "\u{feff}$.address",
            "'$.address'",
            "“$$.Task.Token”",
            "\u{200b}\"$.a\" \u{2060}",
            "$.größe",
            "States.Format('{}', $.a)",
            "States.UUID()",
        ] {
            assert_eq!(Expression::of(text), Some(Expression::Path), "{text}");
        }
        for text in [
            "{% $states.input.email %}",
            "{%$x%}",
            "\n{% 1 %} ",
            "$states.input.email",
            "$states.context.Task.Token",
            "{%%}",
            "Pay {% $states.input.amount %}",
            "{% a %} for {%$x%}!",
            "\u{200b}{% $x %}\u{feff}",
            "\"$states.input.email\"",
        ] {
            assert_eq!(Expression::of(text), Some(Expression::Jsonata), "{text}");
        }
        for text in [
            "",
            "$",
            "$$",
            "$5 off",
            "$.50",
            "Costs $.50",
            "$name",
            "${name}",
            "$$name",
            "$ .a",
            "$.",
            "$..",
            "$.a b",
            "$.a is wrong",
            "pay $.a",
            "$[",
            "$[]",
            "$[0",
            "$.a.",
            "$a.b",
            "States.Format",
            "States of matter (three)",
            "States.x y(z)",
            "{% open",
            "a {% b %}",
            "So {% if x %} it costs $5 {% endif %}",
            "$x {% y",
            "%} $x {%",
            "{{x}}",
            "100%}",
            "$statesman",
            "US$.a",
        ] {
            assert_eq!(Expression::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_not_an_expression_or_a_placeholder() {
        for token in [
            "$$.Task.Token",
            "$.token",
            "$states.context.Task.Token",
            "${Token}",
            "$TOKEN",
            " $$.Task.Token",
            "\u{feff}$$.Task.Token",
            "\u{200b}$x",
            "\"$$.Task.Token\"",
            "'{token}'",
            "`<token>`\u{2060}",
            "{% $states.context.Task.Token %}",
            "x{%",
            "{{token}}",
            "a{{b}}c",
            "<token>",
            "<task token>",
            "{token}",
            "{}",
        ] {
            assert!(
                wrong_token(token).is_some_and(|what| what.starts_with("is an expression")),
                "{token}"
            );
        }
        for token in [
            "AAAA\n", " AAAA", "AA AA", "AA\tAA", "AA\u{a0}", "AA\0", "AA\u{85}", "\u{2028}",
        ] {
            assert!(
                wrong_token(token).is_some_and(|what| what.starts_with("holds white space")),
                "{token:?}"
            );
        }
        for token in [
            "AAAAKgAAAAIAAAAAAAAAAQ+/=",
            "6f1c9f0e-6c8c-4a9e-9f0e-6c8c4a9e9f0e",
            "t",
            "token-1_2.3~",
            "é",
            "a$b",
            "a{b}",
            "a<b>",
            "<",
            "a>",
            "\u{feff}a",
        ] {
            assert_eq!(wrong_token(token), None, "{token}");
        }
    }

    fn at(text: &str, parameters: bool) -> Vec<String> {
        in_request(text, parameters)
            .into_iter()
            .map(|found| found.at)
            .collect()
    }

    #[test]
    fn every_field_is_looked_at_but_those_where_expressions_are_at_home() {
        let request = r#"{"token":"$.t","expiration":"$.end","locale":"{% $l %}","recipients":[{"id":"$.id"},{"id":"a","email":"$$.e"}],
            "deliver":[{"ses":{"to":["x","$.to"],"subject":"$5 off"}}],"title.$":"$.x","other.$":"x","n":1,"f":1.5e400,"b":[true,null,-1],
            "actions":[{"name":"a","type":"success","output":{"$.key":1,"by.$":"$.by","x":["$.x"]},"confirm":{"title":"{% 1 %}",
              "facts":[["A","$.amount"],["$.term","Costs $.50"]]},"response":{"text":"$.text"}},
             {"name":"p","type":"post","outcomes":[{"schema":{"const":"$.x"},"output_path":"$.a","output":"$.out"},{"schema":{"title":"$.shown",
                "properties":{"enum":{"description":"Pay {% $states.input.sum %}","default":"$.d","enum":["$.x"],"pattern":"$.p"},
                "properties":{"items":{"const":{"a":["$.x"]},"title":"{% $t %}"},"oneOf":[{"const":"$.c","title":"$.t"}]}}}}],
              "verify":{"secret":"{% $s %}","parts":["{body}"]}}],
            "target":{"token":"$.t","event":{"x":"$.x"},"pipeline":"$.p"}}"#;
        let expected = [
            "expiration",
            "locale",
            "recipients[0].id",
            "recipients[1].email",
            "deliver[0].ses.to[1]",
            "title.$",
            "actions[0].output.by.$",
            "actions[0].output.x[0]",
            "actions[0].confirm.title",
            "actions[0].confirm.facts[0][1]",
            "actions[0].confirm.facts[1][0]",
            "actions[0].response.text",
            "actions[1].outcomes[0].output",
            "actions[1].outcomes[1].schema.title",
            "actions[1].outcomes[1].schema.properties.enum.description",
            "actions[1].outcomes[1].schema.properties.enum.default",
            "actions[1].outcomes[1].schema.properties.properties.items.title",
            "actions[1].outcomes[1].schema.properties.properties.oneOf[0].title",
            "actions[1].verify.secret",
            "target.pipeline",
        ];
        let request = request.replace("1.5e400", "1.5");
        assert_eq!(at(&request, false), expected);
        let filled = [
            "actions[0].output.by.$",
            "actions[0].output.x[0]",
            "actions[0].response.text",
        ];
        let without: Vec<&str> = expected.into_iter().filter(|at| !filled.contains(at)).collect();
        assert_eq!(at(&request, true), without);
        assert_eq!(
            at(r#"{"actions":[{"output":"{% x %}"}]}"#, true),
            ["actions[0].output"]
        );
        let long = format!(r#"{{"{}":"$.a"}}"#, "k".repeat(33));
        assert_eq!(at(&long, false), ["(a long name)"]);
        assert_eq!(at("nonsense", false), [""; 0]);
    }

    #[test]
    fn the_author_is_told_what_was_meant_and_never_the_value() {
        let found = in_request(
            r#"{"a":"$.canary","b":{"c.$":"$.canary"},"d":["{% canary %}"],"token.$":"$$.Task.Token"}"#,
            false,
        );
        let sentences = warnings(&found);
        assert_eq!(sentences.len(), 4);
        assert!(
            sentences.iter().all(|sentence| !sentence.contains("canary")),
            "{sentences:?}"
        );
        assert!(
            sentences[0].contains("\"a.$\": \"$.…\"") && sentences[0].contains("\"a\": \"{% … %}\""),
            "{sentences:?}"
        );
        assert!(
            sentences[1].starts_with("b.c.$: nobody evaluated this.")
                && sentences[1].contains("\"c\": \"{% … %}\""),
            "{sentences:?}"
        );
        assert!(
            sentences[2].starts_with("d[0]: ") && sentences[2].contains("QueryLanguage"),
            "{sentences:?}"
        );
        let token = "token.$: nobody evaluated this. \".$\" works inside Parameters of a JSONPath state; in JSONata write \"token\": \
                     \"{% $states.context.Task.Token %}\"";
        assert_eq!(sentences[3], token);
        let many = format!("[{}]", vec!["\"$.a\""; 25].join(","));
        let sentences = warnings(&in_request(&many, false));
        assert_eq!(sentences.len(), 21);
        assert_eq!(
            sentences[20],
            "5 more fields hold expressions that nobody evaluated"
        );
    }

    #[test]
    fn refusals_say_what_was_meant() {
        let text = r#"{"token.$":"$$.Task.Token","expiration":"$.x","actions":[{"output.$":"$.out"}],"z":1}"#;
        let explained = |at: &str, what: &str| explained(Fault::at(at, what), text).to_string();
        assert!(
            explained("token.$", "must be one of `token`").starts_with("token.$: nobody evaluated this.")
        );
        assert!(
            explained("actions[3].x.$", "is not known here")
                .starts_with("actions[3].x.$: nobody evaluated this.")
        );
        assert!(
            explained("expiration", "must be a number")
                .starts_with("expiration: must be a number; nobody evaluated")
        );
        assert!(
            explained("actions[0]", "missing field `output`")
                .starts_with("actions[0].output.$: nobody evaluated this.")
        );
        assert_eq!(
            explained("actions[0]", "missing field `name`"),
            "actions[0]: missing field `name`"
        );
        assert_eq!(explained("z", "must be a string"), "z: must be a string");
    }

    #[test]
    fn hints_name_a_field_that_there_is() {
        for name in ["taskToken", "token$", "task_token", "Token", "TOKEN_"] {
            let text = format!(r#"{{"{name}":"$$.Task.Token"}}"#);
            let fault = Fault::at(name, "must be one of `token`, `target`, `actions`");
            let told = explained(fault, &text).to_string();
            assert!(told.contains("as \"token.$\": \"$$.Task.Token\""), "{told}");
            assert!(!told.contains(&format!("\"{name}.$\"")), "{told}");
        }
        // A value that is not one of those listed stands in a field that there is.
        let fault = Fault::at("type", "must be one of `success`, `failure`");
        let told = explained(fault, r#"{"type":"$.type"}"#).to_string();
        assert!(told.contains("\"type.$\": \"$.…\""), "{told}");
    }

    #[test]
    fn a_token_that_is_refused_for_its_shape_is_explained_once() {
        let text = r#"{"target":{"token":"$.t"},"token":"$$.Task.Token"}"#;
        let told = explained(Fault::at("target.token", "must be a UUID"), text).to_string();
        assert!(
            told.starts_with("target.token: must be a UUID; nobody evaluated"),
            "{told}"
        );
        let what = wrong_token("$$.Task.Token").unwrap();
        assert_eq!(
            explained(Fault::at("token", what), text).to_string(),
            format!("token: {what}")
        );
        assert!(in_request(text, false).is_empty());
    }
}
