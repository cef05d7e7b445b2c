//! The function says nothing that AWS does not document for CloudFront Functions' JavaScript runtime 2.0.
//!
//! njs refuses most of what is not documented, when it runs the vectors; this finds what njs takes all the same. Engines know more
//! than their documentation, so it goes by lists of what is documented and not of what is forbidden.

use std::collections::BTreeSet;

use pixfront::config::Config;
use pixfront::viewer_function::{Kind, SOURCE, Token, deployed, tokens};

/// Of ES 5.1, and of later statements the few that are listed.
const KEYWORDS: &str = "async await break case catch const continue do else false finally for function if in instanceof let new null \
    return switch throw true try typeof undefined var while";

const GLOBALS: &str = "Buffer Date Math Number Object String decodeURIComponent encodeURI encodeURIComponent console";

/// Methods and properties of the runtime's own objects (first those of strings, arrays and typed arrays), of buffers, of the
/// modules, and of events.
const MEMBERS: &str = "charAt codePointAt concat endsWith fromCodePoint includes indexOf lastIndexOf length match padEnd padStart \
    repeat replace search slice split startsWith substring toLowerCase toUpperCase trim every fill filter find findIndex forEach join \
    map pop push reduce reverse shift some sort splice unshift assign create entries keys values freeze isInteger isNaN floor max min \
    round now toUTCString exec test byteLength equals from toString createHmac update digest log kvs get selectRequestOriginById \
    rawQueryString request headers uri querystring value multiValue";

/// What no list has: the helper methods' page has it, as the first line.
const HEAD: &str = "import cf from 'cloudfront';\n";

type Code<'a> = Vec<Token<'a>>;

/// The tokens that run, those in templates at the end, each expression for itself.
fn code(source: &str) -> Code<'_> {
    let mut code: Code<'_> =
        tokens(source).into_iter().filter(|token| !matches!(token.kind, Kind::Comment | Kind::Space)).collect();
    for template in code.clone().iter().filter(|token| token.kind == Kind::Template) {
        let mut rest = template.text;
        while let Some((_, nested)) = rest.split_once("${") {
            let mut depth = 1;
            let end = nested.find(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth == 0
            });
            let (expression, after) = nested.split_at(end.unwrap());
            code.push(Token { kind: Kind::Mark, text: ";" });
            code.extend(self::code(expression));
            rest = after;
        }
    }
    code
}

/// The place of the bracket that this one closes.
fn opening(code: &Code<'_>, close: usize) -> usize {
    let mut depth = 0;
    (0..=close)
        .rev()
        .find(|at| {
            depth += i32::from(code[*at].text == ")") - i32::from(code[*at].text == "(");
            depth == 0
        })
        .unwrap()
}

/// The names that the code gives, and what in their lists is more than a name: a default, a pattern, three dots.
fn declared<'a>(code: &Code<'a>) -> (BTreeSet<&'a str>, Vec<&'a str>) {
    let (mut names, mut others) = (BTreeSet::from(["cf", "crypto", "handler"]), Vec::new());
    let mut take = |tokens: &[Token<'a>]| {
        for token in tokens {
            match (token.kind, token.text) {
                (Kind::Word, name) => drop(names.insert(name)),
                (Kind::Mark, ",") => {}
                (_, other) => others.push(other),
            }
        }
    };
    for at in 0..code.len() {
        match code[at].text {
            "const" | "let" | "function" => take(&code[at + 1..at + 2]),
            ">" if at > 1 && code[at - 1].text == "=" && code[at - 2].text == ")" => {
                take(&code[opening(code, at - 2) + 1..at - 2]);
            }
            ">" if at > 1 && code[at - 1].text == "=" => take(&code[at - 2..at - 1]),
            ")" => {
                let open = opening(code, at);
                let is_list =
                    (open > 0 && code[open - 1].text == "catch") || (open > 1 && code[open - 2].text == "function");
                take(if is_list { &code[open + 1..at] } else { &[] });
            }
            _ => {}
        }
    }
    (names, others)
}

/// Whether the brace opens an object and no block.
fn opens_object(code: &Code<'_>, at: usize) -> bool {
    code[at].text == "{" && at > 0 && {
        let before = code[at - 1].text;
        before.len() == 1 && "=(,:[?|&".contains(before) || matches!(before, "return" | "throw")
    }
}

