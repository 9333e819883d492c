package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"math/rand"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	memory "github.com/hashicorp/go-memdb"
	"github.com/yuin/goldmark"
)

// markdown renders a page of a few kB with goldmark.
func markdown() func() {
	var page strings.Builder
	for i := 0; i < 20; i++ {
		fmt.Fprintf(&page, "## Part %d\n\nSome *text* with a [link](https://example.org/%d) and `code`.\n\n- one\n- two\n\n", i, i)
	}
	source := []byte(page.String())
	return func() {
		var out bytes.Buffer
		if err := goldmark.Convert(source, &out); err != nil {
			panic(err)
		}
		sink = out.Bytes()
	}
}

type account struct {
	ID    string
	Owner string
	Cents int
}

// memdb changes one row at a time of a table of 12,000 in hashicorp's in-memory database: immutable radix trees.
func memdb() func() {
	schema := &memory.DBSchema{Tables: map[string]*memory.TableSchema{"account": {
		Name: "account",
		Indexes: map[string]*memory.IndexSchema{
			"id":    {Name: "id", Unique: true, Indexer: &memory.StringFieldIndex{Field: "ID"}},
			"owner": {Name: "owner", Indexer: &memory.StringFieldIndex{Field: "Owner"}},
		},
	}}}
	db, err := memory.NewMemDB(schema)
	if err != nil {
		panic(err)
	}
	const rows = 12_000
	change := func(i int) {
		txn := db.Txn(true)
		row := &account{ID: fmt.Sprintf("account-%06d", i), Owner: fmt.Sprintf("owner-%03d", i%500), Cents: rand.Int()}
		if err := txn.Insert("account", row); err != nil {
			panic(err)
		}
		txn.Commit()
	}
	for i := 0; i < rows; i++ {
		change(i)
	}
	return func() { change(rand.Intn(rows)) }
}

// types checks a package of the standard library from its source, as `go vet` does, and rests: a batch with nothing held between two.
func types() func() {
	packages := []string{"go/types", "encoding/csv", "encoding/json", "compress/flate"}
	return func() {
		name := packages[rand.Intn(len(packages))]
		fset := token.NewFileSet()
		dir := filepath.Join(runtime.GOROOT(), "src", filepath.FromSlash(name))
		parsed, err := parser.ParseDir(fset, dir, nil, parser.ParseComments)
		if err != nil {
			panic(err)
		}
		for _, pkg := range parsed {
			if strings.HasSuffix(pkg.Name, "_test") {
				continue
			}
			var files []*ast.File
			for file, syntax := range pkg.Files {
				if !strings.HasSuffix(file, "_test.go") {
					files = append(files, syntax)
				}
			}
			config := gotypes.Config{Importer: importer.ForCompiler(fset, "source", nil), Error: func(error) {}}
			checked, _ := config.Check(name, fset, files, nil)
			sink = checked
		}
		sink = nil
		time.Sleep(700 * time.Millisecond)
	}
}
