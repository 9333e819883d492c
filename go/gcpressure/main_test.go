package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const testVersion = "1.2.3"

// The test binary plays three parts: the tests; the launcher, in a process of its own, where
// TEST_SUM is set; and the program in the archive, where it is named gcpressure.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == "gcpressure" || name == "gcpressure.exe" {
		os.Exit(fakeProgram(os.Args[1:]))
	}
	if sum := os.Getenv("TEST_SUM"); sum != "" {
		b, _ := findBuild(runtime.GOOS, runtime.GOARCH)
		if os.Getenv("TEST_CHILD") != "" {
			status, err := executeChild(os.Getenv("GCPRESSURE_BINARY"), os.Args[1:])
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(status)
		}
		l := newLauncher(testVersion, map[string]string{b.target: sum})
		os.Exit(l.run(os.Args[1:], os.Stderr))
	}
	os.Exit(m.Run())
}

func fakeProgram(args []string) int {
	switch args[0] {
	case "exit":
		status, _ := strconv.Atoi(args[1])
		return status
	case "echo":
		fmt.Printf("%q\n", args[1:])
		_, _ = io.Copy(os.Stdout, os.Stdin)
		fmt.Fprintln(os.Stderr, "on standard error")
		return 0
	case "kill":
		killSelf()
	case "signal":
		return waitForSignal()
	}
	return 99
}

func thisBuild(t *testing.T) build {
	t.Helper()
	b, found := findBuild(runtime.GOOS, runtime.GOARCH)
	if !found {
		t.Skip("no build for " + runtime.GOOS + "/" + runtime.GOARCH)
	}
	return b
}

// A release is an archive on a server on loopback, and how the server gives it out.
type release struct {
	*httptest.Server
	archive  []byte
	sum      string
	requests atomic.Int32
	damage   func(w http.ResponseWriter, archive []byte) // nil: serve the archive
}

