package rustfs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// settingView is a bucket with one of its settings, as -o shows it; a file
// that sets it may have the same form.
type settingView struct {
	Metadata cli.Meta `json:"metadata"`
	bucket.Settings
}

func newSettingView(name string) settingView {
	return settingView{Metadata: cli.Meta{Name: name}}
}

func settingName(v settingView) string { return v.Metadata.Name }

// settingColumns are the name and one cell for each setting asked for.
func settingColumns(header string, cell func(settingView) string) []cli.Column[settingView] {
	return []cli.Column[settingView]{{Name: "Name", Value: settingName}, {Name: header, Value: cell}}
}

// addSetterFlags gives cmd what all commands have that change a setting.
func (p *plugin) addSetterFlags(cmd *cobra.Command) {
	p.AddDryRunFlag(cmd, false)
	p.AddDiffFlag(cmd)
	p.AddPrintFlags(cmd)
}

// atBuckets does something at one bucket after the other, when all of them
// have names that a bucket can have.
func (p *plugin) atBuckets(ctx context.Context, names []string, do func(context.Context, *target, string) error) error {
	if err := validBucketNames(names); err != nil {
		return err
	}
	return p.atEach(ctx, names, do)
}

// ofBuckets asks the same of the buckets named, or of all, several at once. Of
// all, those that the key may not ask are left out, with a warning.
func ofBuckets[T any](ctx context.Context, p *plugin, names []string, ask func(context.Context, *target, string) (T, error)) ([]T, error) {
	if err := validBucketNames(names); err != nil {
		return nil, err
	}
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	all := len(names) == 0
	if all {
		if names, err = bucketNames(ctx, t); err != nil {
			return nil, err
		}
	}
	answers, refused := make([]T, len(names)), make([]error, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, n := range names {
		g.Go(func() (err error) {
			answers[i], err = ask(ctx, t, n)
			if all && soft(err) == nil {
				refused[i], err = err, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []T
	for i, err := range refused {
		if err != nil {
			p.Warnf("bucket %q is left out: %s", names[i], err)
			continue
		}
		out = append(out, answers[i])
	}
	return out, nil
}

// printSettings prints what ofBuckets found of each.
func (p *plugin) printSettings(views []settingView, names []string, columns []cli.Column[settingView]) error {
	return cli.Print(p.UI, cli.List[settingView]{Kind: "Bucket", Items: views, Columns: columns, Empty: "No buckets found.", Single: len(names) == 1})
}

// settingFile reads a file of rules and turns YAML into JSON; XML stays.
func (p *plugin) settingFile(file string) ([]byte, error) {
	if file == "" {
		return nil, cli.Usagef("--file is missing").WithHint("name the file: -f FILE, or -f - for stdin")
	}
	text, err := p.readFile(file)
	if err != nil {
		return nil, usage(fmt.Errorf("--file: %w", err))
	}
	switch {
	case !utf8.Valid(text):
		return nil, cli.Usagef("--file %s: it is no text", file)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, cli.Usagef("--file %s: there is nothing in it", file)
	case bucket.IsXML(text):
		return text, nil
	}
	return yamlToJSON("--file", file, text)
}

// yamlToJSON makes JSON of what a file holds; JSON is YAML too.
func yamlToJSON(flag, file string, text []byte) ([]byte, error) {
	out, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, usage(fmt.Errorf("%s %s: neither YAML nor JSON: %s", flag, file, strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: ")))
	}
	return out, nil
}

// inFile says in which file something is wrong.
func inFile(file string, err error) error {
	if err == nil {
		return nil
	}
	return usage(fmt.Errorf("--file %s: %s", file, strings.ReplaceAll(err.Error(), "\n", "; ")))
}

// settingText is a setting as the diff shows it; nothing is no text.
func settingText[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	return yamlText(list)
}

func yamlText(v any) string {
	b, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// bucketLockOf is object locking as settings have it; nil without.
func bucketLockOf(l s3.Lock) *bucket.Lock {
	if !l.Enabled {
		return nil
	}
	out := &bucket.Lock{Mode: l.Mode}
	if l.Unit == "YEARS" {
		out.Years = l.Validity
	} else {
		out.Days = l.Validity
	}
	return out
}

// inLines puts texts below each other, for a cell of a page.
func inLines[T any](list []T, word func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, word(v))
	}
	return strings.Join(out, "\n")
}
