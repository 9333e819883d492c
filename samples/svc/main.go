// Svc is the Go service behind the sample logs: an order API under its own load, in one process.
//
// The same requests are answered in two ways. The wasteful way is how such handlers often start: strings joined with +,
// Sprintf for every number, slices that grow from nothing, values boxed into interface{}, an encoder per request. The
// fixed way answers byte for byte the same from pooled buffers, slices of the right capacity, strconv and typed fields.
// Two more modes put the wasteful service where reading its trace is hard: near a memory limit, and beside a logger
// that writes to the same standard error.
//
// At its end it prints one JSON line to standard output: what the runtime itself counted.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	mode := flag.String("mode", "wasteful", "wasteful, fixed, limit (wasteful with a large cache) or noisy (wasteful, logging to standard error)")
	duration := flag.Duration("for", 12*time.Second, "how long the load lasts")
	rate := flag.Int("rate", 8000, "requests per second")
	cache := flag.Int("cache", 64, "MiB that the cache of mode limit holds")
	logRate := flag.Int("log-rate", 200, "lines per second that mode noisy logs")
	logCopy := flag.String("log-copy", "", "file that gets every line of mode noisy a second time")
	version := flag.Bool("version", false, "print the Go version and exit")
	flag.Parse()
	if *version {
		fmt.Println(runtime.Version())
		return
	}
	mustAgree()

	started := time.Now()
	stop := make(chan struct{})
	var background sync.WaitGroup
	var handler http.Handler
	switch *mode {
	case "wasteful":
		handler = http.HandlerFunc(wasteful)
	case "fixed":
		handler = http.HandlerFunc(fixed)
	case "limit":
		held := fillCache(*cache << 20)
		defer runtime.KeepAlive(held)
		handler = http.HandlerFunc(wasteful)
	case "noisy":
		handler = http.HandlerFunc(wasteful)
		background.Add(1)
		go func() {
			defer background.Done()
			logLines(*logRate, *logCopy, stop)
		}()
	default:
		log.Fatalf("unknown mode %q", *mode)
	}

	load(handler, *rate, *duration)
	close(stop)
	background.Wait()
	report(*mode, started)
}

// report prints what the runtime counted. The load has ended, so a cycle that is still running ends soon; its line
// must be out before the count is read, or log and count would differ by one.
func report(mode string, started time.Time) {
	time.Sleep(200 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"go":             runtime.Version(),
		"mode":           mode,
		"gomaxprocs":     runtime.GOMAXPROCS(0),
		"elapsed_ns":     time.Since(started).Nanoseconds(),
		"num_gc":         m.NumGC,
		"num_forced_gc":  m.NumForcedGC,
		"pause_total_ns": m.PauseTotalNs,
		"total_alloc":    m.TotalAlloc,
		"gc_cpu_ratio":   m.GCCPUFraction,
	})
}

// load sends rate requests per second from four clients. A client that falls behind catches up at once, as queued
// requests do.
func load(handler http.Handler, rate int, duration time.Duration) {
	const clients = 4
	var done sync.WaitGroup
	for c := 0; c < clients; c++ {
		done.Add(1)
		go func(c int) {
			defer done.Done()
			request := &http.Request{Method: "GET", URL: &url.URL{Path: "/orders"}, Header: http.Header{}}
			response := &sink{header: http.Header{}}
			started := time.Now()
			for sent := 0; ; sent++ {
				passed := time.Since(started)
				for passed < duration && passed.Seconds()*float64(rate)/clients < float64(sent) {
					time.Sleep(time.Millisecond)
					passed = time.Since(started)
				}
				if passed >= duration {
					return
				}
				request.URL.RawQuery = customers[(sent*clients+c)%len(customers)]
				handler.ServeHTTP(response, request)
			}
		}(c)
	}
	done.Wait()
}

// mustAgree ends the program if the two handlers differ in a byte: then the logs would compare two programs.
func mustAgree() {
	answer := func(h http.HandlerFunc) string {
		s := &sink{header: http.Header{}, keep: true}
		h(s, &http.Request{URL: &url.URL{RawQuery: customers[0]}})
		return s.kept.String()
	}
	if a, b := answer(wasteful), answer(fixed); a != b {
		log.Fatalf("wasteful and fixed differ:\n%s\n%s", a, b)
	}
}

