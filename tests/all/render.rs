//! What people read, on reports made by hand. The pages are the files in `tests/render/`; after a change that is meant,
//! `SNAPSHOTS=overwrite cargo test --test all render` writes them anew, to be read before they are committed.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::example;

use gcpressure::internal::render::{Format, Render, Style};
use gcpressure::report::Report;
use snapbox::assert_data_eq;
use unicode_width::UnicodeWidthStr as _;

const PLAIN: Style = Style::PLAIN;

fn write(format: Format, report: &Report, style: Style) -> String {
    let mut page = Vec::new();
    format.render(report, &mut page, &style).unwrap();
    String::from_utf8(page).unwrap()
}

fn text(report: &Report, style: Style) -> String {
    write(Format::Text, report, style)
}

#[test]
fn a_process_under_pressure() {
    assert_data_eq!(
        text(&example::critical(), PLAIN),
        snapbox::file!["../render/critical.txt"].raw()
    );
}

#[test]
fn everything_that_is_known_in_ascii() {
    let style = PLAIN.ascii(true).verbose(true);
    assert_data_eq!(
        text(&example::critical(), style),
        snapbox::file!["../render/verbose-ascii.txt"].raw()
    );
}

#[test]
fn a_healthy_process_fits_a_terminal() {
    let page = text(&example::healthy(), PLAIN);
    assert!(page.lines().count() <= 24, "{page}");
    assert_data_eq!(page, snapbox::file!["../render/healthy.txt"].raw());
}

#[test]
fn nothing_to_judge_says_what_to_do() {
    assert_data_eq!(
        text(&example::nothing(), PLAIN),
        snapbox::file!["../render/nothing.txt"].raw()
    );
}

#[test]
fn three_hundred_processes_are_a_screen_and_a_table() {
    let page = text(&example::fleet(300), PLAIN);
    assert_data_eq!(page.clone(), snapbox::file!["../render/fleet.txt"].raw());
    let table = page.lines().filter(|line| line.contains("orders-")).count();
    assert!(page.lines().count() - table <= 24, "{page}");
    let all = PLAIN.verbose(true);
    let page = text(&example::fleet(300), all);
    assert!((0..300).all(|n| page.contains(&format!("orders-7d9c5b-{n:03} "))));
}

#[test]
fn no_page_is_wider_than_it_may_be() {
    for report in [
        example::critical(),
        example::healthy(),
        example::nothing(),
        example::fleet(30),
        example::hostile(),
    ] {
        for verbose in [false, true] {
            let page = text(&report, PLAIN.verbose(verbose));
            for line in page.lines() {
                assert!(line.width() <= 80, "{} columns: {line}", line.width());
            }
        }
    }
}

#[test]
fn real_logs_fit_the_page_too() {
    for (path, report) in example::real() {
        for verbose in [false, true] {
            let style = PLAIN.ascii(true).verbose(verbose);
            let page = text(&report, style);
            assert!(page.is_ascii(), "{path}");
            for line in page.lines() {
                assert!(line.len() <= 80, "{path}: {} columns: {line}", line.len());
            }
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    for report in [example::critical(), example::nothing(), example::fleet(30)] {
        let colored = text(&report, PLAIN.color(true));
        assert!(colored.contains("\u{1b}["));
        assert_eq!(escapes.replace_all(&colored, ""), text(&report, PLAIN));
    }
}

#[test]
fn a_name_from_the_log_cannot_leave_its_place() {
    for ascii in [false, true] {
        let style = PLAIN.ascii(ascii).verbose(true);
        let page = text(&example::hostile(), style);
        assert!(
            page.lines().all(|line| !line.contains(char::is_control)),
            "{page}"
        );
        assert!(!page.contains('\u{202e}'));
        assert_eq!(ascii, page.is_ascii());
    }
    let json = write(Format::Json, &example::hostile(), PLAIN);
    assert_eq!(json.lines().count(), 1);
}

#[test]
fn no_two_findings_advise_the_opposite() {
    let (_, report) = example::real()
        .into_iter()
        .find(|(path, _)| path.ends_with("samples/limit.go1.27.3.log"))
        .unwrap();
    let page = text(&report, PLAIN);
    assert!(page.contains("leaves no room"), "{page}");
    assert!(!page.contains("GOGC=200"), "{page}");
}
