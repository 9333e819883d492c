//! Values of types that cannot be written out outside the library.

/// A value like another one but for some fields: `with!(base, field: value, ...)`.
macro_rules! with {
    ($base:expr, $($field:ident: $value:expr),* $(,)?) => {{
        let mut changed = $base;
        $(changed.$field = $value;)*
        changed
    }};
}

pub(crate) use with;
