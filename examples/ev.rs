use gcpressure::pipeline::*;
struct S(bool);
impl Sink for S {
    fn cycle(&mut self, r: &CycleRow<'_>) -> std::io::Result<()> {
        if self.0 { println!("{} {} {} {} {:?} {}", r.process, r.cycle.number, r.line, r.repaired, r.wall_time, String::from_utf8_lossy(r.raw)); }
        Ok(())
    }
    fn foreign(&mut self, l: &[u8]) -> std::io::Result<()> { use std::io::Write; std::io::stdout().write_all(l) }
}
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let rows = a[0] == "rows";
    let foreign = a[0] == "foreign";
    for f in &a[1..] {
        let src = match gcpressure::input::Source::open(f) { Ok(s) => s, Err(e) => { println!("{f}: ERR {e}"); continue } };
        match analyse(vec![src], &Options { foreign, ..Default::default() }, &mut S(rows)) {
            Ok(r) => { let i = r.input; 
              if foreign {continue}
              println!("{} intact {} rep {} dam {} dup {} quo {} leg {} other {} over {} scav {} pacer {} fn {} newest {}", f, i.intact, i.repaired, i.damaged, i.duplicate, i.quoted, i.legacy_gc_lines, i.other_lines, i.overlong_lines, i.scavenger_lines, i.pacer_lines, i.forced_notices, i.newest_first);
              for p in r.processes { println!("   {} {}..{} seen {} miss {} forced {} approx {} {}", p.id, p.first_cycle, p.last_cycle, p.cycles_seen, p.cycles_missing, p.forced_cycles, p.approximate, p.format); }
              for d in i.damaged_at.iter().take(5) { println!("      damaged {} {} {}", d.line, d.why, d.text); } }
            Err(e) => println!("{f}: {e}"),
        }
    }
}
