//! JSON: one object a line, or an array with one object a line. One of its strings is the line that the program wrote.
//!
//! Docker's json-file (`log`), Loki's `logcli -o jsonl` (`line`), journald (`MESSAGE`), cloud logging (`textPayload`, `message`),
//! `go test -json` (`Output`), and any other object: a string with trace is found by its contents, other lines by their keys.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::envelope::Envelope;
use crate::trace::{NEEDLE, trim_end};

/// Objects nested deeper than this are skipped.
const DEPTH: u8 = 8;
/// The longest tag before an object, in bytes.
const TAG: usize = 128;

/// Opens an envelope; `None` if the line is not a JSON object or has no string that could be the program's line.
pub(crate) fn open(line: &[u8]) -> Option<Envelope<'_>> {
    let line = trim_end(object(line)?);
    let mut envelope = Envelope::default();
    // UTF-8 is validated once for all strings; a line that is not UTF-8 may still have valid strings.
    match std::str::from_utf8(line) {
        Ok(text) => read(&mut envelope, serde_json::Deserializer::from_str(text)),
        Err(_) => read(&mut envelope, serde_json::Deserializer::from_slice(line)),
    }
    .ok()?;
    envelope.line.is_some().then_some(envelope)
}

/// The object in a line: alone, as an item of an array, or with trace after a short tag (`kube.var.log: {...}`).
fn object(line: &[u8]) -> Option<&[u8]> {
    if let [b'{', .., b'}'] = line {
        return Some(line);
    }
    let item = trim_end(line);
    let item = item.strip_suffix(b",").unwrap_or(item);
    let item = item.strip_suffix(b"]").unwrap_or(item).trim_ascii();
    if !item.ends_with(b"}") {
        return None;
    }
    let inside = item.strip_prefix(b"[").unwrap_or(item);
    let inside = inside
        .strip_prefix(b",")
        .unwrap_or(inside)
        .trim_ascii_start();
    if inside.starts_with(b"{") {
        return Some(inside);
    }
    let near = &item[..item.len().min(TAG)];
    let start = memchr::memmem::find(near, b" {\"")? + 1;
    memchr::memmem::find(&item[start..], NEEDLE)?;
    Some(&item[start..])
}

fn read<'a, R: serde_json::de::Read<'a>>(
    envelope: &mut Envelope<'a>,
    mut json: serde_json::Deserializer<R>,
) -> serde_json::Result<()> {
    json.deserialize_map(Object {
        envelope,
        parent: "",
        depth: 0,
    })?;
    json.end()
}

struct Object<'e, 'k, 'a> {
    envelope: &'e mut Envelope<'a>,
    /// The key that holds this object.
    parent: &'k str,
    depth: u8,
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = map.next_key_seed(TextSeed)? {
            map.next_value_seed(Member {
                envelope: &mut *self.envelope,
                parent: self.parent,
                key: &key,
                depth: self.depth,
            })?;
        }
        Ok(())
    }
}

/// One member of an object: strings are added, objects entered, a `MESSAGE` of bytes decoded, the rest skipped.
struct Member<'e, 'k, 'a> {
    envelope: &'e mut Envelope<'a>,
    parent: &'k str,
    key: &'k str,
    depth: u8,
}

impl<'a> DeserializeSeed<'a> for Member<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Member<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<(), E> {
        self.envelope
            .take(self.parent, self.key, Cow::Borrowed(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.envelope
            .take(self.parent, self.key, Cow::Owned(value.to_owned()));
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        if self.depth < DEPTH {
            let object = Object {
                envelope: self.envelope,
                parent: self.key,
                depth: self.depth + 1,
            };
            object.visit_map(map)
        } else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(())
        }
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        // journald writes a message that is not UTF-8 as an array of its bytes.
        if self.key != "MESSAGE" {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element::<u8>()? {
            bytes.push(byte);
        }
        self.envelope.take(
            self.parent,
            self.key,
            Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        );
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A string, borrowed from the line if it has no escapes.
struct Text<'a>(Cow<'a, str>);

struct TextSeed;

impl<'a> DeserializeSeed<'a> for TextSeed {
    type Value = Text<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Text<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for TextSeed {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Text<'a>, E> {
        Ok(Text(Cow::Owned(value.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::envelope::{End, KEYS, Role};
    use super::*;

    const GC: &str = "gc 1 @0.004s 2%: 0.017+0.50+0.003 ms clock, 0.14+0.1/0.4/0.8+0.024 ms cpu, 4->4->1 MB, 5 MB goal, 8 P";

    /// The line, the stream and the time of an object.
    fn opened(object: &str) -> [String; 3] {
        let envelope = open(object.as_bytes()).unwrap_or_else(|| panic!("an envelope: {object}"));
        let line = envelope.line.unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
        [line, text(envelope.stream), text(envelope.wall)]
    }

    /// Every key by itself.
    #[test]
    fn every_key_is_known() {
        for (parent, key, role) in KEYS {
            let member = |value: &str| match *parent {
                "" => format!("\"{key}\":\"{value}\""),
                parent => format!("\"{parent}\":{{\"{key}\":\"{value}\"}}"),
            };
            match role {
                // A line without ` ms clock, ` is found by its key alone.
                Role::Line(_) => {
                    let object = format!("{{\"n\":1,{}}}", member("GC forced"));
                    assert_eq!(opened(&object), ["GC forced", "", ""], "{key}");
                }
                Role::Stream(_) => {
                    let object = format!("{{\"x\":\"{GC}\",{}}}", member("web-1"));
                    assert_eq!(opened(&object), [GC, "web-1", ""], "{key}");
                }
                Role::Time(_) => {
                    let object = format!("{{\"x\":\"{GC}\",{}}}", member("00:12:01"));
                    assert_eq!(opened(&object), [GC, "", "00:12:01"], "{key}");
                }
                Role::Output => {
                    let object = format!("{{\"x\":\"{GC}\",{}}}", member("stdout"));
                    assert!(open(object.as_bytes()).is_some_and(|e| e.stdout), "{key}");
                }
            }
        }
    }

    #[test]
    fn samples() {
        let docker = format!(
            "{{\"log\":\"{GC}\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-23T00:12:01Z\"}}"
        );
        assert_eq!(
            opened(&docker),
            [&format!("{GC}\n"), "", "2026-11-23T00:12:01Z"]
        );
        assert!(open(docker.as_bytes()).is_some_and(|e| e.end == End::LineFeed));
        // An array with an object a line, with the bracket on a line of its own or not.
        let item = format!("{{\"message\": \"{GC}\"}}");
        for line in [
            format!("  {item},"),
            format!("[{item},"),
            format!("  {item}]"),
            format!("[ {item} ]"),
            format!("  ,{item}"),
            format!("\t{item}  ,\r"),
        ] {
            assert_eq!(opened(&line)[0], GC, "{line}");
        }
        // journald writes a message that is not UTF-8 as an array of bytes.
        assert_eq!(opened("{\"MESSAGE\":[71,67]}")[0], "GC");
        // A tag before it, as fluentd's standard output has.
        assert_eq!(opened(&format!("kube.var.log: {item}"))[0], GC);
        for line in [
            "{\"n\":1}",
            "{\"log\":1}",
            "[1,2]",
            "{",
            "}",
            "{}",
            "",
            "{\"log\":\"x\"",
        ] {
            assert!(open(line.as_bytes()).is_none(), "{line}");
        }
    }
}
