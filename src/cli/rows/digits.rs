//! Whole numbers as text. A row is two thirds numbers, and what a library formats elsewhere is copied here once more.

/// Writes a number in decimal.
#[inline]
pub(super) fn push(number: u64, line: &mut Vec<u8>) {
    match u32::try_from(number) {
        Ok(short @ 0..EIGHT) => {
            let digits = eight(short);
            // The first of them lie lowest; one is left of 0.
            let zeros = (digits.trailing_zeros() / 8).min(7);
            let text = (digits | ASCII) >> (8 * zeros);
            line.extend_from_slice(&text.to_le_bytes());
            line.truncate(line.len() - zeros as usize);
        }
        _ => push_long(number, line),
    }
}

/// Writes a number that may be below 0 in decimal.
#[inline]
pub(super) fn push_signed(number: i64, line: &mut Vec<u8>) {
    if number < 0 {
        line.push(b'-');
    }
    push(number.unsigned_abs(), line);
}

// By itself, or the short numbers pay for what it keeps in registers.
#[inline(never)]
fn push_long(number: u64, line: &mut Vec<u8>) {
    let (high, low) = (number / u64::from(EIGHT), number % u64::from(EIGHT));
    if high > 0 {
        push(high, line);
    }
    let low = u32::try_from(low).unwrap_or(0);
    line.extend_from_slice(&(eight(low) | ASCII).to_le_bytes());
}

/// The least number of more than eight digits.
const EIGHT: u32 = 100_000_000;

/// What makes characters of eight digits.
const ASCII: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number below [`EIGHT`], a byte each, the first one lowest: split in halves three times, all parts
/// at once.
const fn eight(number: u32) -> u64 {
    let (high, low) = ((number / 10_000) as u64, (number % 10_000) as u64);
    let fours = high | low << 32;
    // A division by 100 of what is below 10,000, and by 10 of what is below 100.
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x0F_000F_000F_000F;
    tens | (twos - tens * 10) << 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut line = b"before ".to_vec();
        write(&mut line);
        String::from_utf8_lossy(&line["before ".len()..]).into_owned()
    }

    #[test]
    fn every_part_of_a_number_is_split_right() {
        for four in 0..10_000 {
            let number = four * 10_000 + (9_999 - four);
            assert_eq!(text(|line| push(number, line)), number.to_string());
        }
        let mut power = 1_u64;
        while let Some(next) = power.checked_mul(10) {
            for number in [power - 1, power, power + 1, next - 1] {
                assert_eq!(text(|line| push(number, line)), number.to_string());
            }
            power = next;
        }
        for number in [0, -1, 42, i64::MIN, i64::MAX] {
            assert_eq!(text(|line| push_signed(number, line)), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_std_writes_them(number: u64, shift in 0..64_u32) {
            let number = number >> shift;
            prop_assert_eq!(text(|line| push(number, line)), number.to_string());
        }
    }
}