// sink takes a response and forgets it, so that all garbage is the handler's.
type sink struct {
	header http.Header
	keep   bool
	kept   bytes.Buffer
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(p []byte) (int, error) {
	if s.keep {
		s.kept.Write(p)
	}
	return len(p), nil
}

// customers are the queries, made once.
var customers = func() []string {
	names := make([]string, 64)
	for i := range names {
		names[i] = "customer-" + strconv.Itoa(1000+i)
	}
	return names
}()

const itemsPerOrder = 20

// wasteful answers as code does that nobody has profiled yet.
func wasteful(w http.ResponseWriter, r *http.Request) {
	customer := r.URL.RawQuery
	var items []interface{} // no capacity: grows by copying; every element boxed
	total := 0
	for i := 0; i < itemsPerOrder; i++ {
		cents := 199 + 37*i
		total += cents * (i + 1)
		sku := ""
		for _, part := range []string{"SKU", customer, fmt.Sprintf("%03d", i)} {
			sku = sku + "-" + part // each + copies all of it
		}
		var tags []string
		for t := 0; t < 3; t++ {
			tags = append(tags, fmt.Sprintf("tag-%d", i+t))
		}
		items = append(items, map[string]interface{}{
			"sku":      strings.TrimPrefix(sku, "-"),
			"quantity": i + 1,
			"price":    fmt.Sprintf("%d.%02d", cents/100, cents%100),
			"tags":     tags,
		})
	}
	body := map[string]interface{}{
		"id":       fmt.Sprintf("order-%s", customer),
		"customer": customer,
		"total":    fmt.Sprintf("%d.%02d", total/100, total%100),
		"items":    items,
	}
	var buffer bytes.Buffer // no size hint: doubles its way up
	encoder := json.NewEncoder(&buffer)
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, buffer.String()) // one more copy
}

// responses are the buffers that fixed reuses.
var responses = sync.Pool{New: func() interface{} { b := make([]byte, 0, 4096); return &b }}

// fixed answers the same from a pooled buffer, with strconv and without reflection.
func fixed(w http.ResponseWriter, r *http.Request) {
	buffer := responses.Get().(*[]byte)
	b := (*buffer)[:0]
	customer := r.URL.RawQuery
	total := 0
	b = append(b, `{"customer":"`...)
	b = append(b, customer...)
	b = append(b, `","id":"order-`...)
	b = append(b, customer...)
	b = append(b, `","items":[`...)
	for i := 0; i < itemsPerOrder; i++ {
		cents := 199 + 37*i
		total += cents * (i + 1)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"price":"`...)
		b = appendPrice(b, cents)
		b = append(b, `","quantity":`...)
		b = strconv.AppendInt(b, int64(i+1), 10)
		b = append(b, `,"sku":"SKU-`...)
		b = append(b, customer...)
		b = append(b, '-', '0'+byte(i/100), '0'+byte(i/10%10), '0'+byte(i%10))
		b = append(b, `","tags":[`...)
		for t := 0; t < 3; t++ {
			if t > 0 {
				b = append(b, ',')
			}
			b = append(b, `"tag-`...)
			b = strconv.AppendInt(b, int64(i+t), 10)
			b = append(b, '"')
		}
		b = append(b, "]}"...)
	}
	b = append(b, `],"total":"`...)
	b = appendPrice(b, total)
	b = append(b, "\"}\n"...)
	w.Write(b)
	answers.keep(customer, b)
	*buffer = b
	responses.Put(buffer)
}

// answers keeps the last answer of every customer for a retry: the one allocation per request that fixed cannot avoid.
var answers = lastAnswers{of: map[string][]byte{}}

type lastAnswers struct {
	sync.Mutex
	of map[string][]byte
}

func (l *lastAnswers) keep(customer string, answer []byte) {
	kept := append(make([]byte, 0, len(answer)), answer...)
	l.Lock()
	l.of[customer] = kept
	l.Unlock()
}

func appendPrice(b []byte, cents int) []byte {
	b = strconv.AppendInt(b, int64(cents/100), 10)
	return append(b, '.', '0'+byte(cents/10%10), '0'+byte(cents%10))
}

// order is what the cache of mode limit is made of: some pointers for the collector to follow.
type order struct {
	id    string
	items []*item
}

type item struct {
	sku      string
	quantity int
	rest     [64]byte
}

// fillCache returns orders that occupy about size bytes together.
func fillCache(size int) []*order {
	const occupied = 32 + 32 + 8*itemsPerOrder + 96*itemsPerOrder + 16
	held := make([]*order, size/occupied)
	for i := range held {
		o := &order{id: strconv.Itoa(i), items: make([]*item, itemsPerOrder)}
		for j := range o.items {
			o.items[j] = &item{sku: o.id, quantity: j}
		}
		held[i] = o
	}
	return held
}
