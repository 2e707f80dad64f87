package talos

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

func find(o Options, env func(string) string, home string) (string, error) {
	if o.Talosconfig != "" {
		return o.Talosconfig, mustExist(o.Talosconfig, "check --talosconfig")
	}
	if path := env(constants.TalosConfigEnvVar); path != "" {
		return path, mustExist(path, "TALOSCONFIG names a file that is not there: correct or unset it")
	}
	var places []string
	if dir := env(constants.TalosHomeEnvVar); filepath.IsAbs(dir) {
		places = append(places, filepath.Join(dir, constants.TalosconfigFilename))
	} else if home != "" {
		places = append(places, filepath.Join(home, constants.TalosDir, constants.TalosconfigFilename))
	}
	places = append(places, filepath.Join(constants.ServiceAccountMountPath, constants.TalosconfigFilename))
	for _, path := range places {
		if mustExist(path, "") == nil {
			return path, nil
		}
	}
	return "", &ConfigError{Path: places[0], Reason: "there is no such file", HintText: "give --talosconfig FILE or set TALOSCONFIG; looked in " + strings.Join(places, ", ")}
}

func mustExist(path, hint string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ConfigError{Path: path, Reason: "there is no such file", HintText: hint}
	case err != nil:
		return &ConfigError{Path: path, Reason: cause(err), HintText: hint}
	case info.IsDir():
		return &ConfigError{Path: path, Reason: "it is a directory", HintText: hint}
	}
	return nil
}

// parse reads the file. The library panics at a context without content.
func parse(data []byte) (file *clientconfig.Config, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("a context is empty")
		}
	}()
	return clientconfig.FromBytes(data)
}
