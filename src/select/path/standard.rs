//! RFC 9535. Whether an expression is well-formed and well-typed is the word of serde_json_path; what it
//! means is read here, because serde_json_path evaluates without a budget: `$[0,0][0,0][0,0]...` doubles
//! its matches with each bracket. (Its version 0.7.2 also errs in comparisons: `true > false` holds, two
//! absent values are not `<=`, `@[-1]` is absent, and whole numbers beyond 2^53 are rounded.)
//!
//! So this reader may take more than the standard allows: spaces, numbers, types. It goes first, to tell a
//! regular expression from a mistake.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::{Comparison, Operand, PathError, Query, Segment, Slice, Test};

/// The segments of `text`, whose nesting must be bounded by the caller.
pub(super) fn parse(text: &str) -> Result<Vec<Segment>, PathError> {
    let mut reader = Reader { rest: text };
    reader.expect("$")?;
    let segments = reader.query(Segment::Root)?;
    let is_read = reader.rest.is_empty() && JsonPath::parse(text).is_ok();
    is_read.then_some(segments).ok_or(PathError::Syntax)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn query(&mut self, origin: Segment) -> Result<Query, PathError> {
        let mut segments = vec![origin];
        loop {
            segments.push(if self.eat("..") {
                let selection = if self.eat("[") {
                    self.selectors()?
                } else {
                    self.shorthand()?
                };
                Segment::Descend(vec![selection])
            } else if self.eat(".") {
                self.shorthand()?
            } else if self.eat("[") {
                self.selectors()?
            } else {
                return Ok(segments);
            });
        }
    }

    /// What may stand behind a dot: `*` or a name.
    fn shorthand(&mut self) -> Result<Segment, PathError> {
        if self.eat("*") {
            return Ok(Segment::Children);
        }
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
        if name.is_empty() {
            Err(PathError::Syntax)
        } else {
            Ok(Segment::Names(vec![name.to_owned()]))
        }
    }

    /// The rest of a bracket, of which the `[` has been read.
    fn selectors(&mut self) -> Result<Segment, PathError> {
        let first = self.selector()?;
        let mut more = Vec::new();
        while self.eat(",") {
            more.push(vec![self.selector()?]);
        }
        self.expect("]")?;
        if more.is_empty() {
            return Ok(first);
        }
        more.insert(0, vec![first]);
        Ok(Segment::Either(more))
    }

    fn selector(&mut self) -> Result<Segment, PathError> {
        if self.eat("*") {
            return Ok(Segment::Children);
        }
        if self.eat("?") {
            return Ok(Segment::Filter(self.any_of()?));
        }
        if let Some(name) = self.string()? {
            return Ok(Segment::Names(vec![name]));
        }
        let start = self.integer()?;
        if !self.eat(":") {
            return start.map(Segment::Index).ok_or(PathError::Syntax);
        }
        let end = self.integer()?;
        let step = if self.eat(":") { self.integer()? } else { None };
        Ok(Segment::Slice(Slice {
            start,
            end,
            step: step.unwrap_or(1),
            wraps: false,
        }))
    }

    fn any_of(&mut self) -> Result<Test, PathError> {
        let mut tests = vec![self.all_of()?];
        while self.eat("||") {
            tests.push(self.all_of()?);
        }
        Ok(Test::Or(tests))
    }

    fn all_of(&mut self) -> Result<Test, PathError> {
        let mut tests = vec![self.test()?];
        while self.eat("&&") {
            tests.push(self.test()?);
        }
        Ok(Test::And(tests))
    }

    fn test(&mut self) -> Result<Test, PathError> {
        if self.eat("!") {
            return Ok(Test::Not(Box::new(self.test()?)));
        }
        if self.eat("(") {
            let test = self.any_of()?;
            self.expect(")")?;
            return Ok(test);
        }
        let left = self.operand()?;
        let operators = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        for (sign, comparison) in operators {
            if self.eat(sign) {
                return Ok(Test::Compare(left, comparison, self.operand()?));
            }
        }
        match left {
            Operand::Single(query) => Ok(Test::Exists(query)),
            Operand::Literal(_) | Operand::Length(_) | Operand::Count(_) => Err(PathError::Syntax),
        }
    }

    fn operand(&mut self) -> Result<Operand, PathError> {
        if self.eat("@") {
            return Ok(Operand::Single(self.query(Segment::This)?));
        }
        if self.eat("$") {
            return Ok(Operand::Single(self.query(Segment::Root)?));
        }
        if let Some(text) = self.string()? {
            return Ok(Operand::Literal(Value::String(text)));
        }
        self.skip_space();
        let word = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.'));
        if self.eat("(") {
            let operand = match word {
                "match" | "search" => return Err(PathError::RegexFunction),
                "length" => Operand::Length(Box::new(self.operand()?)),
                "count" => Operand::Count(self.argument()?),
                "value" => Operand::Single(self.argument()?),
                _ => return Err(PathError::Syntax),
            };
            self.expect(")")?;
            return Ok(operand);
        }
        // The remaining literals are written as in JSON.
        serde_json::from_str(word)
            .map(Operand::Literal)
            .map_err(|_| PathError::Syntax)
    }

    /// The query that `count` and `value` ask for.
    fn argument(&mut self) -> Result<Query, PathError> {
        match self.operand()? {
            Operand::Single(query) => Ok(query),
            Operand::Literal(_) | Operand::Length(_) | Operand::Count(_) => Err(PathError::Syntax),
        }
    }

    /// A quoted text, if there is one: as in JSON, but in either kind of quotes.
    fn string(&mut self) -> Result<Option<String>, PathError> {
        let Some(quote) = ['\'', '"']
            .into_iter()
            .find(|&quote| self.eat(quote.encode_utf8(&mut [0; 4])))
        else {
            return Ok(None);
        };
        let mut json = String::from('"');
        loop {
            let c = self.next()?;
            match c {
                '\\' => match self.next()? {
                    '\'' if quote == '\'' => json.push('\''),
                    escaped => json.extend(['\\', escaped]),
                },
                c if c == quote => break,
                '"' => json.push_str("\\\""),
                c => json.push(c),
            }
        }
        json.push('"');
        serde_json::from_str(&json)
            .map(Some)
            .map_err(|_| PathError::Syntax)
    }

    fn integer(&mut self) -> Result<Option<i64>, PathError> {
        self.skip_space();
        let digits = self.take(|c| c.is_ascii_digit() || c == '-');
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| PathError::Syntax)
    }

    fn next(&mut self) -> Result<char, PathError> {
        let mut chars = self.rest.chars();
        let c = chars.next().ok_or(PathError::Syntax)?;
        self.rest = chars.as_str();
        Ok(c)
    }

    fn expect(&mut self, sign: &str) -> Result<(), PathError> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(PathError::Syntax)
        }
    }

    /// Steps over `sign` and the space before it, if it comes next.
    fn eat(&mut self, sign: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        self.take(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }
}

impl<'t> Reader<'t> {
    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}
