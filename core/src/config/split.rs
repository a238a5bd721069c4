//! The quoting of configuration lines and inline commands: splitting a line into arguments, and writing one back.

/// Splits a line into arguments. Blanks separate; `"..."` knows `\n \r \t \b \a \xHH` and `\` before anything
/// else, `'...'` knows `\'` alone; quotes may stand anywhere in an argument. `None` when a quote stays open.
pub fn split_args(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let line = until_nul(line);
    let mut args = Vec::new();
    let mut at = 0;
    loop {
        at += line[at..].iter().take_while(|c| is_space(**c)).count();
        if at == line.len() {
            return Some(args);
        }
        let (arg, end) = one_arg(line, at)?;
        args.push(arg);
        at = end;
    }
}

fn one_arg(line: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
    let mut arg = Vec::new();
    while let Some(&c) = line.get(at) {
        at += 1;
        match c {
            b' ' | b'\n' | b'\r' | b'\t' => break,
            b'"' => at = double_quoted(line, at, &mut arg)?,
            b'\'' => at = single_quoted(line, at, &mut arg)?,
            _ => arg.push(c),
        }
    }
    Some((arg, at))
}

fn double_quoted(line: &[u8], mut at: usize, arg: &mut Vec<u8>) -> Option<usize> {
    loop {
        let c = *line.get(at)?;
        at += 1;
        match (c, line.get(at)) {
            (b'"', _) => return Some(at),
            (b'\\', Some(b'x')) if let Some(byte) = hex_byte(line.get(at + 1..at + 3)) => {
                arg.push(byte);
                at += 3;
            }
            (b'\\', Some(escaped)) => {
                arg.push(unescape(*escaped));
                at += 1;
            }
            _ => arg.push(c),
        }
    }
}

fn single_quoted(line: &[u8], mut at: usize, arg: &mut Vec<u8>) -> Option<usize> {
    loop {
        let c = *line.get(at)?;
        at += 1;
        match (c, line.get(at)) {
            (b'\'', _) => return Some(at),
            (b'\\', Some(b'\'')) => {
                arg.push(b'\'');
                at += 1;
            }
            _ => arg.push(c),
        }
    }
}

fn unescape(c: u8) -> u8 {
    match c {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn hex_byte(digits: Option<&[u8]>) -> Option<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    match digits? {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// Appends `bytes` in double quotes, escaped so that [`split_args`] gives them back.
pub fn append_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for &c in bytes {
        match c {
            b'\\' | b'"' => out.extend([b'\\', c]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(c),
            _ => out.extend(format!("\\x{c:02x}").bytes()),
        }
    }
    out.push(b'"');
}

/// What C's `isspace` takes for a blank.
pub(crate) fn is_space(c: u8) -> bool {
    matches!(c, b' ' | b'\t'..=b'\r')
}

/// The bytes before the first NUL: what a C string keeps.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|c| *c == 0) {
        Some(end) => &bytes[..end],
        None => bytes,
    }
}

/// Without the blanks at both ends that configuration files ignore.
pub(crate) fn trim(line: &[u8]) -> &[u8] {
    let blank = |c: &u8| matches!(c, b' ' | b'\t' | b'\r' | b'\n');
    let Some(start) = line.iter().position(|c| !blank(c)) else { return &[] };
    let end = line.iter().rposition(|c| !blank(c)).map_or(start, |last| last + 1);
    &line[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, args: Option<&[&str]>) {
        let seen = split_args(line.as_bytes());
        let wanted = args.map(|args| args.iter().map(|a| a.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(seen, wanted, "{line}");
    }

    #[test]
    fn splits_like_stock() {
        check("  a\tb  ", Some(&["a", "b"]));
        check(r#"a "b c" 'd e' "" ''"#, Some(&["a", "b c", "d e", "", ""]));
        check(r#">"a"b >a"b c"d ">a"'b'"#, Some(&[">ab", ">ab cd", ">ab"]));
        check(r#""\x41\n\q\"\x4""#, Some(&["A\nq\"x4"]));
        check(r#"'a\'b\n'"#, Some(&["a'b\\n"]));
        check("a\\ b", Some(&["a\\", "b"]));
        check("a\x0bb \x0bc", Some(&["a\x0bb", "c"]));
        check("\"a", None);
        check("a'", None);
        check("\"a\\", None);
        check("a\0b", Some(&["a"]));
        check("", Some(&[]));
    }

    #[test]
    fn quoting_comes_back() {
        let bytes: Vec<u8> = (1..=255).collect();
        let mut line = Vec::new();
        append_quoted(&mut line, &bytes);
        assert_eq!(split_args(&line), Some(vec![bytes]));
    }
}
