//go:build !unix

package main

import (
	"os"
	"syscall"
)

var passedSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// signalStatus is for a process without an exit status.
func signalStatus(*os.ProcessState) int {
	return statusError
}