func newRelease(t *testing.T, b build, program []byte) *release {
	t.Helper()
	r := &release{archive: makeArchive(t, b, program)}
	digest := sha256.Sum256(r.archive)
	r.sum = hex.EncodeToString(digest[:])
	want := "/v" + testVersion + "/" + b.archive(testVersion)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.requests.Add(1)
		switch {
		case request.URL.Path != want:
			http.NotFound(w, request)
		case r.damage != nil:
			r.damage(w, r.archive)
		default:
			w.Header().Set("Content-Length", strconv.Itoa(len(r.archive)))
			_, _ = w.Write(r.archive)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// makeArchive returns an archive like those of a release: files beside the program, too.
func makeArchive(t *testing.T, b build, program []byte) []byte {
	t.Helper()
	var data bytes.Buffer
	stem := b.stem(testVersion)
	contents := []struct {
		name string
		data []byte
	}{
		{stem + "/README.md", []byte("read me\n")},
		{stem + "/completions/gcpressure", []byte("not the program\n")},
		{stem + "/" + b.program(), program},
	}
	if b.goos == "windows" {
		archive := zip.NewWriter(&data)
		for _, file := range contents {
			w, err := archive.Create(file.name)
			must(t, err)
			_, err = w.Write(file.data)
			must(t, err)
		}
		must(t, archive.Close())
		return data.Bytes()
	}
	compressed, err := gzip.NewWriterLevel(&data, gzip.BestSpeed)
	must(t, err)
	archive := tar.NewWriter(compressed)
	for _, file := range contents {
		must(t, archive.WriteHeader(&tar.Header{Name: file.name, Mode: 0o755, Size: int64(len(file.data))}))
		_, err = archive.Write(file.data)
		must(t, err)
	}
	must(t, archive.Close())
	must(t, compressed.Close())
	return data.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *release) launcher(b build, cache string) *launcher {
	return &launcher{
		version:  testVersion,
		sums:     map[string]string{b.target: r.sum},
		base:     r.URL,
		goos:     b.goos,
		goarch:   b.goarch,
		cacheDir: func() (string, error) { return cache, nil },
		limits:   limits{archive: 64 << 20, program: 64 << 20, stall: 10 * time.Second},
	}
}

// filesIn returns the regular files below a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func TestTheProgramIsDownloadedOnceForEveryPlatform(t *testing.T) {
	for _, b := range builds {
		t.Run(b.target, func(t *testing.T) {
			r := newRelease(t, b, []byte("the program"))
			cache := t.TempDir()
			for round := 0; round < 2; round++ {
				path, err := r.launcher(b, cache).program(io.Discard)
				must(t, err)
				if got, _ := os.ReadFile(path); string(got) != "the program" {
					t.Fatalf("%s holds %q", path, got)
				}
				if files := filesIn(t, cache); len(files) != 1 || files[0] != path {
					t.Fatalf("the cache holds %q", files)
				}
			}
			if n := r.requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
			// Offline, what is cached is enough.
			r.Close()
			_, err := r.launcher(b, cache).program(io.Discard)
			must(t, err)
		})
	}
}

func TestABadDownloadIsAnErrorAndNeverKept(t *testing.T) {
	b := builds[3]
	cases := []struct {
		name   string
		damage func(w http.ResponseWriter, archive []byte)
		change func(l *launcher)
		says   []string
	}{
		{
			name: "one bit differs",
			damage: func(w http.ResponseWriter, archive []byte) {
				changed := append([]byte(nil), archive...)
				changed[len(changed)/2] ^= 1
				_, _ = w.Write(changed)
			},
			says: []string{"will not use http://127.0.0.1", ".tar.gz", "SHA-256", "Nothing was kept"},
		},
		{
			name: "the connection is cut",
			damage: func(w http.ResponseWriter, archive []byte) {
				w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
				_, _ = w.Write(archive[:len(archive)/2])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			},
			says: []string{"cannot download http://127.0.0.1", "the download ends after ", " of ", "GCPRESSURE_BINARY"},
		},
		{
			name: "half a file of unknown length",
			damage: func(w http.ResponseWriter, archive []byte) {
				w.(http.Flusher).Flush()
				_, _ = w.Write(archive[:len(archive)/2])
			},
			says: []string{"will not use", "SHA-256", "incomplete"},
		},
		{
			name:   "an empty file",
			damage: func(http.ResponseWriter, []byte) {},
			says:   []string{"will not use", "its 0 bytes"},
		},
		{
			name:   "no such file",
			damage: func(w http.ResponseWriter, _ []byte) { http.Error(w, "no", http.StatusNotFound) },
			says:   []string{"cannot download", "404", "GCPRESSURE_DOWNLOAD_URL"},
		},
		{
			name:   "a download over the limit",
			change: func(l *launcher) { l.limits.archive = 10 },
			says:   []string{"cannot download", "larger than the limit of 10 bytes"},
		},
		{
			name: "a download of unknown length over the limit",
			damage: func(w http.ResponseWriter, _ []byte) {
				for i := 0; i < 64; i++ {
					_, _ = w.Write(make([]byte, 1<<10))
					w.(http.Flusher).Flush()
				}
			},
			change: func(l *launcher) { l.limits.archive = 10 << 10 },
			says:   []string{"cannot download", "larger than the limit of 10240 bytes"},
		},
		{
			name:   "a program over the limit",
			change: func(l *launcher) { l.limits.program = 10 },
			says:   []string{"cannot unpack", "larger than the limit of 10 bytes"},
		},
		{
			name: "a server that stalls",
			damage: func(w http.ResponseWriter, archive []byte) {
				_, _ = w.Write(archive[:10])
				w.(http.Flusher).Flush()
				time.Sleep(300 * time.Millisecond)
			},
			change: func(l *launcher) { l.limits.stall = 50 * time.Millisecond },
			says:   []string{"ends after 10 bytes", "no data for 50ms"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRelease(t, b, []byte("the program"))
			r.damage = c.damage
			cache := t.TempDir()
			l := r.launcher(b, cache)
			if c.change != nil {
				c.change(l)
			}
			_, err := l.program(io.Discard)
			if err == nil {
				t.Fatal("no error")
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("no %q in: %v", words, err)
				}
			}
			if files := filesIn(t, cache); len(files) != 0 {
				t.Errorf("the cache holds %q", files)
			}
			// The next try with a good server succeeds.
			r.damage = nil
			_, err = r.launcher(b, cache).program(io.Discard)
			must(t, err)
		})
	}
}

