//go:build unix

package main

import (
	"os"
	"syscall"
)

// execute replaces this process by the program, which so keeps its process ID, streams, signals and
// exit status. It returns only where that fails.
func execute(path string, args []string) (int, error) {
	return statusError, syscall.Exec(path, append([]string{path}, args...), os.Environ())
}
