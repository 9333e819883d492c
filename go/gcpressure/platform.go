package main

// The addresses of the project and its releases.
const (
	repository = "https://github.com/gcpressure/gcpressure"
	releases   = repository + "/releases/download"
)

// A build is the released build for one platform.
type build struct {
	goos, goarch string
	target       string // name of the platform in the archive's name
}

// For Linux the static builds are used: they run with any C library and with none.
var builds = []build{
	{"darwin", "amd64", "x86_64-apple-darwin"},
	{"darwin", "arm64", "aarch64-apple-darwin"},
	{"linux", "386", "i686-unknown-linux-musl"},
	{"linux", "amd64", "x86_64-unknown-linux-musl"},
	{"linux", "arm64", "aarch64-unknown-linux-musl"},
	{"windows", "amd64", "x86_64-pc-windows-msvc"},
	{"windows", "arm64", "aarch64-pc-windows-msvc"},
}

// findBuild returns the build for a platform, and whether there is one.
func findBuild(goos, goarch string) (build, bool) {
	for _, b := range builds {
		if b.goos == goos && b.goarch == goarch {
			return b, true
		}
	}
	return build{}, false
}

// stem is the name of the archive without its extension, and of the folder in it.
func (b build) stem(version string) string {
	return "gcpressure-v" + version + "-" + b.target
}

func (b build) archive(version string) string {
	if b.goos == "windows" {
		return b.stem(version) + ".zip"
	}
	return b.stem(version) + ".tar.gz"
}

func (b build) program() string {
	if b.goos == "windows" {
		return "gcpressure.exe"
	}
	return "gcpressure"
}
