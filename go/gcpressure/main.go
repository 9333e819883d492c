// Gcpressure reads what a Go program prints under GODEBUG=gctrace=1 and says whether the garbage
// collector is under pressure, where, on what evidence, and what to do next.
//
// The program is written in Rust. This package downloads its released build for the current
// platform, checks it against a SHA-256 sum compiled in here, keeps it in the user's cache folder,
// and runs it with the same arguments, standard streams, signals and exit status:
//
//	go install github.com/gcpressure/gcpressure/go/gcpressure@latest
//	go get -tool github.com/gcpressure/gcpressure/go/gcpressure    # Go 1.24 or later
//	go tool gcpressure check gc.log
//
// Do not use go run for a check in CI. It turns every exit status other than 0 into 1, so that an
// error (2) and a run without a verdict (3) look like a failed check (1). The installed command
// and go tool keep the exit status.
//
// Environment variables:
//
//   - GCPRESSURE_BINARY: run this program and download nothing.
//   - GCPRESSURE_DOWNLOAD_URL: download from this address instead of the project's releases. It
//     must hold vVERSION/gcpressure-vVERSION-TARGET.tar.gz (.zip for Windows).
//   - HTTPS_PROXY, HTTP_PROXY, NO_PROXY: as in every Go program.
//
// A problem of the download ends with exit status 2, as every other error of gcpressure does.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Exit status for errors: the one that gcpressure itself has for them.
const statusError = 2

func main() {
	launcher := newLauncher(version, sums)
	os.Exit(launcher.run(os.Args[1:], os.Stderr))
}

// newLauncher returns a launcher for this platform with the settings of the environment.
func newLauncher(version string, sums map[string]string) *launcher {
	base := releases
	if mirror := os.Getenv("GCPRESSURE_DOWNLOAD_URL"); mirror != "" {
		base = mirror
	}
	return &launcher{
		version:  version,
		sums:     sums,
		base:     strings.TrimRight(base, "/"),
		binary:   os.Getenv("GCPRESSURE_BINARY"),
		goos:     runtime.GOOS,
		goarch:   runtime.GOARCH,
		cacheDir: os.UserCacheDir,
		limits:   defaultLimits,
	}
}

// run replaces this process by the program where the system can do that. It returns an exit status
// where it cannot, or where there is no program to run.
func (l *launcher) run(args []string, stderr io.Writer) int {
	path, err := l.program(stderr)
	if err == nil {
		var status int
		if status, err = execute(path, args); err == nil {
			return status
		}
		err = &problem{
			what:  "cannot run",
			where: path,
			err:   err,
			todo: "If its folder is mounted noexec, name another cache folder (XDG_CACHE_HOME on Linux),\n" +
				"or set GCPRESSURE_BINARY to a gcpressure that runs on this machine.",
		}
	}
	fmt.Fprintf(stderr, "gcpressure: %v\n", err)
	return statusError
}

// A problem is an error that says what failed, where, why, and what to do about it.
type problem struct {
	what, where string
	err         error
	todo        string
}

func (p *problem) Error() string {
	text := p.what
	if p.where != "" {
		text += " " + p.where
	}
	if p.err != nil {
		text += ": " + p.err.Error()
	}
	if p.todo != "" {
		text += "\n" + p.todo
	}
	return text
}

func (p *problem) Unwrap() error { return p.err }
