//! The parser of whole lines against the table of the grammar.

use super::automaton::{START, may_end};
use super::grammar::{LINE, Number, Row, VERSIONS};
use super::pieces::Walk;
use super::{Outcome, measured_cycle, parse_line, whole_cycle};
use crate::trace::cycle::{BLANK, Event};

/// The rows of every shape of a version: each optional row is there or not.
fn shapes(version: u8) -> Vec<Vec<Row>> {
    let mut shapes = vec![Vec::new()];
    for row in LINE.iter().filter(|row| row.is_in(version)) {
        let without = if row.optional {
            shapes.clone()
        } else {
            Vec::new()
        };
        shapes.iter_mut().for_each(|shape| shape.push(*row));
        shapes.extend(without);
    }
    shapes
}

/// Forms of a kind of number, at most.
const FORMS: usize = 6;

/// The text of a shape, each kind of number printed as the `form`th of its forms.
fn text(shape: &[Row], form: usize) -> String {
    let of = |forms: &[&'static str]| forms[form % forms.len()];
    let number = |row: &Row| match row.number {
        None => "",
        Some(Number::Uint) => of(&["7", "0", "1234567"]),
        Some(Number::Ms) => of(&["0.049", "0", "1.2", "0.35", "0.001", "118"]),
        Some(Number::Sec) => of(&["1.234", "0.000", "78217.082"]),
        Some(Number::Pct) => of(&["3", "0", "-5", "100"]),
    };
    shape
        .iter()
        .map(|row| number(row).to_owned() + row.literal)
        .collect()
}

/// Whether the table's walk comes to the end of a text, and the line may end there.
fn walks_whole(text: &str) -> bool {
    let end = Walk::new(text.as_bytes(), START).last();
    end.is_some_and(|end| end.at == text.len() && may_end(end.state))
}

fn all() -> impl Iterator<Item = (u8, String)> {
    let versions = VERSIONS.into_iter().flat_map(|version| {
        shapes(version)
            .into_iter()
            .map(move |shape| (version, shape))
    });
    versions.flat_map(|(version, shape)| (0..FORMS).map(move |form| (version, text(&shape, form))))
}

#[test]
fn every_shape_of_the_table_is_parsed() {
    let mut lines = 0;
    for (version, text) in all() {
        assert!(
            whole_cycle(text.as_bytes()).is_some(),
            "Go 1.{version}: {text}"
        );
        assert!(matches!(
            parse_line(text.as_bytes()),
            Outcome::Event(Event::Cycle(_))
        ));
        lines += 1;
    }
    let shapes = VERSIONS.map(|version| {
        let marks = LINE.iter().filter(|row| row.optional && row.is_in(version));
        1 << marks.count()
    });
    assert_eq!(lines, FORMS * shapes.iter().sum::<usize>());
}

/// The parser reads each line into the cycle of the line before: a part that is absent has to be reset.
#[test]
fn a_line_leaves_nothing_to_the_next() {
    for (_, before) in all() {
        for (_, line) in all() {
            let (mut fresh, mut used) = (BLANK, BLANK);
            assert!(measured_cycle(before.as_bytes(), &mut used).is_some());
            assert!(measured_cycle(line.as_bytes(), &mut used).is_some());
            assert!(measured_cycle(line.as_bytes(), &mut fresh).is_some());
            assert_eq!(used, fresh, "{line}\nafter {before}");
        }
    }
}

#[test]
fn the_parser_and_the_table_agree_on_every_prefix() {
    for (_, text) in all() {
        for end in 0..=text.len() {
            let (prefix, _) = text.split_at(end);
            assert_eq!(
                whole_cycle(prefix.as_bytes()).is_some(),
                walks_whole(prefix),
                "{prefix}"
            );
        }
    }
}

#[test]
fn the_parser_and_the_table_agree_where_a_row_is_missing_or_another() {
    for version in VERSIONS {
        for shape in shapes(version) {
            for at in 0..shape.len() {
                let mut without = shape.clone();
                without.remove(at);
                let mut twice = shape.clone();
                twice.insert(at, shape[at]);
                let other = LINE.iter().map(|row| {
                    let mut other = shape.clone();
                    other[at] = *row;
                    other
                });
                for shape in other.chain([without, twice]) {
                    let text = text(&shape, 0);
                    // Five clock times and stacks: each is in the table, and no version prints both.
                    let five = text.matches('+').count() > 6;
                    if five && text.contains("stacks") {
                        assert!(whole_cycle(text.as_bytes()).is_none());
                        continue;
                    }
                    assert_eq!(
                        whole_cycle(text.as_bytes()).is_some(),
                        walks_whole(&text),
                        "{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_expected_is_said_in_the_words_of_the_row() {
    for (text, offset, expected) in [
        ("gc 7 @1.234", 11, "`s `"),
        ("gc 7 @1.234s x", 13, "a whole percentage"),
        ("gc 7 @1.234s 3%, ", 15, "`: `"),
        (
            "gc 7 @1.234s 3%: 0.049+1",
            23,
            "three wall-clock times and ` ms clock, `",
        ),
        (
            "gc 7 @1.234s 3%: 0.049+1.2+118 ms clock, 1.2+",
            45,
            "the CPU times and ` ms cpu, `",
        ),
    ] {
        let Outcome::Broken(error) = parse_line(text.as_bytes()) else {
            panic!("{text}");
        };
        assert_eq!((error.offset, error.expected), (offset, expected), "{text}");
    }
}
