#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test panics by design, and says on standard error what it skipped"
)]

#[cfg(unix)]
#[path = "../../../../tests/support/terminal.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod terminal;

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, Options, Sink};
use gcpressure::internal::settings::Severity;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw;
use super::page::Page;
use super::state::{Raised, Snapshot};
use super::view::{Action, View};

/// Two processes, one after the other: one minute each, the first busier.
fn log() -> String {
    let mut text = String::new();
    for per_second in [20_u64, 4] {
        for number in 1..=per_second * 60 {
            let ms = number * 1000 / per_second;
            let live = 40 + number / per_second % 20 * 4;
            let (start, end, goal) = (live * 2 - 6, live * 2 - 2, live * 2);
            writeln!(
                text,
                "gc {number} @{}.{:03}s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, {start}->{end}->{live} MB, {goal} MB goal, 0 MB stacks, 0 MB globals, 8 P",
                ms / 1000,
                ms % 1000,
            )
            .unwrap();
        }
    }
    text
}

#[derive(Default)]
struct Changes(Vec<Raised>);

impl Sink for Changes {
    fn takes_cycles(&self) -> bool {
        false
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> std::io::Result<()> {
        if change.severity > Severity::Info {
            self.0.push(Raised {
                process: process.to_owned(),
                change: change.clone(),
                since_ns: change.at_ns,
            });
        }
        Ok(())
    }
}

fn snapshot(log: &str) -> Snapshot {
    let source = Source::from_reader("app.log", Box::new(Cursor::new(log.to_owned())));
    let mut changes = Changes::default();
    let report = pipeline::analyze(vec![source], &Options::default(), &mut changes).unwrap();
    Snapshot {
        report: Some(Arc::new(report)),
        findings: changes.0,
        lines: vec![
            "listening on :8080".to_owned(),
            "\u{1b}[2Jnot cleared".to_owned(),
        ],
        last_cycle: None,
    }
}

fn drawn(snapshot: &Snapshot, view: &View, (width, height): (u16, u16), ascii: bool) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let page = Page {
        name: "app.log",
        snapshot: view.shown(snapshot),
        view,
        interrupted: false,
        ascii,
    };
    terminal.draw(|frame| draw::page(frame, &page)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width));
    rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            + "\n"
    })
    .collect()
}

fn press(view: &mut View, snapshot: &Snapshot, code: KeyCode) -> Action {
    view.key(KeyEvent::new(code, KeyModifiers::NONE), snapshot)
}

#[test]
fn every_size_is_drawn_and_no_size_is_too_small() {
    let snapshot = snapshot(&log());
    for lines in [false, true] {
        for help in [false, true] {
            let mut view = View::default();
            view.lines = lines;
            view.help = help;
            for width in [1, 2, 3, 9, 39, 49, 50, 51, 80, 119, 120, 200, 400] {
                for height in [1, 2, 3, 7, 8, 15, 16, 17, 24, 30, 50, 100] {
                    drawn(&snapshot, &view, (width, height), false);
                    drawn(&Snapshot::default(), &view, (width, height), true);
                }
            }
        }
    }
}

#[test]
fn the_screen_says_what_the_report_says() {
    let snapshot = snapshot(&log());
    let screen = drawn(&snapshot, &View::default(), (80, 24), false);
    for part in [
        "app.log",
        "process 1 (1 of 2)",
        "at 1m00s",
        "8 P",
        "window 1m00s",
        "live 116MiB",
        "goal 232MiB",
        "cycles 20.5/s",
        "pause p99 24µs max 24µs",
        "GC CPU",
        "1,440 cycles, 0 missing",
        "q quit",
    ] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    let small = drawn(&snapshot, &View::default(), (40, 10), false);
    for part in [
        "heap 116MiB live, goal 232MiB",
        "20.5/s, pause p99 24µs",
        "GC CPU",
        "1,440 cycles",
    ] {
        assert!(small.contains(part), "{part}:\n{small}");
    }
    let plain = drawn(&snapshot, &View::default(), (80, 24), true);
    assert!(plain.is_ascii(), "{plain}");
    assert!(plain.contains("pause p99 24us max 24us"), "{plain}");
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut snapshot = snapshot(&log());
    let finding = snapshot.findings[0].clone();
    snapshot.findings = vec![finding; 20];
    let screen = drawn(&snapshot, &View::default(), (80, 24), false);
    assert!(screen.contains("findings, 15 more below"), "{screen}");
}

#[test]
fn a_figure_is_whole_or_not_there() {
    let slow = log().replace("0.020+0.80+0.004 ms", "5.2+0.80+0.15 ms");
    let screen = drawn(&snapshot(&slow), &View::default(), (100, 24), false);
    assert!(screen.contains("pause p99 5.35ms max 5.35ms"), "{screen}");
    let screen = drawn(&snapshot(&slow), &View::default(), (80, 24), false);
    assert!(screen.contains("pause p99 5.35ms"), "{screen}");
    assert!(!screen.contains("max"), "{screen}");
}

