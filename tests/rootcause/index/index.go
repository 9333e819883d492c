package index

import (
	"fmt"
	"strconv"
)

// Index makes a map of n entries with formatted keys.
func Index(n int) map[string]int {
	index := make(map[string]int)
	for j := 0; j < n; j++ {
		index[fmt.Sprint("k", j)] = j
	}
	return index
}

// IndexStrconv follows the advice on formatting.
func IndexStrconv(n int) map[string]int {
	index := make(map[string]int)
	for j := 0; j < n; j++ {
		index["k"+strconv.Itoa(j)] = j
	}
	return index
}

// IndexSized makes the map with its size.
func IndexSized(n int) map[string]int {
	index := make(map[string]int, n)
	for j := 0; j < n; j++ {
		index[fmt.Sprint("k", j)] = j
	}
	return index
}
