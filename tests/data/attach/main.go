// A service that allocates steadily and serves net/http/pprof, expvar, and the runtime's own account of its CPU at /classes. It prints
// the address that it listens at.
package main

import (
	"encoding/json"
	_ "expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime/metrics"
	"time"
)

var (
	live [][]byte
	sink []byte
)

func main() {
	started := float64(time.Now().UnixNano()) / 1e9
	for range [4000]int{} {
		live = append(live, make([]byte, 4096))
	}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			for range [400]int{} {
				sink = make([]byte, 4096)
			}
		}
	}()
	http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "process_start_time_seconds %v\n", started)
	})
	http.HandleFunc("/classes", func(w http.ResponseWriter, _ *http.Request) {
		all := []metrics.Sample{
			{Name: "/cpu/classes/gc/total:cpu-seconds"},
			{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
			{Name: "/cpu/classes/total:cpu-seconds"},
		}
		metrics.Read(all)
		var seconds []float64
		for _, sample := range all {
			if sample.Value.Kind() != metrics.KindFloat64 {
				return
			}
			seconds = append(seconds, sample.Value.Float64())
		}
		json.NewEncoder(w).Encode(seconds)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, nil))
}
