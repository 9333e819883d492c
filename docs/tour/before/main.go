// A service under constant load: 10,000 requests a second, from within, so that nothing but the service is measured.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"svc/handlers"
)

func main() {
	lasts := flag.Duration("for", 6*time.Second, "how long it runs")
	heap := flag.String("heap", "", "where the heap profile goes at the end")
	listen := flag.String("listen", "", "address of /debug/pprof")
	flag.Parse()
	if *listen != "" {
		go func() { log.Fatal(http.ListenAndServe(*listen, nil)) }()
	}

	handler := handlers.New(10000, log.New(io.Discard, "", 0))
	tick := time.NewTicker(10 * time.Millisecond)
	end := time.Now().Add(*lasts)
	for id := 0; time.Now().Before(end); {
		<-tick.C
		for i := 0; i < 100; i++ {
			handler.Serve(io.Discard, id)
			id++
		}
	}

	if *heap != "" {
		runtime.GC()
		file, err := os.Create(*heap)
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.Lookup("allocs").WriteTo(file, 0); err != nil {
			log.Fatal(err)
		}
		file.Close()
	}
}
