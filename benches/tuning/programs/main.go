// Programs are what `benches/tuning/record` runs at several settings: one behavior for each mode, at a fixed rate, so that the
// work does not depend on what the collector takes.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"time"
)

// modes returns for each name the function that prepares the mode and gives one piece of its work, and the pieces a second.
var modes = map[string]struct {
	rate    int
	prepare func() func()
}{
	// Ours.
	"steady":   {12000, steady},
	"small":    {25000, small},
	"pointers": {3500, pointers},
	"blobs":    {2000, blobs},
	"bursts":   {3, bursts},
	// Others' code under a load.
	"markdown": {1500, markdown},
	"memdb":    {32000, memdb},
	"types":    {1, types},
}

func main() {
	mode := flag.String("mode", "steady", "what to do")
	duration := flag.Duration("for", 12*time.Second, "how long")
	flag.Parse()
	chosen, known := modes[*mode]
	if !known {
		fmt.Fprintf(os.Stderr, "unknown mode %q\n", *mode)
		os.Exit(2)
	}
	rand.Seed(1)
	piece := chosen.prepare()
	started := time.Now()
	for done := 0; ; done++ {
		for time.Since(started).Seconds()*float64(chosen.rate) < float64(done) {
			time.Sleep(time.Millisecond)
		}
		if time.Since(started) >= *duration {
			return
		}
		piece()
	}
}

// sink keeps the compiler from putting garbage on the stack.
var sink interface{}

// steady: 20 MiB of entries of which one is replaced at a time, and garbage.
func steady() func() {
	held := make([][]byte, 40_000)
	for i := range held {
		held[i] = make([]byte, 512)
	}
	return func() {
		held[rand.Intn(len(held))] = make([]byte, 512)
		sink = make([]byte, 16<<10)
	}
}

// small: a heap of the smallest size, and small garbage.
func small() func() {
	return func() {
		for i := 0; i < 16; i++ {
			sink = new([16]int64)
		}
	}
}

type node struct {
	left, right *node
	value       [2]int64
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

// pointers: trees that are built and replaced; marking follows every pointer.
func pointers() func() {
	held := make([]*node, 128)
	for i := range held {
		held[i] = tree(11)
	}
	return func() { held[rand.Intn(len(held))] = tree(11) }
}

// blobs: 32 MiB of large objects without pointers.
func blobs() func() {
	held := make([][]byte, 128)
	for i := range held {
		held[i] = make([]byte, 256<<10)
	}
	return func() { held[rand.Intn(len(held))] = make([]byte, 256<<10) }
}

// bursts: three times a second a list of 9 to 55 MiB is built, held for a moment and let go.
func bursts() func() {
	return func() {
		var list *node
		for i := 300_000 + rand.Intn(1_500_000); i > 0; i-- {
			list = &node{left: list}
		}
		sink = list
		time.Sleep(50 * time.Millisecond)
		sink = nil
	}
}
