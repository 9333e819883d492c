// What most people would write in Go: bufio.Scanner, one regular expression, the sums of the pauses.
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
)

var line = regexp.MustCompile(`^gc (\d+) @([\d.]+)s (\d+)%: ([\d.]+)\+([\d.]+)\+([\d.]+) ms clock, ` +
	`([\d.]+)\+([\d.]+)/([\d.]+)/([\d.]+)\+([\d.]+) ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal`)

func number(text string) float64 {
	value, _ := strconv.ParseFloat(text, 64)
	return value
}

func main() {
	log, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cycles, pause, live := 0, 0.0, 0.0
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		match := line.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		cycles++
		pause += number(match[4]) + number(match[6])
		if size := number(match[14]); size > live {
			live = size
		}
	}
	fmt.Printf("%d %.3f %.0f\n", cycles, pause, live)
}
