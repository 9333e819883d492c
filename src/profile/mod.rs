//! Heap profiles: pprof's protobuf as the Go runtime writes it, Go 1.19 to 1.27.
//!
//! The runtime samples one allocation in every [`Profile::rate`] bytes, and scales each sample up before it writes the
//! file (runtime/pprof/protomem.go): a value is an estimate of everything that was allocated, never to be scaled again.
//! The value and the size of the objects determine how good the estimate is: see [`sampling`].
//!
//! Frames of the runtime at the leaf are cut off when the profile is written, so a site shows the line that allocates,
//! but not whether it grew a slice, boxed a value or made a map: for that see [`crate::escape`].

mod error;
mod merge;
mod message;
mod read;
pub mod sampling;
mod site;
mod top;

pub use error::ProfileError;
pub use read::{Raw, read};
pub use site::{Frame, Site, instructions, sites};
pub use top::{Inline, Order, Row, Table, TopOptions, top};

use std::fmt;

/// What is counted in a column of a heap profile, in the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleType {
    /// Objects allocated since the program started: what drives GC frequency and its cost.
    AllocObjects,
    /// Bytes allocated since the program started.
    AllocSpace,
    /// Objects that were live at the last GC cycle.
    InuseObjects,
    /// Bytes that were live at the last GC cycle.
    InuseSpace,
}

impl SampleType {
    /// Every type, in the order of the columns.
    pub const ALL: [Self; 4] = [
        Self::AllocObjects,
        Self::AllocSpace,
        Self::InuseObjects,
        Self::InuseSpace,
    ];

    /// pprof's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllocObjects => "alloc_objects",
            Self::AllocSpace => "alloc_space",
            Self::InuseObjects => "inuse_objects",
            Self::InuseSpace => "inuse_space",
        }
    }

    /// The unit of its values in the profile.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::AllocObjects | Self::InuseObjects => "count",
            Self::AllocSpace | Self::InuseSpace => "bytes",
        }
    }

    /// The type with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn column(self) -> usize {
        self as usize
    }

    /// The column that counts the objects behind this one.
    const fn objects(self) -> Self {
        match self {
            Self::AllocObjects | Self::AllocSpace => Self::AllocObjects,
            Self::InuseObjects | Self::InuseSpace => Self::InuseObjects,
        }
    }

    const fn bytes(self) -> Self {
        match self {
            Self::AllocObjects | Self::AllocSpace => Self::AllocSpace,
            Self::InuseObjects | Self::InuseSpace => Self::InuseSpace,
        }
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an older profile is subtracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtract {
    /// `-base`: shares are of what the difference holds.
    Base,
    /// `-diff_base`: shares are of the base.
    DiffBase,
}

/// A heap profile, or the difference of two.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    functions: Vec<Function>,
    locations: Vec<Location>,
    samples: Vec<Sample>,
    /// The stacks of all samples, as indices of locations, leaf first.
    stacks: Vec<u32>,
    rate: i64,
    time_ns: i64,
    duration_ns: i64,
    subtracted: bool,
}

/// A function of the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Function {
    name: Box<str>,
    /// Differs from the name only if the name was demangled before.
    system_name: Box<str>,
    file: Box<str>,
    start_line: i64,
}

/// A place in the program: one instruction, and with inlining several lines of source.
#[derive(Debug, Clone)]
struct Location {
    /// Innermost first; empty if the profile has no symbols.
    lines: Box<[Line]>,
    /// The program or library that it belongs to, if there is no line.
    object: Box<str>,
}

/// A line of a function, as an index of [`Profile::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Line {
    function: Option<u32>,
    line: i64,
    column: i64,
}

/// One stack and size of object. The values of two profiles are kept side by side: `new - base` is reported.
#[derive(Debug, Clone)]
struct Sample {
    /// Its range of [`Profile::stacks`].
    stack: std::ops::Range<usize>,
    new: [i64; 4],
    base: [i64; 4],
    /// Bytes of one object, if the profile has it.
    size: Option<i64>,
    /// Of a base that is kept apart (`-diff_base`).
    apart: bool,
}

impl Sample {
    fn value(&self, kind: SampleType) -> i64 {
        self.new[kind.column()].wrapping_sub(self.base[kind.column()])
    }
}

impl Profile {
    /// One profile as it is.
    ///
    /// # Errors
    /// A profile without samples.
    pub fn new(raw: &Raw) -> Result<Self, ProfileError> {
        merge::merge(&[(raw, merge::Side::New)])
    }

    /// A profile less an older one.
    ///
    /// # Errors
    /// Profiles that were sampled at different rates.
    pub fn difference(new: &Raw, base: &Raw, how: Subtract) -> Result<Self, ProfileError> {
        if new.rate != base.rate {
            return Err(ProfileError::Incompatible(format!(
                "it was sampled every {} bytes, the other every {}",
                base.rate, new.rate
            )));
        }
        let side = match how {
            Subtract::Base => merge::Side::Base,
            Subtract::DiffBase => merge::Side::Apart,
        };
        merge::merge(&[(new, merge::Side::New), (base, side)])
    }

    /// Bytes of allocation between two samples (`MemProfileRate`); at 1 every object was recorded.
    #[must_use]
    pub const fn rate(&self) -> i64 {
        self.rate
    }

    /// When it was taken, ns since 1970; 0 if unknown.
    #[must_use]
    pub const fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// The time that it covers, ns: that of a delta profile (`?seconds=N`); 0 for one since the program's start.
    #[must_use]
    pub const fn duration_ns(&self) -> i64 {
        self.duration_ns
    }

    /// Whether an older profile was subtracted.
    #[must_use]
    pub const fn subtracted(&self) -> bool {
        self.subtracted
    }

    /// The sum of all values, each without its sign; of the base alone if that is kept apart. Shares are of this.
    #[must_use]
    pub fn total(&self, kind: SampleType) -> i64 {
        let (mut all, mut apart) = (0_i64, 0_i64);
        for sample in &self.samples {
            let value = sample.value(kind).wrapping_abs();
            all = all.wrapping_add(value);
            if sample.apart {
                apart = apart.wrapping_add(value);
            }
        }
        if apart > 0 { apart } else { all }
    }

    fn stack(&self, sample: &Sample) -> &[u32] {
        &self.stacks[sample.stack.clone()]
    }
}
