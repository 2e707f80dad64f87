package release

import (
	"fmt"
	"slices"
	"strings"
)

// Platform is what an archive is built for.
type Platform struct{ OS, Arch string }

// Platforms are all that a release is built for. The krew manifests name the
// same ones.
func Platforms() []Platform {
	return []Platform{
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"linux", "amd64"},
		{"linux", "arm64"},
		{"windows", "amd64"},
	}
}

// ParsePlatform reads "linux/amd64".
func ParsePlatform(s string) (Platform, error) {
	os, arch, _ := strings.Cut(s, "/")
	p := Platform{os, arch}
	if !slices.Contains(Platforms(), p) {
		return Platform{}, fmt.Errorf("platform %q is none of %v", s, Platforms())
	}
	return p, nil
}

func (p Platform) String() string { return p.OS + "/" + p.Arch }

// executable is what a program is called on the platform.
func (p Platform) executable(program string) string {
	if p.OS == "windows" {
		return program + ".exe"
	}
	return program
}

// zipped tells whether people of the platform expect a zip file.
func (p Platform) zipped() bool { return p.OS == "windows" }

// ArchiveName is what the archive of a program is called. It does not hold the
// version, so that the address of the latest release's archive stays the same.
func ArchiveName(program string, p Platform) string {
	ending := ".tar.gz"
	if p.zipped() {
		ending = ".zip"
	}
	return program + "_" + p.OS + "_" + p.Arch + ending
}
