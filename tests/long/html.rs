//! The page: what stands in it, and in a browser without a network what it draws. Its golden files in `tests/render/` have
//! the page without uPlot, styles and scripts; `SNAPSHOTS=overwrite cargo test --test long html` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::browser;
use crate::example;

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::render::{Format, Render, Style};
use gcpressure::internal::settings::Severity;
use gcpressure::internal::units;
use gcpressure::report::Report;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use snapbox::{Data, assert_data_eq};

const WIDE: (u32, u32) = (1280, 1600);

fn page(report: &Report) -> String {
    let mut page = Vec::new();
    Format::Html
        .render(report, &mut page, &Style::default())
        .unwrap();
    String::from_utf8(page).unwrap()
}

/// The pieces of a page between two marks.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let pieces = page.split(start).skip(1);
    pieces.map(|rest| rest.split_once(end).unwrap().0).collect()
}

/// The figures of the charts.
fn island(page: &str) -> Value {
    let [json] = between(
        page,
        "<script type=\"application/json\" id=\"report\">",
        "</script>",
    )[..] else {
        panic!("the figures do not stand in the page once");
    };
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_without_its_scripts() {
    let policy = regex::Regex::new("sha256-[^']*").unwrap();
    for (name, report) in [
        ("critical", example::critical()),
        ("healthy", example::healthy()),
        ("fleet-3", example::fleet(3)),
    ] {
        let page = page(&report);
        let (head, rest) = page.split_once("<style>").unwrap();
        let (body, _) = rest
            .split_once("</style>")
            .unwrap()
            .1
            .split_once("<script>")
            .unwrap();
        let text = format!("{head}{body}").replace("><", ">\n<");
        let text = policy.replace_all(&text, "sha256-...").into_owned();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/render/{name}.html"));
        assert_data_eq!(text, Data::read_from(&path, None).raw());
    }
}

#[test]
fn the_totals_are_in_the_page() {
    let page = page(&example::critical());
    assert!(page.contains("4,402 GC cycles"));
    assert!(page.contains("12,345 lines, 4,402 gc lines, 1 cycle missing, 2 repaired, 1 damaged"));
    let figures = island(&page);
    let cycles = figures["processes"][0]["timeline"]["cycles"]
        .as_array()
        .unwrap();
    let sum: u64 = cycles.iter().map(|cycles| cycles.as_u64().unwrap()).sum();
    assert_eq!(sum, (0..33).sum::<u64>());
}

#[test]
fn the_policy_names_the_scripts_that_are_there() {
    let page = page(&example::healthy());
    let scripts = between(&page, "<script>", "</script>");
    assert_eq!(scripts.len(), 3);
    let [policy] = between(&page, "Content-Security-Policy\" content=\"", "\"")[..] else {
        panic!("no policy");
    };
    for script in scripts {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
        let start: String = script.chars().take(60).collect();
        assert!(
            policy.contains(&format!("'sha256-{hash}'")),
            "POLICY in src/render/html.rs must name 'sha256-{hash}' for the script that starts with {start}"
        );
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page(&example::fleet(3));
    for reference in [
        " src=",
        "@import",
        "url(",
        "<iframe",
        "<object",
        "fetch(",
        "XMLHttpRequest",
        "import(",
    ] {
        assert!(!page.contains(reference), "{reference}");
    }
    for target in between(&page, " href=\"", "\"") {
        assert!(target.starts_with('#') || target == "data:,", "{target}");
    }
}

#[test]
fn no_name_is_markup() {
    let page = page(&example::hostile());
    assert_eq!(page.matches("</script>").count(), 4);
    assert_eq!(page.matches("<script").count(), 4);
    assert!(!page.contains("<img"));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    let figures = island(&page);
    let name = figures["processes"][0]["id"].as_str().unwrap();
    assert!(name.contains("</script><img onerror=alert(1)>"), "{name}");
    let Some(shown) = browser::open(&page, "process=2", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    // What the document holds, not how it would be written: an attribute may have `<` in it.
    let script = "
        location.hash = '#process=2';
        await tick();
        const strange = [...document.querySelectorAll('*')].filter((one) =>
            [...one.attributes].some(({ name }) => name.startsWith('on')));
        return [document.images.length, document.scripts.length, strange.length, document.documentElement.dataset.process];";
    let Some(found) = drive(&example::hostile(), script) else {
        return;
    };
    // The fifth script is the one of this test.
    assert_eq!(found.as_array().unwrap()[..3], [0, 5, 0]);
    assert!(
        found[3]
            .as_str()
            .unwrap()
            .contains("</script><img onerror=alert(1)>")
    );
}

#[test]
fn every_chart_is_drawn() {
    for (name, report) in [
        ("critical", example::critical()),
        ("healthy", example::healthy()),
        ("fleet", example::fleet(30)),
    ] {
        for size in [WIDE, (400, 800)] {
            let Some(shown) = browser::open(&page(&report), "", size) else {
                return;
            };
            assert_eq!(shown.console, Vec::<String>::new(), "{name}");
            assert_eq!(shown.attribute("charts").as_deref(), Some("7"), "{name}");
            assert_eq!(shown.document.matches("<canvas").count(), 7, "{name}");
        }
    }
}

/// What an expression gives of the page (`inner`, `root`) in a frame as wide as a telephone, which is less than the smallest
/// window of Chromium.
fn on_a_telephone(report: &Report, asked: &str) -> Option<Value> {
    let page = page(report).replace('&', "&amp;").replace('"', "&quot;");
    let outer = format!(
        "<!DOCTYPE html><html><body><iframe style=\"border:0;width:400px;height:6000px\" srcdoc=\"{page}\"></iframe>
         <script>onload = () => setTimeout(() => {{
            const inner = document.querySelector('iframe').contentDocument;
            const root = inner.documentElement;
            document.documentElement.dataset.result = JSON.stringify({asked});
         }}, 300);</script></body></html>"
    );
    let shown = browser::open(&outer, "", WIDE)?;
    assert_eq!(shown.console, Vec::<String>::new());
    Some(serde_json::from_str(&shown.attribute("result").unwrap()).unwrap())
}

#[test]
fn the_page_fits_a_telephone() {
    let asked = "[root.clientWidth, root.scrollWidth, root.dataset.charts,
        [...inner.querySelectorAll('body *')].filter((one) =>
            !one.closest('.scroll') && one.getBoundingClientRect().right > root.clientWidth + 0.5)
        .map((one) => one.className || one.tagName)]";
    for report in [
        example::critical(),
        example::explained(),
        example::fleet(30),
        example::hostile(),
    ] {
        let Some(found) = on_a_telephone(&report, asked) else {
            return;
        };
        assert_eq!(found, serde_json::json!([400, 400, "7", []]));
    }
}

/// A table to be scrolled would show its first column.
#[test]
fn all_that_is_said_of_the_lines_that_allocate_fits_a_telephone() {
    let asked = "[...inner.querySelectorAll('#causes td')].map((one) => one.getBoundingClientRect().right > 400.5)";
    let Some(found) = on_a_telephone(&example::explained(), asked) else {
        return;
    };
    let outside = found.as_array().unwrap();
    assert!(!outside.is_empty());
    assert!(!outside.contains(&Value::Bool(true)), "{found}");
}

#[test]
fn the_lines_that_allocate_stand_under_the_findings() {
    let page = page(&example::explained());
    let (_, rest) = page.split_once("<section id=\"causes\">").unwrap();
    let (section, _) = rest.split_once("</section>").unwrap();
    for text in [
        "handlers/orders.go:38",
        "handlers/&lt;img onerror&gt;,a:b.go:51",
        "24.1% of the bytes, 1.2MiB and 5,200 objects a second",
        "<strong>Sprintf for a simple conversion</strong>: id escapes to the heap: it becomes an interface value. Use strconv.Itoa.",
        "Without the first 3 of these (72% of the bytes) a cycle would come every 54ms and not every 15ms",
        "cache.go:12",
        "By heap.pb.gz, 30s.",
        "The profile is of another build",
    ] {
        assert!(section.contains(text), "{text}: {section}");
    }
    assert!(page.find("id=\"findings\"") < page.find("id=\"causes\""));
}

#[test]
fn what_the_log_cannot_tell_is_not_drawn() {
    let mut report = example::critical();
    report.processes[0].measures.allocation_resolved = false;
    let script = "
        return [
            document.querySelectorAll('#allocation canvas').length,
            document.querySelector('#allocation .legend').textContent.trim(),
            document.querySelector('#allocation .plot').textContent,
        ];";
    let Some(found) = drive(&report, script) else {
        return;
    };
    let why = "Not drawn: the cycles are too few or too small for heap sizes in whole MiB to tell.";
    assert_eq!(found, serde_json::json!([0, "allocated unresolved", why]));
}

#[test]
fn a_page_without_cycles_has_no_charts_and_no_errors() {
    let Some(shown) = browser::open(&page(&example::nothing()), "", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    assert!(shown.document.contains("No GC cycle in the input"));
    assert!(!shown.document.contains("<canvas"));
}

#[test]
fn the_address_says_which_process_and_when() {
    let page = page(&example::fleet(3));
    let Some(shown) = browser::open(&page, "process=1&from=20000ms&to=40000ms", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    let state = ["process", "from", "to", "charts"].map(|name| shown.attribute(name).unwrap());
    assert_eq!(state, ["orders-7d9c5b-001", "20", "40", "7"]);
    let Some(shown) = browser::open(&page, "process=99&from=70000ms&to=x", WIDE) else {
        return;
    };
    let state = ["process", "from", "to"].map(|name| shown.attribute(name).unwrap());
    assert_eq!(
        state,
        ["orders-7d9c5b-000", "0", "66"],
        "what makes no sense shows all"
    );
}

/// The page with a script of the test's at its end, and so without the policy that would not let it run.
fn driven(page: &str, script: &str) -> String {
    let policy = regex::Regex::new("<meta http-equiv=\"Content-Security-Policy\"[^>]*>").unwrap();
    let page = policy.replace(page, "");
    page.replacen("</body>", &format!("<script>{script}</script></body>"), 1)
}

/// What a script of the test's gives back as JSON.
fn drive(report: &Report, script: &str) -> Option<Value> {
    let script = format!(
        "(async () => {{
            const tick = () => new Promise((done) => setTimeout(done, 60));
            await tick();
            const result = await (async () => {{ {script} }})();
            document.documentElement.dataset.result = JSON.stringify(result);
        }})();"
    );
    let shown = browser::open(&driven(&page(report), &script), "", WIDE)?;
    assert_eq!(shown.console, Vec::<String>::new());
    Some(serde_json::from_str(&shown.attribute("result").unwrap()).unwrap())
}

#[test]
fn the_mouse_zooms_all_charts_and_the_buttons_too() {
    let script = "
        const root = document.documentElement;
        const state = () => [Number(root.dataset.from), Number(root.dataset.to)];
        const states = [state()];
        const over = document.querySelector('#pause .u-over');
        const { left, top, width } = over.getBoundingClientRect();
        // A mouse that has not moved says nothing to uPlot.
        const mouse = (type, share, where) => where.dispatchEvent(new MouseEvent(type, {
            bubbles: true, cancelable: true, button: 0, clientX: left + share * width, clientY: top + 20, movementX: 9, view: window,
        }));
        mouse('mousemove', 0.25, over);
        mouse('mousedown', 0.25, over);
        mouse('mousemove', 0.5, over);
        await tick();
        mouse('mousemove', 0.75, over);
        mouse('mouseup', 0.75, document);
        await tick();
        states.push(state());
        for (const how of ['in', 'later', 'out', 'earlier', 'all']) {
            document.querySelector(`[data-zoom=${how}]`).click();
            await tick();
            states.push(state());
        }
        return states;";
    let Some(states) = drive(&example::critical(), script) else {
        return;
    };
    let states: Vec<(f64, f64)> = serde_json::from_value(states).unwrap();
    let near =
        |(from, to): (f64, f64), (a, b): (f64, f64)| (from - a).abs() < 0.3 && (to - b).abs() < 0.3;
    let expected = [
        (0.0, 66.0),
        (16.5, 49.5),
        (24.75, 41.25),
        (33.0, 49.5),
        (24.75, 57.75),
        (8.25, 41.25),
        (0.0, 66.0),
    ];
    assert_eq!(states.len(), expected.len(), "{states:?}");
    for (state, expected) in states.iter().zip(expected) {
        assert!(near(*state, expected), "{states:?}");
    }
}

#[test]
fn the_chooser_changes_everything_that_is_of_one_process() {
    let mut report = example::fleet(3);
    report.processes[2].measures.pause_ns.p50 = 123_000;
    let script = "
        const chooser = document.querySelector('#chooser');
        const names = [...chooser.options].map((option) => option.textContent);
        chooser.value = '2';
        chooser.dispatchEvent(new Event('change'));
        await tick();
        return {
            names,
            process: document.documentElement.dataset.process,
            heading: document.querySelector('#measures .process').textContent,
            pause: document.querySelector('#measures tbody tr:nth-child(2) td').textContent,
            lane: [...document.querySelectorAll('#lane b')].map((one) => one.textContent),
            row: document.querySelector('#processes tr.chosen a').textContent,
            address: location.hash,
        };";
    let Some(result) = drive(&report, script) else {
        return;
    };
    let names = ["critical", "warning", "warning"];
    let names: Vec<_> = (0..3)
        .map(|n| format!("orders-7d9c5b-{n:03} ({})", names[n]))
        .collect();
    assert_eq!(result["names"], serde_json::json!(names));
    for place in ["process", "heading", "row"] {
        assert_eq!(result[place], "orders-7d9c5b-002", "{place}");
    }
    assert_eq!(result["pause"], "123µs");
    assert_eq!(result["lane"], serde_json::json!(["gc-frequency"]));
    assert_eq!(result["address"], "#process=2");
}

#[test]
fn findings_are_on_every_chart_over_time() {
    // The wash of a finding lies on the chart where it was raised, and nowhere else.
    let script = "
        const chart = (id) => document.querySelector(`#${id} canvas`);
        // Of a copy: a canvas that is read often is to say so when it is made.
        const copied = (canvas) => {
            const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
            const pen = copy.getContext('2d', { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0);
            return pen;
        };
        const pixel = (canvas, share) => {
            const over = canvas.parentElement.querySelector('.u-over');
            const ratio = canvas.width / canvas.clientWidth;
            const x = (over.offsetLeft + share * over.offsetWidth) * ratio;
            return [...copied(canvas).getImageData(x, over.offsetTop * ratio + 1, 1, 1).data];
        };
        return ['frequency', 'pause', 'cpu', 'heap', 'allocation'].map((id) => [pixel(chart(id), 0.09), pixel(chart(id), 0.5)]);";
    let Some(pixels) = drive(&example::critical(), script) else {
        return;
    };
    for pair in pixels.as_array().unwrap() {
        assert_eq!(
            pair[0],
            serde_json::json!([0, 0, 0, 0]),
            "before it was raised: {pixels}"
        );
        let red = pair[1].as_array().unwrap();
        assert!(
            red[0].as_u64() > Some(150) && red[1].as_u64() < Some(120),
            "{pixels}"
        );
    }
}

#[test]
fn every_chart_has_ink() {
    let script = "
        return [...document.querySelectorAll('canvas')].map((canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
            return colours.size;
        });";
    let Some(colours) = drive(&example::critical(), script) else {
        return;
    };
    let colours = colours.as_array().unwrap();
    assert_eq!(colours.len(), 7);
    assert!(
        colours.iter().all(|count| count.as_u64() > Some(5)),
        "{colours:?}"
    );
}

#[test]
fn the_script_writes_figures_as_the_report_does() {
    let times = [
        0,
        999,
        1500,
        49_000,
        999_499,
        1_234_000,
        26_700_000,
        999_400_000,
        12_710_000_000,
        59_900_000_000,
        123_000_000_000,
        4_320_000_000_000,
        273_600_000_000_000,
    ];
    let sizes = [0, 512, 4096, 4 << 20, 1_610_612_736, 7 << 40];
    let counts = [0, 7, 999, 1000, 1_234_567];
    let rates = [0.0, 0.0001, 0.004, 0.09, 0.31, 4.41, 53.43, 123.4];
    let shares = [0.0, 0.000_01, 0.0012, 0.018, 0.264, 1.0];
    let script = format!(
        "const {{ format }} = gcpressure;
         return [
            {times:?}.map(format.duration), {sizes:?}.map(format.bytes), {counts:?}.map(format.count),
            {rates:?}.map(format.rate), {shares:?}.map(format.percent),
         ];"
    );
    let Some(result) = drive(&example::healthy(), &script) else {
        return;
    };
    let expected = [
        times.map(units::duration).to_vec(),
        sizes.map(units::bytes).to_vec(),
        counts.map(units::count).to_vec(),
        rates.map(units::rate).to_vec(),
        shares.map(units::percent).to_vec(),
    ];
    assert_eq!(result, serde_json::json!(expected));
}

/// A log of 200,000 cycles, five a second, with three storms of 15 s and one pause of 180 ms far from them.
fn long_run() -> (String, Vec<(f64, f64)>) {
    let storms = [
        (5_000.0, 5_015.0),
        (20_000.0, 20_015.0),
        (33_333.0, 33_348.0),
    ];
    let mut log = String::new();
    let mut at = 0.0_f64;
    for cycle in 1..=200_000 {
        let storm = storms.iter().any(|(from, to)| at >= *from && at < *to);
        let pause = if cycle == 150_000 { "180" } else { "0.049" };
        writeln!(
            log,
            "gc {cycle} @{at:.3}s 1%: 0.030+1.2+{pause} ms clock, 0.12+0.30/0.50/0+0.20 ms cpu, 64->66->33 MB, 66 MB goal, 0 MB stacks, 0 MB globals, 8 P"
        )
        .unwrap();
        at += if storm { 0.015 } else { 0.2 };
    }
    (log, storms.to_vec())
}

#[test]
fn two_hundred_thousand_cycles_are_a_small_page_that_hides_nothing() {
    let (log, storms) = long_run();
    let source = Source::from_reader("long.log", Box::new(std::io::Cursor::new(log)));
    let report = pipeline::analyze(vec![source], &Options::default(), &mut ()).unwrap();
    assert_eq!(report.processes[0].cycles_seen, 200_000);
    let page = page(&report);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("200,000 GC cycles"));

    let figures = island(&page);
    let process = &figures["processes"][0];
    let column = |name: &str| -> Vec<f64> {
        let values = process["timeline"][name].as_array().unwrap();
        values
            .iter()
            .map(|value| value.as_f64().unwrap_or(0.0))
            .collect()
    };
    let at = column("at");
    assert!(at.len() <= 2_001, "{} points", at.len());
    // The largest value of the points that reach into a stretch of time.
    let most = |name: &str, from: f64, to: f64| {
        let spans = at.iter().zip(&at[1..]).zip(column(name));
        spans
            .filter(|((start, end), _)| **start < to && **end > from)
            .fold(0.0, |most: f64, (_, value)| most.max(value))
    };
    for (from, to) in storms {
        assert!(
            most("frequency", from, to) > 12.0,
            "the storm at {from} s is not drawn"
        );
    }
    assert!(
        most("frequency", 0.0, 4_900.0) < 6.0,
        "a storm where there was none"
    );
    assert!(
        most("longest", 0.0, at[at.len() - 1]) >= 180e6,
        "the long pause is not drawn"
    );

    let critical: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Critical)
        .collect();
    assert!(
        critical
            .iter()
            .any(|finding| finding.rule == "gc-frequency" && finding.episodes.len() == 3),
        "{critical:?}"
    );
    let drawn: usize = process["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["episodes"].as_array().unwrap().len())
        .sum();
    let raised: usize = report
        .findings
        .iter()
        .map(|finding| finding.episodes.len())
        .sum();
    assert_eq!(drawn, raised);

    let Some(shown) = browser::open(&page, "", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    assert_eq!(shown.attribute("charts").as_deref(), Some("7"));
}

#[test]
fn a_thousand_processes_are_a_page_too() {
    let page = page(&example::fleet(1000));
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    let Some(shown) = browser::open(&page, "process=999", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    assert_eq!(
        shown.attribute("process").as_deref(),
        Some("orders-7d9c5b-999")
    );
}
