package handlers

import (
	"io"
	"log"
	"testing"
)

func BenchmarkServe(b *testing.B) {
	handler := New(10000, log.New(io.Discard, "", 0))
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		handler.Serve(io.Discard, i)
	}
}
