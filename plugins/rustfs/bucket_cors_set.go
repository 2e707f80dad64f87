package rustfs

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

type bucketCorsSet struct {
	*plugin
	file   string
	rule   bucket.CORSRule
	maxAge time.Duration
}

func newBucketCorsSet(p *plugin) *cobra.Command {
	o := &bucketCorsSet{plugin: p}
	cmd := &cobra.Command{
		Use:   "set NAME...",
		Short: "Replace the CORS rules of buckets",
		Long: "Replace the CORS rules of buckets, by one rule that is made of flags, or by those of a file: what cors get -o yaml or\n" +
			"json prints, a list of such rules, S3's XML, or the JSON of aws s3api. RustFS takes any rules; they are checked here.\n\n" + cli.ExitHelp(""),
		Example: `  # A page may read
  kubectl rustfs bucket cors set photos --origin https://example.com --method GET,HEAD

  # A page may upload too, and browsers remember it for an hour
  kubectl rustfs bucket cors set photos --origin https://example.com --method GET,PUT --header '*' --max-age 1h

  # From a file
  kubectl rustfs bucket cors set photos -f cors.yaml --diff`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "File with the rules; - reads it from stdin")
	f.StringSliceVar(&o.rule.Origins, "origin", nil, "Origin that may use the bucket, as in https://example.com; may be repeated")
	f.StringSliceVar(&o.rule.Methods, "method", nil, "Method that it may use: GET, PUT, POST, DELETE or HEAD; may be repeated")
	f.StringSliceVar(&o.rule.Headers, "header", nil, "Header that it may send; may be repeated")
	f.StringSliceVar(&o.rule.Expose, "expose", nil, "Header that it may see of answers; may be repeated")
	f.DurationVar(&o.maxAge, "max-age", 0, "How long browsers may remember it")
	completeFlag(cmd, "method", cobra.FixedCompletions([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, cobra.ShellCompDirectiveNoFileComp))
	p.addSetterFlags(cmd)
	return cmd
}

func (o *bucketCorsSet) run(ctx context.Context, names []string) error {
	rules, err := o.rules()
	if err != nil {
		return err
	}
	return o.atBuckets(ctx, names, func(ctx context.Context, t *target, name string) error {
		o.equivalent("mc", "cors", "set", "rustfs/"+name, "cors.xml")
		return o.setCORS(ctx, t, name, "CORS set", rules)
	})
}

// rules are those of the flags, or of the file.
func (o *bucketCorsSet) rules() ([]bucket.CORSRule, error) {
	r := o.rule
	flags := len(r.Origins)+len(r.Methods)+len(r.Headers)+len(r.Expose) > 0 || o.maxAge != 0
	switch {
	case flags && o.file != "":
		return nil, cli.Usagef("--file and the flags that make a rule may not come together")
	case flags:
		for i, m := range r.Methods {
			r.Methods[i] = strings.ToUpper(m)
		}
		if o.maxAge < 0 || o.maxAge > math.MaxInt32*time.Second {
			return nil, cli.Usagef("--max-age: %s is no time that browsers take", o.maxAge)
		}
		r.MaxAgeSeconds = int(o.maxAge / time.Second)
		rules := []bucket.CORSRule{r}
		return rules, usage(bucket.ValidateCORS(rules))
	case o.file == "":
		return nil, cli.Usagef("there is no rule").WithHint("make one of --origin and --method, or name a file: -f FILE")
	}
	text, err := o.settingFile(o.file)
	if err != nil {
		return nil, err
	}
	rules, err := bucket.ParseCORS(text)
	if err != nil {
		return nil, inFile(o.file, err)
	}
	return rules, inFile(o.file, bucket.ValidateCORS(rules))
}
