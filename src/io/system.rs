//! What the operating systems have in different forms: standard input, pipe sizes, the identity of a file.

use std::fs::{File, Metadata};
use std::io;

/// Standard input as a file: std's own handle reads through a buffer of its own.
#[cfg(unix)]
pub(super) fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Standard input as a file: std's own handle reads through a buffer of its own.
#[cfg(windows)]
pub(super) fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Enlarges the buffer of a pipe, so that its writer is held up less and both sides take turns less often. If the system does not
/// grant it, the pipe stays as it is.
#[cfg(all(feature = "cli", any(target_os = "linux", target_os = "android")))]
pub(super) fn widen(pipe: &impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

/// On this system, or without the feature `cli`, pipes keep their size.
#[cfg(not(all(feature = "cli", any(target_os = "linux", target_os = "android"))))]
pub(super) fn widen<P>(_: &P) {}

/// Stays the same when a file is renamed.
#[cfg(unix)]
pub(super) type Identity = (u64, u64);
/// Stays the same when a file is renamed.
#[cfg(not(unix))]
pub(super) type Identity = Option<std::time::SystemTime>;

/// Which file this is, whatever its name.
#[cfg(unix)]
pub(super) fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// Which file this is, whatever its name.
#[cfg(not(unix))]
pub(super) fn identity(file: &Metadata) -> Identity {
    file.created().ok()
}
