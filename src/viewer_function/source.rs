//! The function's JavaScript in tokens, as far as is needed to leave out what only people read.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From `//` to the end of the line.
    Comment,
    /// Spaces and line feeds.
    Space,
    /// A string in quotes.
    Quoted,
    /// A template, with all that is nested in it.
    Template,
    /// A regular expression and its flags.
    Pattern,
    /// A name, a keyword or a number.
    Word,
    /// One character of punctuation.
    Mark,
}

/// A piece of source; all of them together are the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub text: &'a str,
}

/// The source in tokens.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let last = tokens.iter().rev().find(|token| !matches!(token.kind, Kind::Comment | Kind::Space));
        let (token, after) = split_token(rest, last.map_or("", |token| token.text));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// The source without comments, indentation and needless spaces. Lines stay, so that an error's line can be found.
pub fn packed(source: &str) -> String {
    let mut packed = String::new();
    let mut gap = "";
    for token in tokens(source) {
        match token.kind {
            Kind::Space if token.text.contains('\n') => gap = "\n",
            Kind::Space if gap.is_empty() => gap = " ",
            Kind::Space | Kind::Comment => {}
            Kind::Quoted | Kind::Template | Kind::Pattern | Kind::Word | Kind::Mark => {
                if !packed.is_empty() && (gap == "\n" || (gap == " " && would_merge(&packed, token.text))) {
                    packed.push_str(gap);
                }
                packed.push_str(token.text);
                gap = "";
            }
        }
    }
    packed + "\n"
}

/// Whether two tokens would be read as one without a space, or not be read by those who look for `import cf from 'cloudfront'`.
fn would_merge(before: &str, after: &str) -> bool {
    let (Some(before), Some(after)) = (before.chars().next_back(), after.chars().next()) else { return false };
    (is_word(before) && (is_word(after) || after == '\'')) || (before == after && "+-/&|=!<>*".contains(before))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The first token of a text that is not empty; `last` is what stands before it, without which a division looks like a pattern.
fn split_token<'a>(text: &'a str, last: &str) -> (Token<'a>, &'a str) {
    let run = |is_part: fn(char) -> bool| text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (kind, length) = match text.as_bytes() {
        [b'/', b'/', ..] => (Kind::Comment, text.find('\n').unwrap_or(text.len())),
        [b'\'' | b'"', ..] => (Kind::Quoted, quoted_length(text)),
        [b'`', ..] => (Kind::Template, template_length(text)),
        [b'/', ..] if last == "return" || last.ends_with(|c| "(,=:[!&|?{};>".contains(c)) => {
            (Kind::Pattern, pattern_length(text))
        }
        [b' ' | b'\n', ..] => (Kind::Space, run(|c| matches!(c, ' ' | '\n'))),
        _ if text.starts_with(is_word) => (Kind::Word, run(is_word)),
        _ => (Kind::Mark, 1),
    };
    let (text, rest) = text.split_at(length);
    (Token { kind, text }, rest)
}

fn quoted_length(text: &str) -> usize {
    let (mut is_escaped, quote) = (false, text.chars().next());
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = !is_escaped && Some(*c) == quote;
        is_escaped = !is_escaped && *c == '\\';
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn pattern_length(text: &str) -> usize {
    let (mut is_escaped, mut is_in_class) = (false, false);
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = !is_escaped && !is_in_class && *c == '/';
        is_in_class = (is_in_class || (!is_escaped && *c == '[')) && (is_escaped || *c != ']');
        is_escaped = !is_escaped && *c == '\\';
        is_end
    });
    let end = end.map_or(text.len(), |(at, _)| at + 1);
    let flags = text[end..].find(|c| !is_word(c)).unwrap_or(text.len() - end);
    end + flags
}

fn template_length(text: &str) -> usize {
    let mut at = 1;
    while at < text.len() {
        let rest = &text[at..];
        match rest.as_bytes() {
            [b'`', ..] => return at + 1,
            [b'\\', _, ..] => at += 2,
            [b'$', b'{', ..] => at += 2 + nested_length(&rest[2..]),
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    text.len()
}

/// An expression in a template, its closing brace counted.
fn nested_length(text: &str) -> usize {
    let (mut depth, mut at, mut last) = (1, 0, "{");
    while depth > 0 && at < text.len() {
        let (token, _) = split_token(&text[at..], last);
        match (token.kind, token.text) {
            (Kind::Mark, "{") => depth += 1,
            (Kind::Mark, "}") => depth -= 1,
            _ => {}
        }
        at += token.text.len();
        if token.kind != Kind::Space {
            last = token.text;
        }
    }
    at
}