/// The fields of an object that are not `name: value`.
fn odd_fields<'a>(code: &Code<'a>, open: usize) -> Vec<&'a str> {
    let (mut depth, mut odd) = (0, Vec::new());
    for at in open..code.len() {
        let text = code[at].text;
        depth += i32::from("{[(".contains(text)) - i32::from("}])".contains(text));
        if depth == 0 {
            break;
        }
        let begins = depth == 1 && (at == open || text == ",") && code[at + 1].text != "}";
        if begins && !(matches!(code[at + 1].kind, Kind::Word | Kind::Quoted) && code[at + 2].text == ":") {
            odd.push(code[at + 1].text);
        }
    }
    odd
}

/// All that is not documented, in a word each.
fn undocumented(source: &str) -> Vec<String> {
    let source = source.replacen(HEAD, "", 1);
    let code = code(&source);
    let (names, mut found) = declared(&code);
    let is_in = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    for at in 0..code.len() {
        let text =
            |offset: isize| at.checked_add_signed(offset).and_then(|at| code.get(at)).map_or("", |token| token.text);
        let (word, before, after) = (code[at].text, text(-1), text(1));
        let is_good = match code[at].kind {
            Kind::Word if before == "." => is_in(MEMBERS, word) || names.contains(word) || is_own_field(&code, word),
            Kind::Word if word == "await" => !matches!(before, "(" | ",") || text(-2) == "if",
            Kind::Word if word == "async" => after == "function",
            Kind::Word if word == "catch" => after == "(",
            Kind::Word if word == "require" => text(2) == "'crypto'",
            Kind::Word if word == "new" => after == "Date",
            Kind::Word if is_in(KEYWORDS, word) || is_in(GLOBALS, word) || names.contains(word) => true,
            Kind::Word => after == ":" || word.bytes().all(|b| b.is_ascii_digit()),
            Kind::Pattern => {
                !["(?<", "\\p", "\\k"].iter().any(|odd| word.contains(odd))
                    && word.rsplit('/').next().unwrap().bytes().all(|b| b"gim".contains(&b))
            }
            Kind::Quoted | Kind::Template => !word.contains("\\u{"),
            Kind::Mark if opens_object(&code, at) => odd_fields(&code, at).is_empty(),
            Kind::Mark => {
                let pair = format!("{word}{after}");
                word.is_ascii()
                    && !["..", "?.", "??", ",)", "**", "#"].contains(&pair.as_str())
                    && !"#@\\".contains(word)
            }
            Kind::Comment | Kind::Space => true,
        };
        if !is_good {
            found.push(word);
        }
    }
    found.into_iter().map(str::to_owned).collect()
}

/// Fields of objects that the function itself makes.
fn is_own_field(code: &Code<'_>, word: &str) -> bool {
    code.windows(2).any(|two| two[0].text == word && two[1].text == ":")
}

#[test]
fn only_documented_features_are_used() {
    for source in [SOURCE.to_owned(), deployed(&Config::default(), true).unwrap()] {
        assert_eq!(undocumented(&source), Vec::<String>::new());
        assert!(source.is_ascii());
    }
}

/// Most of these njs takes; each is in newer JavaScript.
#[test]
fn what_is_not_documented_is_found() {
    let usual = "const text = 'a'; const list = [1]; const parts = () => list;\n";
    assert_eq!(undocumented(usual), Vec::<String>::new());
    let odd = [
        "const { a } = parts();",
        "const [a] = list;",
        "parts(...list);",
        "parts(list,);",
        "const b = { text };",
        "const b = { [text]: 1 };",
        "const b = { text() { return 1; } };",
        "const b = text?.length;",
        "const b = text ?? 'b';",
        "for (const one of list) parts(one);",
        "class B {}",
        "const b = (one = 1) => one;",
        "const b = Array.from(list);",
        "const b = text.at(0);",
        "const b = text.charCodeAt(0);",
        "const b = list.flat();",
        "const b = /(?<=a)b/.test(text);",
        "const b = /a/u.test(text);",
        "const b = new Map();",
        "const b = 1n;",
        "try { parts(); } catch { parts(); }",
        "const b = async () => 1;",
        "async function b() { parts(await parts()); }",
        "eval(text);",
        "const b = setTimeout(parts);",
        "const b = text.normalize();",
        "const b = '\\u{1f431}';",
        "const b = `${text.anchor()}`;",
        "export default parts;",
        "const b = process.env;",
        "function* b() { yield 1; }",
        "const b = Symbol('a');",
    ];
    for line in odd {
        assert_ne!(undocumented(&format!("{usual}{line}")), Vec::<String>::new(), "{line}");
    }
}
