package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// A launcher finds the program to run: the one that the user names, the one in the cache, or a new
// download.
type launcher struct {
	version      string            // of the program, without "v"
	sums         map[string]string // target to SHA-256 of its archive, in hexadecimal
	base         string            // address of the releases, without a slash at its end
	binary       string            // program to run instead, or ""
	goos, goarch string
	cacheDir     func() (string, error)
	limits       limits
}

const (
	useBinary  = "Set GCPRESSURE_BINARY to a gcpressure that is already on this machine"
	modulePath = "github.com/gcpressure/gcpressure/go/gcpressure"
	fromCargo  = "cargo install --locked --git " + repository + " gcpressure"
)

// program returns the path of the program to run. It writes to stderr only where that is a
// terminal.
func (l *launcher) program(stderr io.Writer) (string, error) {
	if l.binary != "" {
		return l.binary, l.checkBinary()
	}
	b, found := findBuild(l.goos, l.goarch)
	if !found {
		var known []string
		for _, b := range builds {
			known = append(known, b.goos+"/"+b.goarch)
		}
		return "", &problem{
			what:  "no released build for",
			where: l.goos + "/" + l.goarch,
			todo: "There are builds for " + strings.Join(known, ", ") + ".\n" +
				"Build it with a Rust toolchain (" + fromCargo + ")\n" +
				"and set GCPRESSURE_BINARY to the result.",
		}
	}
	if l.version == "" || len(l.sums) == 0 {
		return "", &problem{
			what: "this build has no checksums of released archives compiled in: it comes from a checkout, not from a release",
			todo: "Install a released version (go install " + modulePath + "@latest),\n" +
				"or build the program in the checkout (cargo build --release) and set GCPRESSURE_BINARY to it.",
		}
	}
	sum, found := l.sums[b.target]
	if !found {
		return "", &problem{
			what:  "no checksum compiled in for",
			where: b.archive(l.version),
			todo:  "This release has no build for " + b.target + ". " + useBinary + ".",
		}
	}
	path, err := l.cachePath(b, sum)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		return path, nil
	}
	address := l.base + "/v" + l.version + "/" + b.archive(l.version)
	shown := withoutPassword(address)
	if isTerminal(stderr) {
		fmt.Fprintf(stderr, "gcpressure: downloading %s\n", shown)
	}
	archive, err := l.limits.download(address)
	if err != nil {
		return "", &problem{
			what:  "cannot download",
			where: shown,
			err:   err,
			todo:  useBinary + ",\nor GCPRESSURE_DOWNLOAD_URL to a mirror that can be reached. HTTPS_PROXY is obeyed.",
		}
	}
	if err := checkSum(archive, sum); err != nil {
		return "", &problem{
			what:  "will not use",
			where: shown,
			err:   err,
			todo: "The file is not the released one: a proxy or mirror changed it, or the download is incomplete.\n" +
				"Nothing was kept. Try again, check GCPRESSURE_DOWNLOAD_URL, or report it: " + repository + ".",
		}
	}
	program, err := l.limits.unpack(archive, b, l.version)
	if err != nil {
		return "", &problem{what: "cannot unpack", where: shown, err: err, todo: "Nothing was kept. Report it: " + repository + "."}
	}
	if err := store(path, program); err != nil {
		return "", &problem{
			what:  "cannot write",
			where: path,
			err:   err,
			todo:  "Make the folder writable, name another cache folder (XDG_CACHE_HOME on Linux), or\nset GCPRESSURE_BINARY to a gcpressure that is already on this machine.",
		}
	}
	return path, nil
}

// withoutPassword returns the address as messages show it: a mirror's may hold a password.
func withoutPassword(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the address in GCPRESSURE_DOWNLOAD_URL"
	}
	return parsed.Redacted()
}

// checkBinary checks that GCPRESSURE_BINARY names a program, and not this one: that would start
// itself forever.
func (l *launcher) checkBinary() error {
	info, err := os.Stat(l.binary)
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder")
	}
	if err == nil {
		if self, selfErr := os.Executable(); selfErr == nil {
			if selfInfo, selfErr := os.Stat(self); selfErr == nil && os.SameFile(info, selfInfo) {
				err = errors.New("it is this launcher itself, not the program")
			}
		}
	}
	if err == nil {
		return nil
	}
	return &problem{
		what:  "cannot run",
		where: l.binary,
		err:   err,
		todo:  "GCPRESSURE_BINARY must be the path of a gcpressure program. Without it a released build is downloaded.",
	}
}

// cachePath returns the place of the program in the cache. The sum is part of it, so that builds of
// the same version from different sources are kept apart.
func (l *launcher) cachePath(b build, sum string) (string, error) {
	dir, err := l.cacheDir()
	if err != nil {
		return "", &problem{
			what: "no cache folder",
			err:  err,
			todo: useBinary + ", or name a cache folder.",
		}
	}
	if len(sum) > 16 {
		sum = sum[:16]
	}
	return filepath.Join(dir, "gcpressure", b.stem(l.version)+"-"+sum, b.program()), nil
}

// store writes the program to a temporary file in the folder of path and renames it, so that path
// is whole or does not exist, also where several processes do this at once.
func store(path string, program []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".download-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // after the rename there is nothing to remove
	_, err = file.Write(program)
	if err == nil {
		err = file.Chmod(0o755)
	}
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	err = os.Rename(file.Name(), path)
	if err != nil {
		// Windows does not replace a program that is running: another process stored the same one.
		if info, statErr := os.Stat(path); statErr == nil && info.Size() == int64(len(program)) {
			return nil
		}
	}
	return err
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
