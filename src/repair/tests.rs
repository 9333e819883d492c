#![allow(clippy::unwrap_used, reason = "tests")]
use super::shapes::worth;
use super::*;
use crate::trace::automaton::START;
use crate::trace::pieces::{self, Walk};

struct Anything;
impl Knowledge for Anything {
    fn head(&self, _: u64, _: Option<u64>) -> Option<u32> {
        Some(0)
    }
    fn cycle(&self, _: &GcCycle) -> Option<u32> {
        Some(0)
    }
    fn alone(&self) -> bool {
        true
    }
}

fn weave(lines: &[&str]) -> Vec<String> {
    let mut repair = LineRepair::default();
    for tenant in 100..140 {
        repair.learn(format!("gc manager: compacting tenant {tenant} @1.0s 3%: done").as_bytes());
    }
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for mended in repair.line(index as u64, line.as_bytes(), &Anything) {
            found.push(String::from_utf8(mended.text).unwrap());
        }
    }
    found
}

#[test]
fn a_line_cut_once_by_text_of_a_known_kind() {
    assert_eq!(
        weave(&[
            "gc 78 @2.067s 1%gc manager: compacting tenant 444 @2.066s 3%: done",
            ": 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 3->3->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P",
        ]),
        [
            "gc 78 @2.067s 1%: 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 3->3->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P"
        ]
    );
}

/// The shape and the kind of a text, byte by byte.
fn plainly(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let alike = |b: &u8| if b.is_ascii_digit() { b'1' } else { *b };
    let mut shape: Vec<u8> = text.iter().map(alike).take(16).collect();
    if let [b'0', b'0'..=b'9', ..] = text {
        shape[0] = b'0';
    }
    let mut kind: Vec<u8> = text.iter().map(alike).collect();
    kind.dedup_by(|a, b| *a == b'1' && *b == b'1');
    shape.resize(16, 0);
    kind.resize(16, 0);
    (shape, kind)
}

/// Beginnings of lines, and what may stand behind a piece of a gc line.
const BEGINNINGS: [&str; 15] = [
    "",
    "7",
    "07 of 12",
    "2026/11/23 10:00:00 GET /",
    "{\"level\":\"info\",\"ts\":1795307494.5}",
    "\u{e9}t\u{e9} 12: 7 items, 9 left",
    "/0:9;8 digits and what stands beside them",
    "0.10+2.0+0.10 ms clock, ",
    "->4->1 MB, 4 MB goal, 2 P",
    "1234567890123456 and more",
    "123456789012345678901 MB",
    "12345678901234567 requests",
    "a1b22c333d4444e55555f",
    "\0\0 7",
    "    at step 12",
];

#[test]
fn the_starts_of_lines_are_told_apart_by_their_first_bytes() {
    for text in BEGINNINGS {
        for from in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let text = &text.as_bytes()[from..];
            assert_eq!(Start::of(text).bytes(), plainly(text), "{text:?}");
        }
    }
}

#[test]
fn what_was_learnt_is_known_again_whatever_it_begins_with() {
    for text in BEGINNINGS.iter().filter(|text| !text.is_empty()) {
        let mut shapes = Shapes::default();
        for _ in 0..100 {
            shapes.learn_start(Start::of(text.as_bytes()));
        }
        // All lines learned are of this kind, so the text is predicted entirely.
        let rest = worth(text.as_bytes());
        assert_eq!(shapes.foreign(text.as_bytes(), rest), -rest, "{text}");
    }
    let mut shapes = Shapes::default();
    shapes.learn_start(Start::of(b"12345678901234567890 requests"));
    assert_eq!(shapes.foreign(b"12345678901234567 MB", 20), -20);
    assert_eq!(shapes.foreign(b"request 7", 30), 1);
}

#[test]
fn every_piece_is_work_that_is_accounted_for() {
    let mut repair = LineRepair::default();
    repair.line(0, b"a line of other text", &Anything);
    assert_eq!(repair.work(), LINE);
    repair.line(1, b"gc 1 @0.100s 1%: app", &Anything);
    // `gc `, `1`, ` @`, `0.100`, `s `, `1`, `%`, `: `
    assert_eq!(repair.work(), LINE + 8);
    assert_eq!(repair.work(), 0);
}

