// Package handlers answers requests for a user's orders.
package handlers

import (
	"fmt"
	"io"
	"log"
	"strconv"
	"sync"
)

// Order is one order of a user.
type Order struct {
	ID    int
	Title string
	Cents int
}

// Handler holds what all requests share.
type Handler struct {
	orders []Order
	log    *log.Logger
	mu     sync.Mutex
	seen   map[key]int
	recent [256][]byte
	pages  sync.Pool
}

// A key of the counters: a struct of its parts needs no string.
type key struct {
	kind string
	id   int
	page string
}

// A page is built in a buffer that is kept.
type page struct {
	ids  []int
	text []byte
}

// New makes a handler of count orders.
func New(count int, logger *log.Logger) *Handler {
	h := &Handler{log: logger, seen: make(map[key]int)}
	h.pages.New = func() interface{} { return new(page) }
	for i := 0; i < count; i++ {
		h.orders = append(h.orders, Order{ID: 1000 + i, Title: fmt.Sprint("order ", i), Cents: i * 7})
	}
	return h
}

// Serve answers one request.
func (h *Handler) Serve(w io.Writer, id int) {
	page := h.pages.Get().(*page)
	from := id % (len(h.orders) - 400)
	page.ids = collect(page.ids[:0], h.orders[from:from+400])
	h.count(key{"orders", id % 512, "page"})
	h.trace("orders", len(page.ids)+1000)
	page.text = write(page.text[:0], page.ids)
	w.Write(page.text)
	// What outlives the request is copied before the buffer goes back.
	h.recent[id%len(h.recent)] = append([]byte(nil), page.text...)
	h.pages.Put(page)
}

func collect(ids []int, orders []Order) []int {
	for _, order := range orders {
		ids = append(ids, order.ID)
	}
	return ids
}

func (h *Handler) count(key key) {
	h.mu.Lock()
	h.seen[key]++
	h.mu.Unlock()
}

func (h *Handler) trace(key string, value int) {
	h.log.Print(key + ": " + strconv.Itoa(value))
}

func write(text []byte, ids []int) []byte {
	for _, id := range ids {
		text = strconv.AppendInt(text, int64(id), 10)
		text = append(text, '\n')
	}
	return text
}