func TestAnArchiveWithoutTheProgramIsAnError(t *testing.T) {
	for _, b := range []build{builds[3], builds[5]} {
		other := b
		other.target = "another-target"
		r := newRelease(t, b, nil)
		r.archive = makeArchive(t, other, []byte("the program"))
		digest := sha256.Sum256(r.archive)
		r.sum = hex.EncodeToString(digest[:])
		_, err := r.launcher(b, t.TempDir()).program(io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no "+b.program()+" in the archive") {
			t.Errorf("%s: %v", b.target, err)
		}
	}
}

func TestEveryErrorSaysWhatWhereAndWhatToDo(t *testing.T) {
	b := builds[3]
	r := newRelease(t, b, []byte("the program"))
	r.Close()
	notFolder := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(notFolder, nil, 0o644))
	self, err := os.Executable()
	must(t, err)
	cases := []struct {
		name   string
		change func(l *launcher)
		says   []string
	}{
		{"offline without a cache", func(*launcher) {}, []string{"cannot download http://127.0.0.1", "refused", "GCPRESSURE_BINARY"}},
		{"unknown platform", func(l *launcher) { l.goos, l.goarch = "plan9", "mips" }, []string{"plan9/mips", "linux/amd64", "cargo install", "GCPRESSURE_BINARY"}},
		{"no sums", func(l *launcher) { l.sums = nil }, []string{"no checksums", "@latest", "cargo build"}},
		{"no version", func(l *launcher) { l.version = "" }, []string{"no checksums"}},
		{"no sum for it", func(l *launcher) { l.goarch = "arm64" }, []string{"no checksum", "aarch64-unknown-linux-musl"}},
		{"no cache folder", func(l *launcher) {
			l.cacheDir = func() (string, error) { return "", errors.New("$HOME is not defined") }
		}, []string{"no cache folder", "$HOME", "GCPRESSURE_BINARY"}},
		{"GCPRESSURE_BINARY names nothing", func(l *launcher) { l.binary = "/no/such/program" }, []string{"/no/such/program", "GCPRESSURE_BINARY"}},
		{"GCPRESSURE_BINARY names a folder", func(l *launcher) { l.binary = os.TempDir() }, []string{"folder"}},
		{"GCPRESSURE_BINARY names the launcher", func(l *launcher) { l.binary = self }, []string{"itself"}},
		{"an address that is none", func(l *launcher) { l.base = "no\naddress" }, []string{"cannot download"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := r.launcher(b, t.TempDir())
			c.change(l)
			var stderr bytes.Buffer
			if status := l.run(nil, &stderr); status != statusError {
				t.Errorf("status %d", status)
			}
			for _, words := range append(c.says, "gcpressure: ") {
				if !strings.Contains(stderr.String(), words) {
					t.Errorf("no %q in: %s", words, stderr.String())
				}
			}
		})
	}

	good := newRelease(t, b, []byte("the program"))
	_, err = good.launcher(b, notFolder).program(io.Discard)
	if err == nil || !strings.Contains(err.Error(), "cannot write "+notFolder) {
		t.Errorf("a file for a cache folder: %v", err)
	}
}

