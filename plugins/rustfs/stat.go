package rustfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/object"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type stat struct {
	*plugin
	version string
}

func newStat(p *plugin) *cobra.Command {
	o := &stat{plugin: p}
	cmd := &cobra.Command{
		Use:   "stat BUCKET/KEY...",
		Short: "Show all that the server knows of objects",
		Long: "Show all that the server knows of objects: size, type, ETag, checksums, metadata, tags, versions, retention, legal hold,\n" +
			"encryption and expiry. For a bucket, see kubectl rustfs bucket describe.\n\n" + cli.ExitHelp(""),
		Example: `  # An object
  kubectl rustfs stat photos/a.jpg

  # An old version of it
  kubectl rustfs stat photos/a.jpg --version-id 0f9b3f60-6f1c-4c5e-8f0a-1b2c3d4e5f60

  # One field
  kubectl rustfs stat photos/a.jpg -o jsonpath='{.contentType}'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeObjects,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	versionFlag(cmd, &o.version)
	o.AddPrintFlags(cmd)
	return cmd
}

// versionFlag adds --version-id.
func versionFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "version-id", "", "The version that is meant, and not the newest; kubectl rustfs ls --versions shows them")
}

// oneVersion refuses --version-id where several objects are named.
func oneVersion(version string, n int) error {
	if version != "" && n > 1 {
		return cli.Usagef("--version-id is one of one object, and %d are named", n).WithHint("name one")
	}
	return nil
}

// versionPlaces are objects, of which one version is meant if version says so.
func versionPlaces(args []string, version string) ([]object.Location, error) {
	places, err := objectPlaces(args)
	if err == nil {
		err = oneVersion(version, len(places))
	}
	return places, err
}

func (o *stat) run(ctx context.Context, args []string) error {
	places, err := versionPlaces(args, o.version)
	if err != nil {
		return err
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	var views []statView
	for _, l := range places {
		o.equivalent("mc", "stat", "rustfs/"+l.String())
		v, err := o.look(ctx, t, l)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	if o.HumanOutput() {
		return pages(o.plugin, views, statFields)
	}
	return cli.Print(o.UI, cli.List[statView]{Kind: "Object", Items: views, Single: len(views) == 1, Columns: []cli.Column[statView]{
		{Name: "Name", Value: func(v statView) string { return v.Metadata.Name }},
		{Name: "Size", Value: func(v statView) string { return cli.Size(v.Size) }},
		{Name: "Type", Value: func(v statView) string { return v.ContentType }},
		{Name: "Modified", Value: func(v statView) string { return since(v.Modified) }},
		{Name: "ETag", Wide: true, Value: func(v statView) string { return v.ETag }},
	}})
}

// statView is all there is to know of an object.
type statView struct {
	Metadata      cli.Meta          `json:"metadata"`
	Bucket        string            `json:"bucket"`
	Key           string            `json:"key"`
	Size          int64             `json:"size"`
	Modified      *metav1.Time      `json:"modified,omitempty"`
	ContentType   string            `json:"contentType,omitempty"`
	Headers       map[string]string `json:"headers,omitempty"`
	ETag          string            `json:"etag,omitempty"`
	Checksums     map[string]string `json:"checksums,omitempty"`
	UserMetadata  map[string]string `json:"userMetadata,omitempty"`
	Tags          map[string]string `json:"tags,omitempty"`
	VersionID     string            `json:"versionId,omitempty"`
	Versions      int               `json:"versions,omitempty"`
	Encryption    string            `json:"encryption,omitempty"`
	EncryptionKey string            `json:"encryptionKey,omitempty"`
	Retention     string            `json:"retention,omitempty"`
	RetainUntil   *metav1.Time      `json:"retainUntil,omitempty"`
	LegalHold     bool              `json:"legalHold,omitempty"`
	Expires       *metav1.Time      `json:"expires,omitempty"`
	ExpiryRule    string            `json:"expiryRule,omitempty"`
	StorageClass  string            `json:"storageClass,omitempty"`
	Replication   string            `json:"replication,omitempty"`
}

func (o *stat) look(ctx context.Context, t *target, l object.Location) (statView, error) {
	ref := l.Ref()
	ref.Version = o.version
	i, err := t.s3.Head(ctx, ref)
	if err != nil {
		return statView{}, missingObject(err, l)
	}
	v := newStatView(i)
	if i.TagCount > 0 {
		if v.Tags, err = t.s3.ObjectTags(ctx, ref); soft(err) != nil {
			return v, err
		}
	}
	if i.Version == "" {
		return v, nil
	}
	for _, err := range exactly(ctx, t, l, true) {
		if soft(err) != nil {
			return v, err
		}
		if err == nil {
			v.Versions++
		}
	}
	return v, nil
}

// missingObject gives an error about an object that is not there a hint.
func missingObject(err error, l object.Location) error {
	if !s3.IsMissing(err) {
		return err
	}
	folder := l.Key[:strings.LastIndexByte(l.Key, '/')+1]
	return cli.Hintf(err, "see what is there with: kubectl rustfs ls %s, and what was deleted with --versions", shellWord(l.Bucket+"/"+folder))
}

func newStatView(i object.Info) statView {
	v := statView{
		Metadata: cli.Meta{Name: i.String()}, Bucket: i.Bucket, Key: i.Key, Size: i.Size, Modified: stamp(i.Modified),
		ContentType: i.ContentType, ETag: i.ETag, Checksums: i.Checksums, UserMetadata: i.Metadata, VersionID: i.Version,
		Encryption: i.Encryption, EncryptionKey: i.EncryptionKey, Retention: i.LockMode, RetainUntil: stamp(i.LockUntil), LegalHold: i.LegalHold,
		Expires: stamp(i.Expires), ExpiryRule: i.ExpiryRule, StorageClass: i.StorageClass, Replication: i.Replication,
	}
	for name, value := range map[string]string{
		"Content-Encoding": i.ContentEncoding, "Content-Disposition": i.ContentDisposition,
		"Content-Language": i.ContentLanguage, "Cache-Control": i.CacheControl,
	} {
		if value != "" {
			if v.Headers == nil {
				v.Headers = map[string]string{}
			}
			v.Headers[name] = value
		}
	}
	return v
}

func statFields(v statView) []cli.Field {
	f := []cli.Field{
		{Name: "Name", Value: v.Metadata.Name},
		{Name: "Size", Value: fmt.Sprintf("%s (%d bytes)", cli.Size(v.Size), v.Size)},
		{Name: "Modified", Value: since(v.Modified)},
		{Name: "Content type", Value: v.ContentType},
		{Name: "Headers", Value: pairLines(v.Headers, ": ")},
		{Name: "ETag", Value: v.ETag},
		{Name: "Checksums", Value: pairLines(v.Checksums, ": ")},
		{Name: "Metadata", Value: pairLines(v.UserMetadata, "=")},
		{Name: "Tags", Value: pairLines(v.Tags, "=")},
		{Name: "Version", Value: v.VersionID},
		{Name: "Storage class", Value: v.StorageClass},
		{Name: "Replication", Value: v.Replication},
	}
	if v.Versions > 0 {
		f = append(f, cli.Field{Name: "Versions", Value: fmt.Sprint(v.Versions)})
	}
	if v.Encryption != "" {
		f = append(f, cli.Field{Name: "Encryption", Value: strings.TrimSpace(v.Encryption + " " + v.EncryptionKey)})
	}
	if v.Retention != "" {
		f = append(f, cli.Field{Name: "Retention", Value: v.Retention + " until " + v.RetainUntil.UTC().Format(time.RFC3339)})
	}
	if v.LegalHold {
		f = append(f, cli.Field{Name: "Legal hold", Value: "on"})
	}
	if v.Expires != nil {
		f = append(f, cli.Field{Name: "Expires", Value: v.Expires.UTC().Format(time.RFC3339) + " by rule " + v.ExpiryRule})
	}
	return f
}

// pairLines writes a map as lines.
func pairLines(m map[string]string, between string) string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		lines = append(lines, k+between+m[k])
	}
	return strings.Join(lines, "\n")
}
