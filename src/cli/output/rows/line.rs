//! The part of a row between two texts: keys and whole numbers. Two thirds of a row are numbers; a library would format
//! them elsewhere and copy them here.

/// Bytes copied at a time, at most. A copy of constant length needs no call.
pub(crate) const PIECE: usize = 32;

/// More than the keys and numbers of a row.
const ROOM: usize = 2_048;

/// A buffer of fixed size. Positions are taken modulo [`ROOM`], so that no bounds check is needed; a longer row would wrap.
pub(crate) struct Line {
    bytes: Box<[u8; ROOM + PIECE]>,
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: Box::new([0; ROOM + PIECE]),
            length: 0,
        }
    }
}

impl Line {
    /// The bytes so far.
    pub(crate) fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Appends the bytes to `out` and clears them.
    pub(crate) fn move_to(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text());
        self.length = 0;
    }

    /// Appends the first `length` bytes.
    #[inline(always)]
    pub(crate) fn piece<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        const { assert!(N <= PIECE) };
        debug_assert!(self.length + length <= ROOM, "a row that is too long");
        let at = self.length % ROOM;
        self.bytes[at..at + N].copy_from_slice(bytes);
        self.length = at + length;
    }

    /// Appends bytes.
    #[inline(always)]
    pub(crate) fn push<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.piece(bytes, N);
    }

    /// Appends `true` or `false`.
    #[inline(always)]
    pub(crate) fn flag(&mut self, value: bool) {
        let (text, length) = if value { (b"true ", 4) } else { (b"false", 5) };
        self.piece(text, length);
    }

    /// Appends a number in decimal.
    #[inline(never)]
    pub(crate) fn number(&mut self, number: u64) {
        match u32::try_from(number) {
            Ok(short @ 0..EIGHT) => self.short(short),
            _ => self.long(number),
        }
    }

    #[inline(always)]
    fn short(&mut self, number: u32) {
        let digits = eight(number);
        // Leading zeros are in the lowest bytes; 0 keeps one digit.
        let zeros = (digits.trailing_zeros() / 8).min(7);
        let text = (digits | ASCII) >> (8 * zeros);
        self.piece(&text.to_le_bytes(), 8 - zeros as usize);
    }

    // Not inlined, so that short numbers do not save its registers.
    #[inline(never)]
    fn long(&mut self, number: u64) {
        let (high, low) = (number / u64::from(EIGHT), number % u64::from(EIGHT));
        match u32::try_from(high) {
            Ok(short @ 0..EIGHT) => self.short(short),
            _ => self.long(high),
        }
        let low = u32::try_from(low).unwrap_or(0);
        self.push(&(eight(low) | ASCII).to_le_bytes());
    }

    /// Appends a signed number in decimal.
    #[inline]
    pub(crate) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.push(b"-");
        }
        self.number(number.unsigned_abs());
    }
}

/// The smallest number of nine digits.
const EIGHT: u32 = 100_000_000;

/// Turns eight digits into ASCII.
const ASCII: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number below [`EIGHT`], one per byte, the first one lowest. The number is split in halves three
/// times, all parts at once.
const fn eight(number: u32) -> u64 {
    let (high, low) = ((number / 10_000) as u64, (number % 10_000) as u64);
    let fours = high | low << 32;
    // Divides parts below 10,000 by 100, then parts below 100 by 10.
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x0F_000F_000F_000F;
    tens | (twos - tens * 10) << 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl Fn(&mut Line)) -> String {
        let mut line = Line::default();
        line.push(b"before ");
        write(&mut line);
        let text = String::from_utf8_lossy(line.text()).into_owned();
        text.strip_prefix("before ").unwrap_or_default().to_owned()
    }

    #[test]
    fn every_part_of_a_number_is_split_right() {
        for four in 0..10_000 {
            let number = four * 10_000 + (9_999 - four);
            assert_eq!(text(|line| line.number(number)), number.to_string());
        }
        let mut power = 1_u64;
        while let Some(next) = power.checked_mul(10) {
            for number in [power - 1, power, power + 1, next - 1] {
                assert_eq!(text(|line| line.number(number)), number.to_string());
            }
            power = next;
        }
        for number in [0, -1, 42, i64::MIN, i64::MAX] {
            assert_eq!(text(|line| line.signed(number)), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_std_writes_them(number: u64, shift in 0..64_u32) {
            let number = number >> shift;
            prop_assert_eq!(text(|line| line.number(number)), number.to_string());
        }
    }
}
