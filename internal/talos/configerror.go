package talos

import (
	"errors"
	"io/fs"
	"regexp"
)

// ConfigError says why a talosconfig cannot be used. It holds nothing of the
// file's content but names of contexts and nodes.
type ConfigError struct {
	// Path is the file.
	Path string
	// Reason says what is wrong with it.
	Reason string
	// HintText says what to do.
	HintText string
}

func (e *ConfigError) Error() string { return "talosconfig " + e.Path + ": " + e.Reason }

// Hint is HintText.
func (e *ConfigError) Hint() string { return e.HintText }

var yamlLine = regexp.MustCompile(`line \d+`)

// lineOf keeps only the line of a YAML error: its text may quote a key.
func lineOf(err error) string {
	if line := yamlLine.FindString(err.Error()); line != "" {
		return " (" + line + ")"
	}
	return ""
}

func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
