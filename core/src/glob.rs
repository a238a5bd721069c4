//! Glob matching as Valkey does it, byte for byte, for `KEYS`, `SCAN MATCH`, `PSUBSCRIBE`, `CONFIG GET` and ACL
//! patterns: `*`, `?`, `[a-z]`, `[^x]` and `\` as escape. Its oddities are kept on purpose: a pattern never
//! matches the empty string unless it is empty itself, an unclosed class ends with the pattern, and class
//! ranges compare signed bytes.

/// How many `*` that need backtracking one pattern may use before it counts as abusive and matches nothing.
pub const STARS_MAX: usize = 1000;

/// Whether `text` matches `pattern`.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    run::<false>(pattern, text)
}

/// Whether `text` matches `pattern`, ASCII letters compared without case.
pub fn matches_nocase(pattern: &[u8], text: &[u8]) -> bool {
    run::<true>(pattern, text)
}

/// Whether the pattern holds a character that makes `CONFIG GET` treat it as a pattern.
pub fn is_pattern(pattern: &[u8]) -> bool {
    pattern.iter().any(|c| matches!(c, b'[' | b'*' | b'?'))
}

/// Where to go on after a mismatch: the last `*` swallows one byte more. Earlier ones needn't: what follows the
/// last `*` was tried from every later position already.
#[derive(Clone, Copy)]
struct Retry {
    pattern: usize,
    text: usize,
}

fn run<const NOCASE: bool>(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<Retry> = None;
    let mut stars = 0;
    loop {
        if t == text.len() {
            // A later start leaves even less text for the rest of the pattern, so there is no retry.
            return p == pattern.len();
        }
        if pattern.get(p) == Some(&b'*') {
            p = skip_stars(pattern, p);
            stars += 1;
            match p == pattern.len() {
                true => return true,
                false if stars > STARS_MAX => return false,
                false => retry = Some(Retry { pattern: p, text: t }),
            }
            continue;
        }
        if let Some(next) = element::<NOCASE>(pattern, p, text[t]) {
            (p, t) = (next, t + 1);
            if t == text.len() {
                p = skip_stars(pattern, p);
            }
            continue;
        }
        let Some(at) = retry.as_mut() else { return false };
        at.text += 1;
        (p, t) = (at.pattern, at.text);
        if t == text.len() {
            return false;
        }
    }
}

fn skip_stars(pattern: &[u8], at: usize) -> usize {
    at + pattern[at..].iter().take_while(|c| **c == b'*').count()
}

/// Matches the one element of the pattern at `p` (anything but `*`) against one byte; where the next one starts.
#[inline(always)]
fn element<const NOCASE: bool>(pattern: &[u8], p: usize, byte: u8) -> Option<usize> {
    let c = *pattern.get(p)?;
    if !matches!(c, b'?' | b'[' | b'\\') {
        return same::<NOCASE>(c, byte).then_some(p + 1);
    }
    special::<NOCASE>(pattern, p, byte)
}

/// The same for what doesn't stand for itself.
#[inline(never)]
fn special<const NOCASE: bool>(pattern: &[u8], p: usize, byte: u8) -> Option<usize> {
    match pattern[p] {
        b'?' => Some(p + 1),
        b'[' => class::<NOCASE>(pattern, p + 1, byte),
        _ if p + 1 < pattern.len() => same::<NOCASE>(pattern[p + 1], byte).then_some(p + 2),
        last => (last == byte).then_some(p + 1),
    }
}

/// Matches a class whose first byte after `[` is at `at`.
fn class<const NOCASE: bool>(pattern: &[u8], mut at: usize, byte: u8) -> Option<usize> {
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let mut found = false;
    while at < pattern.len() && pattern[at] != b']' {
        let left = pattern.len() - at;
        if pattern[at] == b'\\' && left >= 2 {
            at += 1;
            found |= pattern[at] == byte;
        } else if left >= 3 && pattern[at + 1] == b'-' {
            found |= in_range::<NOCASE>(pattern[at], pattern[at + 2], byte);
            at += 2;
        } else {
            found |= same::<NOCASE>(pattern[at], byte);
        }
        at += 1;
    }
    (found != negated).then_some((at + 1).min(pattern.len()))
}

