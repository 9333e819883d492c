package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"time"
)

// styles are the ways in which Go programs log, one whole line (or stack trace) to a write as their libraries do. Every
// record carries its own number, so that a test can find each one again in the stream.
var styles = []func(now time.Time, n int) string{
	func(now time.Time, n int) string { // log/slog, text
		return fmt.Sprintf("time=%s level=INFO msg=\"order accepted\" n=%d customer=customer-%d\n", now.Format(time.RFC3339Nano), n, 1000+n%64)
	},
	func(now time.Time, n int) string { // log/slog, JSON
		return fmt.Sprintf("{\"time\":%q,\"level\":\"INFO\",\"msg\":\"order accepted\",\"n\":%d,\"items\":20}\n", now.Format(time.RFC3339Nano), n)
	},
	func(now time.Time, n int) string { // zap
		return fmt.Sprintf("{\"level\":\"info\",\"ts\":%d.%06d,\"caller\":\"orders/store.go:81\",\"msg\":\"row written\",\"n\":%d}\n", now.Unix(), now.Nanosecond()/1000, n)
	},
	func(now time.Time, n int) string { // log
		return fmt.Sprintf("%s order %d stored in 3 shards\n", now.Format("2006/01/02 15:04:05"), n)
	},
	func(now time.Time, n int) string { // klog
		return fmt.Sprintf("I%s %7d reconcile.go:112] synced order %d\n", now.Format("0102 15:04:05.000000"), 1, n)
	},
	func(now time.Time, n int) string { // gin
		return fmt.Sprintf("[GIN] %s | 200 |     %d.%03dms |       127.0.0.1 | GET      \"/orders?n=%d\"\n", now.Format("2006/01/02 - 15:04:05"), n%3, n%1000, n)
	},
	func(now time.Time, n int) string { // logrus
		return fmt.Sprintf("time=%q level=warning msg=\"slow shard\" n=%d shard=%d\n", now.Format(time.RFC3339), n, n%3)
	},
	func(now time.Time, n int) string { // plain words, with numbers as a gc line has them
		return fmt.Sprintf("stored order %d, 4->%d MB on disk, 4 P\n", n, n%512)
	},
	func(now time.Time, n int) string { // words that begin like the trace
		return fmt.Sprintf("gc manager: order %d swept @%d.%03ds 3%%: done\n", n, n/1000, n%1000)
	},
	func(now time.Time, n int) string { // a recovered panic with its stack, one write
		return fmt.Sprintf("panic recovered in order %d: runtime error: index out of range [3] with length 3\n\ngoroutine %d [running]:\nmain.(*store).write(0xc000010%03x)\n\t/srv/orders/store.go:81 +0x1b\n", n, 18+n%100, n%4096)
	},
}

// logLines writes rate records per second to standard error until stop is closed, and each as a JSON string in a line of
// its own to the file named copyTo, if any.
func logLines(rate int, copyTo string, stop <-chan struct{}) {
	written := json.NewEncoder(io.Discard)
	if copyTo != "" {
		file, err := os.Create(copyTo)
		if err != nil {
			log.Fatal(err)
		}
		defer file.Close()
		buffered := bufio.NewWriter(file)
		defer buffered.Flush()
		written = json.NewEncoder(buffered)
	}
	// At most this many at once: what a starved machine kept back is not made up for, or the rate would be a flood.
	const burst = 50
	n, due, last := 0, 0.0, time.Now()
	for ; ; time.Sleep(200 * time.Microsecond) {
		now := time.Now()
		due = math.Min(due+now.Sub(last).Seconds()*float64(rate), burst)
		last = now
		for ; due >= 1; due-- {
			record := styles[n%len(styles)](time.Now(), n)
			os.Stderr.WriteString(record)
			written.Encode(record)
			n++
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}
