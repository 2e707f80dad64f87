// Package manifest renders krew manifests from the templates that
// krew-release-bot reads.
package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
)

// Options say what a template is rendered with.
type Options struct {
	Tag     string // the release's tag, "v1.2.3"
	Dist    string // folder with the archives
	BaseURL string // where the archives are served; "" leaves the template's address
}

// tagged is what the bot hands to a template.
type tagged struct{ TagName string }

// Render returns the manifest that a template makes.
func Render(file string, o Options) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t, err := template.New(filepath.Base(file)).
		Funcs(template.FuncMap{"addURIAndSha": o.addURIAndSha}).
		Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, tagged{o.Tag}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// addURIAndSha is the bot's function of this name. The bot downloads what the
// address, a template of its own, names; this one reads it from Dist.
func (o Options) addURIAndSha(address, tag string) (string, error) {
	t, err := template.New("address").Parse(address)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, tagged{tag}); err != nil {
		return "", err
	}
	uri := b.String()
	sum, err := o.sum(path.Base(uri))
	if err != nil {
		return "", err
	}
	if o.BaseURL != "" {
		uri = strings.TrimSuffix(o.BaseURL, "/") + "/" + path.Base(uri)
	}
	return "uri: " + uri + "\n    sha256: " + sum, nil // indented as the bot does
}

// sum hashes an archive.
func (o Options) sum(name string) (string, error) {
	f, err := os.Open(filepath.Join(o.Dist, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s has no %s: build it with: go run ./hack/dist -version %s", o.Dist, name, o.Tag)
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
