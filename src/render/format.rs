//! What all formats have in common: a table of names and writers for each kind of result.

use std::io::{self, Write};

use super::Style;

/// The formats of a result.
pub trait Formats: Copy + Send + Sync + 'static {
    /// Every format, in the order of the help.
    const ALL: &'static [Self];

    /// The name that users type.
    fn name(self) -> &'static str;

    /// The format with this name.
    fn from_name(name: &str) -> Option<Self> {
        let mut formats = Self::ALL.iter().copied();
        formats.find(|format| format.name() == name)
    }
}

/// A format that results of type `T` are written in.
pub trait Render<T>: Formats {
    /// Writes the result in this format.
    ///
    /// # Errors
    /// What the writer gives.
    fn render(self, result: &T, out: &mut dyn Write, style: &Style) -> io::Result<()>;
}

/// Makes the formats of a result out of a table: for each its variant, its name and the function that writes it.
macro_rules! formats {
    (
        $(#[doc = $about:literal])+
        $formats:ident of $result:ty {
            $($(#[doc = $doc:literal])+ $(#[cfg($cfg:meta)])? $format:ident, $name:literal, $write:path;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $formats {
            $($(#[doc = $doc])+ $(#[cfg($cfg)])? $format,)+
        }

        impl Formats for $formats {
            const ALL: &'static [Self] = &[$($(#[cfg($cfg)])? Self::$format,)+];

            fn name(self) -> &'static str {
                match self {
                    $($(#[cfg($cfg)])? Self::$format => $name,)+
                }
            }
        }

        impl Render<$result> for $formats {
            fn render(self, result: &$result, out: &mut dyn Write, style: &Style) -> io::Result<()> {
                match self {
                    $($(#[cfg($cfg)])? Self::$format => $write(result, out, style),)+
                }
            }
        }
    };
}

pub(super) use formats;
