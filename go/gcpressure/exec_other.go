//go:build !unix

package main

// execute runs the program as a child process and returns its exit status.
func execute(path string, args []string) (int, error) {
	return executeChild(path, args)
}
