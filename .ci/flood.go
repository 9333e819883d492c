// Flood is a program that is hard on whoever reads its trace: it collects as often as it is told to, and logs as fast as
// its standard error takes it. At its end it prints one JSON line to standard output: how much of both it got done.
package main

import (
	"encoding/json"
	"flag"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	duration := flag.Duration("for", 30*time.Second, "how long it runs")
	cycles := flag.Int("cycles", 5000, "GC cycles per second")
	lines := flag.Int("lines", 0, "lines per second that are logged; 0 is as fast as they are taken")
	flag.Parse()

	var logged, collected atomic.Int64
	end := time.Now().Add(*duration)
	line := []byte(`{"level":"info","msg":"` + strings.Repeat("x", 150) + "\"}\n")
	go func() {
		started := time.Now()
		for time.Now().Before(end) {
			if *lines > 0 && time.Since(started).Seconds()*float64(*lines) < float64(logged.Load()) {
				time.Sleep(100 * time.Microsecond)
				continue
			}
			os.Stderr.Write(line)
			logged.Add(1)
		}
	}()
	started := time.Now()
	for time.Now().Before(end) {
		if time.Since(started).Seconds()*float64(*cycles) < float64(collected.Load()) {
			time.Sleep(50 * time.Microsecond)
			continue
		}
		runtime.GC()
		collected.Add(1)
	}
	time.Sleep(200 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	json.NewEncoder(os.Stdout).Encode(map[string]int64{"num_gc": int64(m.NumGC), "lines": logged.Load()})
}
