module github.com/gcpressure/gcpressure/go

go 1.21
