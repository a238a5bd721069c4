//! The notation of a row.
//!
//! ```text
//! command! { "bitop" -4 flags(WRITE DENYOOM) acl(WRITE BITMAP SLOW)      name, arity, flags, categories
//!     legacy(2 -1 1)                                                     first key, last key, step
//!     keys { { OW UPDATE; index 2; range 0 1 0; "a note" }               flags; begin; range last step limit
//!            { RO ACCESS; keyword "STREAMS" 1; keynum 0 1 1 } }          keyword, from; keynum number first step
//!     special(Sort)                                                      SpecialKeys
//!     tips("..." "...")
//!     docs(Bitmap "2.6.0" "Summary." "O(N)")                             group, since, summary, complexity
//!     doc_flags(SYSCMD)
//!     deprecated("6.2.0" "`LMOVE`")                                      since, replaced by
//!     history { "7.0.0" "Added the `BYTE|BIT` option." }                 version, change
//!     args { { "name" Kind (FLAGS) key 0 token "T" summary "" since ""   key: the key spec's index
//!              deprecated_since "" display "" args { ... } } }
//!     subs { { "bitop|sub" ... } }
//! }
//! ```
//!
//! All of it is constant data: struct literals in the initializer of a static.

macro_rules! command {
    ($full:literal $arity:literal flags($($flag:ident)*) acl($($acl:ident)*)
        $(legacy($first:literal $last:literal $step:literal))?
        $(keys { $({ $($key:tt)* })* })?
        $(special($($special:tt)*))?
        $(tips($($tip:literal)*))?
        docs($group:ident $since:literal $summary:literal $($complexity:literal)?)
        $(doc_flags($($doc_flag:ident)*))?
        $(deprecated($deprecated:literal $replaced_by:literal))?
        $(history { $($version:literal $change:literal)* })?
        $(args { $({ $($arg:tt)* })* })?
        $(subs { $({ $($sub:tt)* })* })?
    ) => {
        $crate::command::Command {
            name: ::std::borrow::Cow::Borrowed($crate::command::row::own_name($full)),
            full_name: ::std::borrow::Cow::Borrowed($full),
            arity: $arity,
            flags: $crate::command::rows::macros::flags!(CommandFlags $($flag)*),
            acl: $crate::command::rows::macros::flags!(AclCategories $($acl)*),
            key_specs: ::std::borrow::Cow::Borrowed(&[
                $($($crate::command::rows::macros::key_spec!($($key)*)),*)?
            ]),
            legacy: $crate::command::rows::macros::legacy!($($first $last $step)?),
            special: $crate::command::rows::macros::special!($($($special)*)?),
            tips: ::std::borrow::Cow::Borrowed(&[$($(::std::borrow::Cow::Borrowed($tip)),*)?]),
            docs: $crate::command::Docs {
                summary: Some(::std::borrow::Cow::Borrowed($summary)),
                since: Some(::std::borrow::Cow::Borrowed($since)),
                group: $crate::command::Group::$group,
                complexity: $crate::command::rows::macros::text!($($complexity)?),
                module: None,
                doc_flags: $crate::command::rows::macros::flags!(DocFlags $($($doc_flag)*)?),
                deprecated_since: $crate::command::rows::macros::text!($($deprecated)?),
                replaced_by: $crate::command::rows::macros::text!($($replaced_by)?),
                history: ::std::borrow::Cow::Borrowed(&[$($(
                    (::std::borrow::Cow::Borrowed($version), ::std::borrow::Cow::Borrowed($change))
                ),*)?]),
                arguments: ::std::borrow::Cow::Borrowed(&[
                    $($($crate::command::rows::macros::arg!($($arg)*)),*)?
                ]),
            },
            subcommands: ::std::borrow::Cow::Borrowed(&[
                $($($crate::command::rows::macros::command!($($sub)*)),*)?
            ]),
        }
    };
}

macro_rules! key_spec {
    ($($flag:ident)*; $begin:ident $($from:literal)*; $find:ident $($value:literal)* $(; $notes:literal)?) => {
        $crate::command::KeySpec {
            flags: $crate::command::rows::macros::flags!(KeySpecFlags $($flag)*),
            begin: $crate::command::rows::macros::begin!($begin $($from)*),
            find: $crate::command::rows::macros::find!($find $($value)*),
            notes: $crate::command::rows::macros::text!($($notes)?),
        }
    };
}

macro_rules! begin {
    (unknown) => {
        $crate::command::BeginSearch::Unknown
    };
    (index $at:literal) => {
        $crate::command::BeginSearch::Index($at)
    };
    (keyword $keyword:literal $start_from:literal) => {
        $crate::command::BeginSearch::Keyword {
            keyword: ::std::borrow::Cow::Borrowed($keyword),
            start_from: $start_from,
        }
    };
}

macro_rules! find {
    (unknown) => {
        $crate::command::FindKeys::Unknown
    };
    (range $last:literal $step:literal $limit:literal) => {
        $crate::command::FindKeys::Range { last: $last, step: $step, limit: $limit }
    };
    (keynum $number:literal $first:literal $step:literal) => {
        $crate::command::FindKeys::KeyNum { number: $number, first: $first, step: $step }
    };
}

macro_rules! legacy {
    () => {
        $crate::command::LegacyRange { first: 0, last: 0, step: 0 }
    };
    ($first:literal $last:literal $step:literal) => {
        $crate::command::LegacyRange { first: $first, last: $last, step: $step }
    };
}

macro_rules! special {
    () => {
        $crate::command::SpecialKeys::None
    };
    (counted($number:literal)) => {
        $crate::command::SpecialKeys::Counted { number: $number, store: false }
    };
    (counted_store($number:literal)) => {
        $crate::command::SpecialKeys::Counted { number: $number, store: true }
    };
    ($special:ident) => {
        $crate::command::SpecialKeys::$special
    };
}

macro_rules! arg {
    ($name:literal $kind:ident $(($($flag:ident)*))? $(key $key:literal)? $(token $token:literal)?
        $(summary $summary:literal)? $(since $since:literal)? $(deprecated_since $deprecated:literal)?
        $(display $display:literal)? $(args { $({ $($arg:tt)* })* })?
    ) => {
        $crate::command::Arg {
            name: ::std::borrow::Cow::Borrowed($name),
            kind: $crate::command::ArgKind::$kind,
            key_spec_index: $crate::command::rows::macros::number!($($key)?),
            token: $crate::command::rows::macros::text!($($token)?),
            summary: $crate::command::rows::macros::text!($($summary)?),
            since: $crate::command::rows::macros::text!($($since)?),
            deprecated_since: $crate::command::rows::macros::text!($($deprecated)?),
            flags: $crate::command::rows::macros::flags!(ArgFlags $($($flag)*)?),
            display_text: $crate::command::rows::macros::text!($($display)?),
            args: ::std::borrow::Cow::Borrowed(&[
                $($($crate::command::rows::macros::arg!($($arg)*)),*)?
            ]),
        }
    };
}

macro_rules! text {
    () => {
        None
    };
    ($text:literal) => {
        Some(::std::borrow::Cow::Borrowed($text))
    };
}

macro_rules! number {
    () => {
        None
    };
    ($number:literal) => {
        Some($number)
    };
}

macro_rules! flags {
    ($type:ident $($flag:ident)*) => {
        $crate::command::$type::from_bits_retain(0 $(| $crate::command::$type::$flag.bits())*)
    };
}

pub(super) use command;
pub(in crate::command::rows) use {arg, begin, find, flags, key_spec, legacy, number, special, text};