func TestAPasswordIsNotShown(t *testing.T) {
	for _, base := range []string{"http://user:secret@127.0.0.1:9", "http://user:secret@127.0.0.1:9\n"} {
		l := &launcher{
			version:  testVersion,
			sums:     map[string]string{builds[3].target: "unused"},
			base:     base,
			goos:     builds[3].goos,
			goarch:   builds[3].goarch,
			cacheDir: func() (string, error) { return t.TempDir(), nil },
			limits:   defaultLimits,
		}
		_, err := l.program(io.Discard)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestDownloadsAtTheSameTimeLeaveOneWholeProgram(t *testing.T) {
	b := builds[3]
	want := bytes.Repeat([]byte("program "), 1<<16)
	r := newRelease(t, b, want)
	cache := t.TempDir()
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			path, err := r.launcher(b, cache).program(io.Discard)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		}()
	}
	all.Wait()
	if files := filesIn(t, cache); len(files) != 1 {
		t.Errorf("the cache holds %q", files)
	}
}

// command starts the launcher in a process of its own, with a release whose program is this test
// binary.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	b := thisBuild(t)
	self, err := os.Executable()
	must(t, err)
	program, err := os.ReadFile(self)
	must(t, err)
	r := newRelease(t, b, program)
	return r.command(t, t.TempDir(), args...)
}

func (r *release) command(t *testing.T, cache string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), "TEST_SUM="+r.sum, "GCPRESSURE_DOWNLOAD_URL="+r.URL+"/", "GCPRESSURE_BINARY=",
		"HOME="+cache, "XDG_CACHE_HOME="+cache, "LocalAppData="+cache)
	return c
}

func TestTheExitStatusIsTheProgramsOwn(t *testing.T) {
	first := command(t, "exit", "0")
	env := first.Env
	for _, status := range []int{0, 1, 2, 3, 130} {
		c := exec.Command(first.Path, "exit", strconv.Itoa(status))
		c.Env = env
		_ = c.Run()
		if got := c.ProcessState.ExitCode(); got != status {
			t.Errorf("%d instead of %d", got, status)
		}
	}
}

func TestArgumentsAndStreamsAreThePrograms(t *testing.T) {
	c := command(t, "echo", "a b", `"`, "$(x)", "", "-q")
	c.Stdin = strings.NewReader("gc 1 @0.1s\n")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	must(t, c.Run())
	if want := "[\"a b\" \"\\\"\" \"$(x)\" \"\" \"-q\"]\ngc 1 @0.1s\n"; stdout.String() != want {
		t.Errorf("standard output: %q", stdout.String())
	}
	// Nothing of the launcher's own where standard error is not a terminal.
	if stderr.String() != "on standard error\n" {
		t.Errorf("standard error: %q", stderr.String())
	}
}

func TestTwoProcessesAtTheSameTime(t *testing.T) {
	b := thisBuild(t)
	self, err := os.Executable()
	must(t, err)
	program, err := os.ReadFile(self)
	must(t, err)
	r := newRelease(t, b, program)
	cache := t.TempDir()
	var running []*exec.Cmd
	for i := 0; i < 4; i++ {
		c := r.command(t, cache, "exit", "3")
		must(t, c.Start())
		running = append(running, c)
	}
	for _, c := range running {
		_ = c.Wait()
		if got := c.ProcessState.ExitCode(); got != 3 {
			t.Errorf("status %d", got)
		}
	}
}

func TestOfflineWithABinary(t *testing.T) {
	b := thisBuild(t)
	self, err := os.Executable()
	must(t, err)
	program, err := os.ReadFile(self)
	must(t, err)
	path := filepath.Join(t.TempDir(), b.program())
	must(t, os.WriteFile(path, program, 0o755))
	r := newRelease(t, b, program)
	c := r.command(t, t.TempDir(), "exit", "3")
	c.Env = append(c.Env, "GCPRESSURE_BINARY="+path)
	_ = c.Run()
	if got := c.ProcessState.ExitCode(); got != 3 {
		t.Errorf("status %d", got)
	}
	if n := r.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// readLine returns the first line of the program, which says that it waits for a signal.
func readLine(t *testing.T, c *exec.Cmd) {
	t.Helper()
	stdout, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "waiting\n" {
		t.Fatalf("%q, %v", line, err)
	}
}
