//! LOLWUT: stock's arguments and last line, and a picture of our own.

use std::f64::consts::TAU;
use std::fmt::Write;

use crate::cmd::int_arg;
use crate::config::VALKEY_VERSION;
use crate::fail::{Fail, Outcome};
use crate::numfmt::parse_f64;
use crate::resp::Args;
use crate::step::Step;

const COLUMNS_MAX: i64 = 160;
const ROWS_MAX: i64 = 80;
/// From the outside of a Julia set to its inside.
const SHADES: &[u8] = b"  ..,,--~~+++ooo%%%%###";
/// The version whose picture is shown when none is asked for.
const LATEST: i32 = 9;

/// `LOLWUT [VERSION version] [columns rows [real imaginary]]`
pub(super) fn lolwut(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let versioned = args.len() >= 3 && args.is(1, "version");
    // Cut to 32 bits as stock does.
    let version = if versioned { int_arg(args, 2)? as i32 } else { LATEST };
    let args = if versioned { args.skip(2) } else { args };
    let text = match version {
        5 => {
            check_integers(args, 3)?;
            picture(step, 66, 24, None)
        }
        6 => {
            check_integers(args, 2)?;
            picture(step, 80, 20, None)
        }
        LATEST => latest(step, args)?,
        _ => format!("Valkey ver.{VALKEY_VERSION}\n"),
    };
    step.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The first `max` arguments are integers.
fn check_integers(args: Args<'_>, max: usize) -> Result<(), Fail> {
    (1..args.len().min(max + 1)).try_for_each(|i| int_arg(args, i).map(drop))
}

fn latest(step: &mut Step<'_>, args: Args<'_>) -> Result<String, Fail> {
    let float = |i| parse_f64(args.get(i)).filter(|v| !v.is_nan()).ok_or(Fail::NotFloat);
    let (columns, rows) = match args.len() {
        1 => (80, 40),
        3 | 5 => (int_arg(args, 1)?, int_arg(args, 2)?),
        _ => return Err(Fail::text_of("ERR Syntax error. Use: LOLWUT [columns rows] [real imaginary]")),
    };
    let constant = if args.len() == 5 { Some((float(3)?, float(4)?)) } else { None };
    Ok(picture(step, columns.clamp(1, COLUMNS_MAX), rows.clamp(1, ROWS_MAX), constant))
}

/// The Julia set of a constant: the one given, or one near the edge of the Mandelbrot set's heart.
fn picture(step: &mut Step<'_>, columns: i64, rows: i64, constant: Option<(f64, f64)>) -> String {
    let c = constant.unwrap_or_else(|| {
        let turn = step.rng.f64() * TAU;
        let heart = |f: fn(f64) -> f64| 1.04 * (f(turn) / 2.0 - f(2.0 * turn) / 4.0);
        (heart(f64::cos), heart(f64::sin))
    });
    let mut text = String::new();
    for row in 0..rows {
        for column in 0..columns {
            text.push(shade((coordinate(column, columns, 1.7), coordinate(row, rows, 1.3)), c));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "A Julia set, drawn in characters: {:.2} + {:.2}i. Valkey ver. {VALKEY_VERSION}", c.0, c.1);
    text
}

/// The middle of cell `i` of `cells` between `-reach` and `reach`.
fn coordinate(i: i64, cells: i64, reach: f64) -> f64 {
    reach * ((2 * i + 1) as f64 / cells as f64 - 1.0)
}

fn shade(mut z: (f64, f64), c: (f64, f64)) -> char {
    let mut steps = 0;
    while z.0 * z.0 + z.1 * z.1 < 4.0 && steps + 1 < SHADES.len() {
        z = (z.0 * z.0 - z.1 * z.1 + c.0, 2.0 * z.0 * z.1 + c.1);
        steps += 1;
    }
    char::from(SHADES[steps])
}

#[cfg(test)]
mod tests {
    use crate::cmd::testing::on_shards;

    #[test]
    fn a_picture_of_the_size_asked_for() {
        on_shards(|s| {
            for (line, columns, rows) in [
                ("LOLWUT", 80, 40),
                ("LOLWUT 3 2", 3, 2),
                ("LOLWUT -1 0", 1, 1),
                ("LOLWUT 1000 1000 0.1 inf", 160, 80),
                ("LOLWUT VERSION 9 2 2", 2, 2),
                ("LOLWUT version 5 1", 66, 24),
                ("LOLWUT VERSION 6", 80, 20),
            ] {
                let answer = s.run(line);
                let (_, text) = answer.text().split_once('|').unwrap();
                let lines: Vec<&str> = text.lines().collect();
                assert!(lines[rows].ends_with(". Valkey ver. 9.1.2"), "{line}: {:?}", lines[rows]);
                assert!(lines[..rows].iter().all(|line| line.len() == columns), "{line}");
            }
        });
    }

    #[test]
    fn arguments_are_those_of_stock() {
        on_shards(|s| {
            let syntax = "ERR Syntax error. Use: LOLWUT [columns rows] [real imaginary]";
            for line in ["LOLWUT 1", "LOLWUT VERSION", "LOLWUT 1 2 3", "LOLWUT 1 2 3 4 5", "LOLWUT VERSION 9 1"] {
                s.run(line).fails(syntax);
            }
            for line in ["LOLWUT VERSION x", "LOLWUT x 5", "LOLWUT 5 x", "LOLWUT VERSION 5 1 1 x", "LOLWUT VERSION 6 x"]
            {
                s.run(line).fails("ERR value is not an integer or out of range");
            }
            s.run("LOLWUT 5 5 a b").fails("ERR value is not a valid float");
            s.run("LOLWUT 5 5 nan 1").fails("ERR value is not a valid float");
            s.run("LOLWUT VERSION 7 x").replies("$17|Valkey ver.9.1.2\n|");
            s.resp3();
            s.run("LOLWUT VERSION -1").replies("=21|txt:Valkey ver.9.1.2\n|");
        });
    }
}