fn same<const NOCASE: bool>(a: u8, b: u8) -> bool {
    if NOCASE { a.eq_ignore_ascii_case(&b) } else { a == b }
}

fn in_range<const NOCASE: bool>(from: u8, to: u8, byte: u8) -> bool {
    // Swapped before case is folded, as the reference does: `[a-Z]` without case is `[z-a]` folded, not empty.
    let (low, high) = if from.cast_signed() > to.cast_signed() { (to, from) } else { (from, to) };
    let fold = |c: u8| if NOCASE { c.to_ascii_lowercase() } else { c }.cast_signed();
    fold(byte) >= fold(low) && fold(byte) <= fold(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The oracle: every `*` tries every split, straight from the definition.
    fn model(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
        if pattern.is_empty() || text.is_empty() {
            return pattern.is_empty() && text.is_empty();
        }
        if pattern[0] == b'*' {
            let rest = &pattern[skip_stars(pattern, 0)..];
            return rest.is_empty() || (0..text.len()).any(|from| model(rest, &text[from..], nocase));
        }
        let next = match nocase {
            true => element::<true>(pattern, 0, text[0]),
            false => element::<false>(pattern, 0, text[0]),
        };
        let Some(mut next) = next else { return false };
        if text.len() == 1 {
            next = skip_stars(pattern, next);
        }
        model(&pattern[next..], &text[1..], nocase)
    }

    /// A small generator of test bytes (xorshift), so that a failure repeats.
    struct Bytes(u64);
    impl Bytes {
        fn next(&mut self) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 33) as usize
        }
        fn string(&mut self, alphabet: &[u8], len_max: usize) -> Vec<u8> {
            let len = self.next() % (len_max + 1);
            (0..len).map(|_| alphabet[self.next() % alphabet.len()]).collect()
        }
    }

    #[test]
    fn agrees_with_the_model() {
        let mut bytes = Bytes(0x9e37_79b9_7f4a_7c15);
        for _ in 0..300_000 {
            let pattern = bytes.string(b"**?abAB[]^-\\\xf0", 12);
            let text = bytes.string(b"aabbAB-]\\\xf0", 9);
            let seen = (matches(&pattern, &text), matches_nocase(&pattern, &text));
            let wanted = (model(&pattern, &text, false), model(&pattern, &text, true));
            assert_eq!(seen, wanted, "{:?} {:?}", pattern.escape_ascii().to_string(), text.escape_ascii().to_string());
        }
    }

    #[test]
    fn keeps_the_oddities() {
        assert!(!matches(b"*", b""));
        assert!(matches(b"", b""));
        assert!(matches(b"a*", b"a"));
        assert!(matches(b"a**", b"a"));
        assert!(matches(b"[^a-c]x", b"dx"));
        assert!(!matches(b"[^a-c]x", b"bx"));
        assert!(matches(b"[c-a]", b"b"));
        assert!(matches(b"[ab", b"b"));
        assert!(matches(b"a\\", b"a\\"));
        assert!(matches(b"\\*", b"*"));
        assert!(!matches(b"\\*", b"a"));
        assert!(matches(b"[\\]]", b"]"));
        assert!(!matches(b"[]", b"]"));
        assert!(matches(b"[^]", b"]"));
        assert!(matches_nocase(b"H?LLo*", b"hEllO world"));
        assert!(matches_nocase(b"[A-C]", b"b"));
        assert!(!matches_nocase(b"[\\A]", b"a"));
    }

    #[test]
    fn abusive_patterns_end_fast() {
        let pattern = b"*a".repeat(STARS_MAX);
        let text = b"a".repeat(STARS_MAX);
        assert!(matches(&pattern, &text));
        assert!(!matches(&b"*a".repeat(STARS_MAX + 1), &b"a".repeat(STARS_MAX + 1)));
        let text = b"a".repeat(100_000);
        assert!(!matches(b"a*a*a*a*a*a*a*a*a*a*a*a*a*b", &text));
    }
}
