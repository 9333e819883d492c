package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// executeChild runs the program as a child process with this one's standard streams, passes signals
// on, and returns its exit status. It is for systems that cannot replace a process.
//
// On Windows the console sends Ctrl-C and Ctrl-Break to both processes, and passing them on is not
// possible. There it is enough that this process does not end at them: the child decides.
func executeChild(path string, args []string) (int, error) {
	child := exec.Command(path, args...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	received := make(chan os.Signal, 8)
	signal.Notify(received, passedSignals...)
	defer signal.Stop(received)
	if err := child.Start(); err != nil {
		return statusError, err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case s := <-received:
			// An error here means that the child has ended, or that the system sent it the signal itself.
			_ = child.Process.Signal(s)
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return statusError, err
			}
			if status := child.ProcessState.ExitCode(); status >= 0 {
				return status, nil
			}
			return signalStatus(child.ProcessState), nil
		}
	}
}
