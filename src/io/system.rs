//! What the operating system says of files and pipes.

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

/// Makes room in a pipe for what its writer has to say while nobody looks: it waits less, and both sides take turns less
/// often. Where the system has no such thing, or does not grant it, the pipe stays as it is.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn widen(pipe: &impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

/// Pipes are of one size here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn widen<P>(_: &P) {}

/// What stays the same while a file is renamed.
#[cfg(unix)]
pub(super) type Identity = (u64, u64);
/// What stays the same while a file is renamed.
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
