//! HTTP over a Unix socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ArrayVec, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, Error};

/// An agent that connects to the socket at `path`, whatever the host of a request.
pub(super) fn agent(config: Config, path: String) -> Agent {
    Agent::with_parts(config, Socket { path }, Anywhere)
}

#[derive(Debug)]
struct Socket {
    path: String,
}

impl Connector for Socket {
    type Out = Stream;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Stream>, Error> {
        let config = details.config;
        Ok(Some(Stream {
            stream: UnixStream::connect(&self.path)?,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        }))
    }
}

#[derive(Debug)]
struct Stream {
    stream: UnixStream,
    buffers: LazyBuffers,
}

impl Transport for Stream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let limit = timeout.not_zero().map(|limit| *limit);
        self.stream.set_write_timeout(limit)?;
        let written = self.stream.write_all(&self.buffers.output()[..amount]);
        written.map_err(|error| timed(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let limit = timeout.not_zero().map(|limit| *limit);
        self.stream.set_read_timeout(limit)?;
        let read = self.stream.read(self.buffers.input_append_buf());
        let amount = read.map_err(|error| timed(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Each request has a connection of its own.
    fn is_open(&mut self) -> bool {
        false
    }
}

fn timed(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// The host of a request is not looked up.
#[derive(Debug)]
struct Anywhere;

impl Resolver for Anywhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut one = ArrayVec::from_fn(|_| ([0, 0, 0, 0], 0).into());
        one.push(([0, 0, 0, 0], 0).into());
        Ok(one)
    }
}