#[test]
fn the_programs_own_lines_cannot_steer_the_terminal() {
    let snapshot = snapshot(&log());
    let mut view = View::default();
    view.lines = true;
    let screen = drawn(&snapshot, &view, (80, 24), false);
    assert!(screen.contains("listening on :8080"), "{screen}");
    assert!(!screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn keys_choose_process_window_and_time() {
    let snapshot = snapshot(&log());
    let report = snapshot.report.as_deref().unwrap();
    let mut view = View::default();
    let chosen = |view: &View| {
        let (process, at, count) = view.process(report).unwrap();
        (process.id.clone(), at, count)
    };
    assert_eq!(chosen(&view), ("1".to_owned(), 0, 2), "the busiest");
    assert_eq!(press(&mut view, &snapshot, KeyCode::Tab), Action::Draw);
    assert_eq!(chosen(&view), ("2".to_owned(), 1, 2));
    press(&mut view, &snapshot, KeyCode::Tab);
    assert_eq!(chosen(&view), ("1".to_owned(), 0, 2));
    press(&mut view, &snapshot, KeyCode::BackTab);
    assert_eq!(chosen(&view), ("2".to_owned(), 1, 2));

    let process = view.process(report).unwrap().0;
    let second = 1_000_000_000;
    let (_, end) = view.interval(process);
    assert!(end.abs_diff(60 * second) < second, "{end}");
    // The window is as long as the run: there is nothing before it.
    press(&mut view, &snapshot, KeyCode::Left);
    assert_eq!(view.interval(process).1, end);
    for code in [
        KeyCode::Char('w'),
        KeyCode::Char('W'),
        KeyCode::Home,
        KeyCode::Right,
        KeyCode::End,
    ] {
        press(&mut view, &snapshot, code);
        let (from, to) = view.interval(process);
        assert!(from < to && to <= end);
    }
    assert!(!view.is_back());

    press(&mut view, &snapshot, KeyCode::Char(' '));
    assert!(view.is_paused());
    assert!(
        view.shown(&Snapshot::default()).report.is_some(),
        "what was there stays"
    );
    press(&mut view, &snapshot, KeyCode::Char(' '));
    assert!(view.shown(&Snapshot::default()).report.is_none());

    press(&mut view, &snapshot, KeyCode::Char('?'));
    assert_eq!(
        press(&mut view, &snapshot, KeyCode::Char('q')),
        Action::Draw,
        "closes the help"
    );
    assert_eq!(
        press(&mut view, &snapshot, KeyCode::Char('q')),
        Action::Quit
    );
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(view.key(interrupt, &snapshot), Action::Interrupt);
}

#[test]
fn charts_scroll_into_the_past_and_stay_there() {
    let mut long = String::new();
    for number in 1..=2_000_u64 {
        writeln!(
            long,
            "gc {number} @{number}.000s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, 8->9->4 MB, 10 MB goal, 0 MB stacks, 0 MB globals, 8 P",
        )
        .unwrap();
    }
    let snapshot = snapshot(&long);
    let process = &snapshot.report.as_deref().unwrap().processes[0];
    let mut view = View::default();
    let (from, to) = view.interval(process);
    assert_eq!(to - from, 60_000_000_000);
    press(&mut view, &snapshot, KeyCode::Left);
    assert_eq!(
        view.interval(process),
        (from - 15_000_000_000, to - 15_000_000_000)
    );
    assert!(view.is_back());
    press(&mut view, &snapshot, KeyCode::Home);
    assert_eq!(view.interval(process).0, process.measures.started_ns);
    press(&mut view, &snapshot, KeyCode::Right);
    assert!(view.interval(process).0 > process.measures.started_ns);
    press(&mut view, &snapshot, KeyCode::End);
    assert_eq!(view.interval(process), (from, to));
    assert!(!view.is_back());
}

#[test]
#[ignore = "runs in a terminal of its own, started by the next test"]
fn panics_on_the_screen() {
    let mut terminal = ratatui::try_init().unwrap();
    terminal
        .draw(|frame| {
            draw::page(
                frame,
                &Page {
                    name: "app.log",
                    snapshot: &Snapshot::default(),
                    view: &View::default(),
                    interrupted: false,
                    ascii: false,
                },
            )
        })
        .unwrap();
    // As when the reading fails: another thread than the one that draws.
    let panicked = std::thread::spawn(|| panic!("the reading has failed")).join();
    assert!(panicked.is_err());
}

#[cfg(unix)]
#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    use terminal::{AFTERWARDS, RESTORED, Terminal};

    let folder = tempfile::tempdir().unwrap();
    let Some(terminal) = Terminal::new(folder.path(), 100, 30) else {
        return;
    };
    let tests = std::env::current_exe().unwrap();
    terminal.line(&format!(
        "{} --exact cli::live::dashboard::tests::panics_on_the_screen --ignored --nocapture{AFTERWARDS}",
        tests.display()
    ));
    terminal.until("the end", |screen| screen.contains("status "));
    let screen = terminal.wait(RESTORED);
    assert!(screen.contains("the reading has failed"), "{screen}");
    terminal.is_restored();
}
