//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// waitForSignal ends with status 40 plus the number of the signal that comes.
func waitForSignal() int {
	received := make(chan os.Signal, 1)
	signal.Notify(received, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("waiting")
	select {
	case s := <-received:
		return 40 + int(s.(syscall.Signal))
	case <-time.After(20 * time.Second):
		return 98
	}
}

func killSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	time.Sleep(20 * time.Second)
}

// asChild makes the launcher run the program as Windows does.
func asChild(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	program := filepath.Join(t.TempDir(), "gcpressure")
	must(t, os.Symlink(self, program))
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), "TEST_SUM=unused", "TEST_CHILD=1", "GCPRESSURE_BINARY="+program)
	return c
}

func TestSignalsReachTheProgram(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		for name, c := range map[string]*exec.Cmd{"replaced": command(t, "signal"), "child": asChild(t, "signal")} {
			readLine(t, c)
			must(t, c.Process.Signal(s))
			_ = c.Wait()
			if got := c.ProcessState.ExitCode(); got != 40+int(s) {
				t.Errorf("%s, %v: status %d", name, s, got)
			}
		}
	}
}

func TestAProgramThatASignalEnds(t *testing.T) {
	// Where the process is replaced, its parent sees the signal itself.
	c := command(t, "kill")
	_ = c.Run()
	if status := c.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("%v", c.ProcessState)
	}
	// A child's signal becomes 128 plus its number, as in shells.
	c = asChild(t, "kill")
	_ = c.Run()
	if got := c.ProcessState.ExitCode(); got != 128+int(syscall.SIGKILL) {
		t.Errorf("status %d", got)
	}
}

func TestStatusesOfAChild(t *testing.T) {
	for _, status := range []string{"0", "1", "2", "3"} {
		c := asChild(t, "exit", status)
		_ = c.Run()
		if got := c.ProcessState.String(); got != "exit status "+status {
			t.Errorf("%s instead of %s", got, status)
		}
	}
}

func TestAProgramThatCannotRun(t *testing.T) {
	b := thisBuild(t)
	r := newRelease(t, b, []byte("not a program"))
	c := r.command(t, t.TempDir(), "exit", "0")
	text, _ := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); got != statusError {
		t.Errorf("status %d: %s", got, text)
	}
}
