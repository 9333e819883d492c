package index

import "testing"

var sink map[string]int

func bench(b *testing.B, f func(int) map[string]int) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		sink = f(10_000)
	}
}
func BenchmarkIndex(b *testing.B)        { bench(b, Index) }
func BenchmarkIndexStrconv(b *testing.B) { bench(b, IndexStrconv) }
func BenchmarkIndexSized(b *testing.B)   { bench(b, IndexSized) }
