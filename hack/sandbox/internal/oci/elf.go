package oci

import (
	"debug/elf"
	"fmt"
	"os/exec"
	"regexp"
)

// Program is a program of the host at a path of an image, with the loader and the libraries that it needs at the host's paths.
func Program(at, from string) (Layer, error) {
	layer := Layer{File(at, from)}

	dynamic, err := isDynamic(from)
	if err != nil || !dynamic {
		return layer, err
	}

	out, err := exec.Command("ldd", from).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("list the libraries of %s: %w: %s", from, err, out)
	}

	libraries, err := parseLdd(string(out))
	if err != nil {
		return nil, fmt.Errorf("%s does not run on this host: %w", from, err)
	}

	for _, library := range libraries {
		layer = append(layer, File(library, library))
	}

	return layer, nil
}

// isDynamic says whether a program asks for a loader.
func isDynamic(path string) (bool, error) {
	f, err := elf.Open(path)
	if err != nil {
		return false, fmt.Errorf("look into %s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // only read

	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return true, nil
		}
	}

	return false, nil
}

var (
	lddFile    = regexp.MustCompile(`(?m)^\s*(?:\S+ => )?(/\S+) \(0x`)
	lddMissing = regexp.MustCompile(`(?m)^\s*(\S+) => not found`)
)

// parseLdd reads the files out of ldd's answer.
func parseLdd(out string) ([]string, error) {
	if m := lddMissing.FindStringSubmatch(out); m != nil {
		return nil, fmt.Errorf("library %s is not installed", m[1])
	}

	var files []string
	for _, m := range lddFile.FindAllStringSubmatch(out, -1) {
		files = append(files, m[1])
	}

	return files, nil
}
