# Two images with the program of a Linux archive in dist/: the default one holds nothing else but root certificates and licenses; the
# target `shell` is Alpine with it, for servers such as GitLab that run a job's lines in the shell of an image. By hand:
#   packaging/archive.sh x86_64-unknown-linux-musl
#   docker build --build-arg VERSION=0.1.0 --tag gcpressure .
#   docker build --build-arg VERSION=0.1.0 --tag gcpressure:shell --target shell .
#   docker run --rm -i gcpressure check - < gc.log
#   docker run --rm -v "$PWD:/work" gcpressure check gc.log
ARG BASE=docker.io/library/alpine:3.22

FROM scratch AS archive
ARG VERSION
ARG TARGET=x86_64-unknown-linux-musl
ADD dist/gcpressure-v${VERSION}-${TARGET}.tar.gz /

FROM ${BASE} AS shell
ARG VERSION
COPY --from=archive /gcpressure-*/gcpressure /usr/bin/
COPY --from=archive /gcpressure-*/LICENSE-* /gcpressure-*/THIRD-PARTY.txt /usr/share/doc/gcpressure/
WORKDIR /work
LABEL org.opencontainers.image.title="gcpressure, with a shell" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="https://github.com/gcpressure/gcpressure"
CMD ["/bin/sh"]

FROM scratch
ARG VERSION
COPY --from=shell /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=shell /usr/bin/gcpressure /usr/bin/
COPY --from=shell /usr/share/doc/gcpressure /usr/share/doc/gcpressure
WORKDIR /work
LABEL org.opencontainers.image.title="gcpressure" \
      org.opencontainers.image.description="Judges the garbage collection of a Go program from what GODEBUG=gctrace=1 prints" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="https://github.com/gcpressure/gcpressure" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
ENTRYPOINT ["/usr/bin/gcpressure"]
