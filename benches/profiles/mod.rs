//! Heap profiles of any size, with the fields that the Go runtime writes: stacks of 35 frames that share their callers,
//! 60,000 places, a third of them with a call that was inlined there.

/// Functions and places that all stacks are made of.
const FUNCTIONS: u64 = 20_000;
const PLACES: u64 = 60_000;
const DEPTH: usize = 35;
/// Stacks whose callers the next ones may have.
const REMEMBERED: usize = 20_000;

/// A profile of about so many bytes, unpacked.
pub(crate) fn profile(bytes: usize) -> Vec<u8> {
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = move |limit: u64| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        (chance >> 11) % limit
    };
    let mut texts = vec![String::new()];
    let mut text = |text: String| {
        texts.push(text);
        texts.len() as u64 - 1
    };
    let mut out = Vec::new();
    for (kind, unit) in [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ] {
        let pair = [
            number(1, text(kind.to_owned())),
            number(2, text(unit.to_owned())),
        ];
        out.extend(part(1, &pair.concat()));
    }
    let size_label = text("bytes".to_owned());
    out.extend(number(12, 524_288));
    for id in 1..=PLACES {
        let line = |function| part(4, &[number(1, function), number(2, id % 900 + 1)].concat());
        let mut place = [number(1, id), number(3, 0x40_0000 + id * 16)].concat();
        if id % 3 == 0 {
            place.extend(line(below(FUNCTIONS / 4) + 1));
        }
        place.extend(line(below(FUNCTIONS) + 1));
        out.extend(part(4, &place));
    }
    for id in 1..=FUNCTIONS {
        let name = text(format!(
            "example.com/svc/pkg{}.(*T{}).M{id}",
            id % 300,
            id % 40
        ));
        let file = text(format!("/src/svc/pkg{}/f{}.go", id % 300, id % 7));
        let function = [
            number(1, id),
            number(2, name),
            number(3, name),
            number(4, file),
        ];
        out.extend(part(5, &function.concat()));
    }
    for text in &texts {
        out.extend(part(6, text.as_bytes()));
    }
    let mut stacks: Vec<[u64; DEPTH]> = vec![[1; DEPTH]];
    while out.len() < bytes {
        // Leaf first: what is shared stands at the end.
        let mut stack = stacks[at(below(stacks.len() as u64))];
        let own = 2 + at(below(DEPTH as u64 - 8));
        stack[..own].fill_with(|| below(PLACES) + 1);
        match stacks.len() {
            REMEMBERED => stacks[at(below(REMEMBERED as u64))] = stack,
            _ => stacks.push(stack),
        }
        let (count, size) = (below(100_000) + 1, 16 << below(8));
        let values = [count, count * size, count / 10, count / 10 * size];
        let sample = [
            part(1, &stack.map(varint).concat()),
            part(2, &values.map(varint).concat()),
            part(3, &[number(1, size_label), number(3, size)].concat()),
        ];
        out.extend(part(2, &sample.concat()));
    }
    out
}

fn at(place: u64) -> usize {
    usize::try_from(place).unwrap_or(0)
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(value.to_le_bytes()[0] | 128);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// A field that is a number.
fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// A field that is bytes.
fn part(field: u64, bytes: &[u8]) -> Vec<u8> {
    [
        varint(field << 3 | 2),
        varint(bytes.len() as u64),
        bytes.to_vec(),
    ]
    .concat()
}
