//! The dialect of jsonpath-rw 1.4.0, as its lexer and its LALR grammar read it.
//!
//! The operators from loose to tight: a bracket behind an expression, `..`, `.`, `|`, `where`; all group to
//! the left. So `a.b[0]` is `(a.b)[0]` and `a..b[0]` is `(a..b)[0]`, which is unsurprising, but `a.b|c.d` is
//! `a.(b|c).d` and `a where b.c` is `(a where b).c`.

use super::{Segment, Slice};

/// The segments of `text`, or `None` if it is not in this dialect.
pub(super) fn parse(text: &str) -> Option<Vec<Segment>> {
    let mut parser = Parser {
        tokens: tokenize(text)?,
        next: 0,
    };
    let segments = parser.expression(Level::Bracket)?;
    (parser.next == parser.tokens.len()).then_some(segments)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Sign(char),
    DoubleDot,
    Where,
    Number(i64),
    /// A name, with or without quotes: they make no difference, not even for `'*'`.
    Name(String),
    /// Between backquotes.
    Operator(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Bracket,
    DoubleDot,
    Dot,
    Pipe,
    Where,
}

fn tokenize(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (token, length) = match c {
            ' ' | '\t' | '\n' => (None, 1),
            '.' if rest.starts_with("..") => (Some(Token::DoubleDot), 2),
            '*' | '.' | '[' | ']' | '(' | ')' | '$' | ',' | ':' | '|' => (Some(Token::Sign(c)), 1),
            '\'' | '"' => {
                let (name, length) = quoted(rest, c)?;
                (Some(Token::Name(name)), length)
            }
            '`' => {
                let (name, length) = quoted(rest, c)?;
                (Some(Token::Operator(name)), length)
            }
            'a'..='z' | 'A'..='Z' | '_' | '@' => {
                let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '-'));
                let name = rest.split(is_end).next()?;
                let token = if name == "where" {
                    Token::Where
                } else {
                    Token::Name(name.to_owned())
                };
                (Some(token), name.len())
            }
            '-' | '0'..='9' => {
                let (number, length) = number(rest)?;
                (Some(Token::Number(number)), length)
            }
            _ => return None,
        };
        tokens.extend(token);
        rest = rest.get(length..)?;
    }
    Some(tokens)
}

/// The content and the whole length of the quoted text at the start of `rest`. A backslash stands before
/// any character that is meant as it is, but not at the end of a line.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => content.push(chars.next().map(|(_, escaped)| escaped).filter(|&c| c != '\n')?),
            c if c == quote => return Some((content, at + quote.len_utf8())),
            c => content.push(c),
        }
    }
    None
}

/// The number at the start of `rest` and its length. Beyond 64 bits it stays at the limit, which is just
/// as far outside of any array.
fn number(rest: &str) -> Option<(i64, usize)> {
    let (digits, is_negative) = match rest.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (rest, false),
    };
    let digits = digits
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .filter(|digits| !digits.is_empty())?;
    let amount = digits.bytes().fold(0_i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    Some((
        if is_negative { -amount } else { amount },
        digits.len() + usize::from(is_negative),
    ))
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    /// An expression made of operators that bind tighter than `outer`, or as loosely in the case of brackets.
    fn expression(&mut self, outer: Level) -> Option<Vec<Segment>> {
        let mut left = self.operand()?;
        while let Some(level) = self.operator_level() {
            if level == Level::Bracket {
                if outer != Level::Bracket {
                    break;
                }
                left.push(self.bracket()?);
                continue;
            }
            if level <= outer {
                break;
            }
            self.next += 1;
            let right = self.expression(level)?;
            match level {
                Level::Bracket | Level::Dot => left.extend(right),
                Level::DoubleDot => left.push(Segment::Descend(right)),
                Level::Pipe => left = either(left, right),
                Level::Where => left.push(Segment::Where(right)),
            }
        }
        Some(left)
    }

    fn operator_level(&self) -> Option<Level> {
        match self.tokens.get(self.next)? {
            Token::Sign('[') => Some(Level::Bracket),
            Token::DoubleDot => Some(Level::DoubleDot),
            Token::Sign('.') => Some(Level::Dot),
            Token::Sign('|') => Some(Level::Pipe),
            Token::Where => Some(Level::Where),
            Token::Sign(_) | Token::Number(_) | Token::Name(_) | Token::Operator(_) => None,
        }
    }

    fn operand(&mut self) -> Option<Vec<Segment>> {
        let segment = match self.tokens.get(self.next)? {
            Token::Sign('$') => Segment::Root,
            Token::Sign('*') => Segment::Members,
            Token::Sign('[') => return Some(vec![self.bracket()?]),
            Token::Sign('(') => {
                self.next += 1;
                let inner = self.expression(Level::Bracket)?;
                self.expect(')')?;
                return Some(inner);
            }
            Token::Operator(name) if name == "this" => Segment::This,
            Token::Operator(name) if name == "parent" => Segment::Parent,
            Token::Name(_) => return Some(vec![self.names()?]),
            Token::Sign(_) | Token::DoubleDot | Token::Where | Token::Number(_) | Token::Operator(_) => {
                return None;
            }
        };
        self.next += 1;
        Some(vec![segment])
    }

    /// One or more names with commas between. `'*'` among them, which can only be quoted, means all members.
    fn names(&mut self) -> Option<Segment> {
        let mut names = Vec::new();
        loop {
            let Token::Name(name) = self.tokens.get(self.next)? else {
                return None;
            };
            names.push(name.clone());
            self.next += 1;
            if self.expect(',').is_none() {
                break;
            }
        }
        let all = names.iter().any(|name| name == "*");
        Some(if all {
            Segment::Members
        } else {
            Segment::Names(names)
        })
    }

    /// `[n]`, `[a:b]`, `[*]` or `[name, ...]`.
    fn bracket(&mut self) -> Option<Segment> {
        self.expect('[')?;
        let everything = Slice {
            start: None,
            end: None,
            step: 1,
            wraps: true,
        };
        let segment = if let Some(Token::Name(_)) = self.tokens.get(self.next) {
            self.names()?
        } else if self.expect('*').is_some() {
            Segment::Slice(everything)
        } else {
            let start = self.number();
            match (self.expect(':'), start) {
                (Some(()), start) => Segment::Slice(Slice {
                    start,
                    end: self.number(),
                    ..everything
                }),
                (None, Some(index)) => Segment::Index(index),
                (None, None) => return None,
            }
        };
        self.expect(']')?;
        Some(segment)
    }

    fn number(&mut self) -> Option<i64> {
        let Some(&Token::Number(number)) = self.tokens.get(self.next) else {
            return None;
        };
        self.next += 1;
        Some(number)
    }

    fn expect(&mut self, sign: char) -> Option<()> {
        let found = self.tokens.get(self.next) == Some(&Token::Sign(sign));
        self.next += usize::from(found);
        found.then_some(())
    }
}

/// `a|b|c` becomes one segment of three, so that a long chain does not become a deep tree.
fn either(left: Vec<Segment>, right: Vec<Segment>) -> Vec<Segment> {
    let mut alternatives = match <[Segment; 1]>::try_from(left) {
        Ok([Segment::Either(alternatives)]) => alternatives,
        Ok(one) => vec![one.into()],
        Err(several) => vec![several],
    };
    alternatives.push(right);
    vec![Segment::Either(alternatives)]
}
