#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

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
    let mut weaver = Weaver::default();
    for tenant in 100..140 {
        weaver.learn(format!("gc manager: compacting tenant {tenant} @1.0s 3%: done").as_bytes());
    }
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for mended in weaver.line(index as u64, line.as_bytes(), &Anything) {
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
            let piece = |state| token::is_distinctive(rest, state);
            if token::states_starting(rest).any(piece) {
                assert!(
                    token::may_be_distinctive(rest),
                    "{}",
                    line[boundary.at..].to_owned()
                );
                pieces += 1;
            }
        }
    }
    assert_eq!(pieces, 74);
    assert!(!token::may_be_distinctive(b"2026/11/23 10:00:00 GET /"));
}