#[test]
fn digits_before_digits_are_not_guessed() {
    // `64` before `7 requests`, or `647`; nothing is known of how lines of this stream start.
    let rest = " MB, 90 MB goal, 0 MB stacks, 0 MB globals, 2 P";
    let cut = "gc 7 @2.067s 1%: 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 800->900->647 of them";
    assert_eq!(weave(&[cut, rest]), Vec::<String>::new());
}

#[test]
fn the_sieve_before_learning_lets_no_piece_through() {
    let lines = [
        "gc 7 @2.067s 1%: 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 3->3->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
        "gc 7 @2.067s 1% (checking for goroutine leaks): 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 3->3->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P",
        "gc 7 @2.067s -2%: 0.1+2+3+4+5 ms clock, 0.1+2+3+4/5/6+7 ms cpu, 3->3->0 MB, 4 MB goal, 2 P",
    ];
    let mut pieces = 0;
    for line in lines {
        let mut boundaries = Vec::new();
        Walk::new(line.as_bytes(), START).all(|boundary| boundaries.push(boundary));
        for boundary in boundaries {
            let rest = &line.as_bytes()[boundary.at..];
            let piece = |state| pieces::is_distinctive(rest, state);
            if pieces::states_starting(rest).any(piece) {
                assert!(
                    pieces::may_be_distinctive(rest),
                    "{}",
                    line[boundary.at..].to_owned()
                );
                pieces += 1;
            }
        }
    }
    assert_eq!(pieces, 74);
    assert!(!pieces::may_be_distinctive(b"2026/11/23 10:00:00 GET /"));
}

/// Whether operands of a gc line are all of a text, walked from each state by itself.
fn is_piece_from_any_state(text: &[u8]) -> bool {
    let ends = |state| Walk::new(text, state).any(|boundary| boundary.at == text.len());
    (text.starts_with(b"gc ") && ends(START)) || pieces::states_starting(text).any(ends)
}

#[test]
fn a_piece_is_one_from_whichever_state_it_starts() {
    let lines = [
        "gc 7 @2.067s 1%: 0.046+11+0.004 ms clock, 0.092+0.44/0.70/0+0.008 ms cpu, 3->13->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
        "gc 7 @2.067s 1% (checking for goroutine leaks): 0.046+1.7+0.004 ms clock, 0.092+0.044/0.70/0+0.008 ms cpu, 3->3->0 MB, 4 MB goal, 2 P",
        "gc 77 @2.067s -2%: 0.10+22+3.0+4.0+5.0 ms clock, 0.10+22+3.0+4.0/5.0/6.0+7.0 ms cpu, 3->3->0 MB, 4 MB goal, 2 P",
    ];
    let mut pieces = 0;
    for line in lines.into_iter().chain(BEGINNINGS) {
        for start in 0..=line.len() {
            for end in start..=line.len() {
                let text = &line.as_bytes()[start..end];
                let piece = is_piece_from_any_state(text);
                assert_eq!(
                    pieces::is_piece(text),
                    piece,
                    "{}",
                    String::from_utf8_lossy(text)
                );
                pieces += usize::from(piece);
            }
        }
    }
    assert!(pieces > 2_000, "{pieces}");
}

#[test]
fn a_changed_piece_is_one_only_if_it_is_one_from_some_state() {
    let line = b"gc 7 @2.067s 1%: 0.046+11+0.004 ms clock, 0.092+0.44/0.70/0+0.008 ms cpu, 3->13->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)";
    for at in 0..line.len() {
        for byte in b"0179. +/->:%@gMPs(x" {
            let mut text = line.to_vec();
            text[at] = *byte;
            for start in (at.saturating_sub(30)..=at).chain([0]) {
                for end in [at + 1, at + 2, at + 12, line.len()] {
                    let text = &text[start..end.min(line.len())];
                    let piece = is_piece_from_any_state(text);
                    assert_eq!(
                        pieces::is_piece(text),
                        piece,
                        "{}",
                        String::from_utf8_lossy(text)
                    );
                }
            }
        }
    }
}
