package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// limits bound what a server or an archive can make this process do.
type limits struct {
	archive int64         // bytes of a download
	program int64         // bytes of the unpacked program
	stall   time.Duration // without a byte
}

var defaultLimits = limits{archive: 64 << 20, program: 256 << 20, stall: time.Minute}

// download returns the whole file at address. It stays in memory until its sum is checked, so no half or
// damaged file reaches the disk.
func (l limits) download(address string) ([]byte, error) {
	stalled := errors.New("no data for " + l.stall.String())
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	timer := time.AfterFunc(l.stall, func() { cancel(stalled) })
	defer timer.Stop()
	why := func(err error) error {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, withoutAddress(err)
	}
	request.Header.Set("User-Agent", "gcpressure-go/"+version)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, why(withoutAddress(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New("the server answers " + response.Status)
	}
	tooLarge := fmt.Errorf("larger than the limit of %d bytes", l.archive)
	if response.ContentLength > l.archive {
		return nil, tooLarge
	}
	var data bytes.Buffer
	part := make([]byte, 64<<10)
	for {
		n, err := response.Body.Read(part)
		timer.Reset(l.stall)
		data.Write(part[:n])
		if int64(data.Len()) > l.archive {
			return nil, tooLarge
		}
		if err == io.EOF {
			return data.Bytes(), nil
		}
		if err != nil && response.ContentLength >= 0 {
			return nil, fmt.Errorf("the download ends after %d of %d bytes: %w", data.Len(), response.ContentLength, why(err))
		}
		if err != nil {
			return nil, fmt.Errorf("the download ends after %d bytes: %w", data.Len(), why(err))
		}
	}
}

// withoutAddress returns the error below a url.Error, since the caller shows the address.
func withoutAddress(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// checkSum holds data to a SHA-256 sum in hexadecimal.
func checkSum(data []byte, want string) error {
	digest := sha256.Sum256(data)
	if got := hex.EncodeToString(digest[:]); got != want {
		return fmt.Errorf("its %d bytes have the SHA-256 sum\n  %s, but the released archive has\n  %s", len(data), got, want)
	}
	return nil
}

// unpack returns the program of an archive, and nothing else of it.
func (l limits) unpack(archive []byte, b build, version string) ([]byte, error) {
	// Both layouts are fine: with the folder that the archive is named after, and without any.
	isProgram := func(name string) bool {
		name = strings.TrimPrefix(path.Clean(name), b.stem(version)+"/")
		return name == b.program()
	}
	missing := fmt.Errorf("no %s in the archive", b.program())
	if strings.HasSuffix(b.archive(version), ".zip") {
		files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			return nil, err
		}
		for _, file := range files.File {
			if isProgram(file.Name) && file.Mode().IsRegular() {
				content, err := file.Open()
				if err != nil {
					return nil, err
				}
				defer content.Close()
				return l.readProgram(content)
			}
		}
		return nil, missing
	}
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(plain)
	for {
		header, err := files.Next()
		if err == io.EOF {
			return nil, missing
		}
		if err != nil {
			return nil, err
		}
		if isProgram(header.Name) && header.Typeflag == tar.TypeReg {
			return l.readProgram(files)
		}
	}
}

func (l limits) readProgram(content io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(content, l.program+1))
	if err == nil && int64(len(data)) > l.program {
		err = fmt.Errorf("the program is larger than the limit of %d bytes", l.program)
	}
	if err == nil && len(data) == 0 {
		err = errors.New("the program is empty")
	}
	return data, err
}
