// Package handlers answers requests for a user's orders.
package handlers

import (
	"bytes"
	"fmt"
	"io"
	"log"
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
	seen   map[string]int
	recent [256][]byte
}

// New makes a handler of count orders.
func New(count int, logger *log.Logger) *Handler {
	h := &Handler{log: logger, seen: make(map[string]int)}
	for i := 0; i < count; i++ {
		h.orders = append(h.orders, Order{ID: 1000 + i, Title: fmt.Sprint("order ", i), Cents: i * 7})
	}
	return h
}

// Serve answers one request.
func (h *Handler) Serve(w io.Writer, id int) {
	from := id % (len(h.orders) - 400)
	ids := h.collect(h.orders[from : from+400])
	h.count(key("orders", label(id%512), "page"))
	h.trace("orders", len(ids)+1000)
	h.recent[id%len(h.recent)] = h.write(w, ids)
}

func (h *Handler) collect(orders []Order) []int {
	var ids []int
	for _, order := range orders {
		ids = append(ids, order.ID)
	}
	return ids
}

func key(kind, id, page string) string {
	return kind + ":" + id + ":" + page
}

func label(id int) string {
	return fmt.Sprintf("%d", id)
}

func (h *Handler) count(key string) {
	h.mu.Lock()
	h.seen[key]++
	h.mu.Unlock()
}

func (h *Handler) trace(key string, value interface{}) {
	h.log.Printf("%s: %v", key, value)
}

func (h *Handler) write(w io.Writer, ids []int) []byte {
	page := new(bytes.Buffer)
	for _, id := range ids {
		page.WriteString(label(id))
		page.WriteByte('\n')
	}
	w.Write(page.Bytes())
	return page.Bytes()
}
