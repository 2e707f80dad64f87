package s3

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/minio/minio-go/v7/pkg/lifecycle"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

// Lifecycle are a bucket's lifecycle rules.
func (s *Store) Lifecycle(ctx context.Context, name string) ([]bucket.LifecycleRule, error) {
	c, err := s.client.GetBucketLifecycle(ctx, name)
	if err != nil {
		err = wrap(err, "lifecycle of bucket %q", name)
		if IsCode(err, "NoSuchLifecycleConfiguration") {
			return nil, nil
		}
		return nil, err
	}
	out := make([]bucket.LifecycleRule, len(c.Rules))
	for i, r := range c.Rules {
		out[i] = ruleFromXML(r)
	}
	return out, nil
}

// SetLifecycle replaces a bucket's lifecycle rules; none takes them away.
func (s *Store) SetLifecycle(ctx context.Context, name string, rules []bucket.LifecycleRule) error {
	c := lifecycle.NewConfiguration()
	for _, r := range rules {
		c.Rules = append(c.Rules, ruleToXML(r))
	}
	return wrap(s.client.SetBucketLifecycle(ctx, name, c), "lifecycle of bucket %q", name)
}

func ruleFromXML(r lifecycle.Rule) bucket.LifecycleRule {
	out := bucket.LifecycleRule{
		ID: r.ID, Disabled: r.Status != "Enabled", Prefix: r.Prefix,
		ExpireDays: int(r.Expiration.Days), ExpireDate: dateOf(r.Expiration.Date.Time), ExpireDeleteMarkers: bool(r.Expiration.DeleteMarker),
		NoncurrentDays: int(r.NoncurrentVersionExpiration.NoncurrentDays), NoncurrentKeep: r.NoncurrentVersionExpiration.NewerNoncurrentVersions,
		AbortUploadDays: int(r.AbortIncompleteMultipartUpload.DaysAfterInitiation),
		TransitionDays:  int(r.Transition.Days), TransitionDate: dateOf(r.Transition.Date.Time), TransitionTo: r.Transition.StorageClass,
		NoncurrentTransitionDays: int(r.NoncurrentVersionTransition.NoncurrentDays), NoncurrentTransitionTo: r.NoncurrentVersionTransition.StorageClass,
	}
	f := r.RuleFilter
	all := append([]lifecycle.Tag{f.Tag}, f.And.Tags...)
	for _, t := range all {
		if t.Key == "" {
			continue
		}
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		out.Tags[t.Key] = t.Value
	}
	for _, p := range []string{f.Prefix, f.And.Prefix} {
		if p != "" {
			out.Prefix = p
		}
	}
	out.LargerThan = max(f.ObjectSizeGreaterThan, f.And.ObjectSizeGreaterThan)
	out.SmallerThan = max(f.ObjectSizeLessThan, f.And.ObjectSizeLessThan)
	return out
}

func ruleToXML(r bucket.LifecycleRule) lifecycle.Rule {
	out := lifecycle.Rule{ID: r.ID, Status: "Enabled", RuleFilter: filterToXML(r)}
	if r.Disabled {
		out.Status = "Disabled"
	}
	out.Expiration.Days = lifecycle.ExpirationDays(r.ExpireDays)
	out.Expiration.DeleteMarker = lifecycle.ExpireDeleteMarker(r.ExpireDeleteMarkers)
	if r.ExpireDate != nil {
		out.Expiration.Date = lifecycle.ExpirationDate{Time: *r.ExpireDate}
	}
	out.NoncurrentVersionExpiration.NoncurrentDays = lifecycle.ExpirationDays(r.NoncurrentDays)
	out.NoncurrentVersionExpiration.NewerNoncurrentVersions = r.NoncurrentKeep
	out.AbortIncompleteMultipartUpload.DaysAfterInitiation = lifecycle.ExpirationDays(r.AbortUploadDays)
	out.Transition.Days, out.Transition.StorageClass = lifecycle.ExpirationDays(r.TransitionDays), r.TransitionTo
	if r.TransitionDate != nil {
		out.Transition.Date = lifecycle.ExpirationDate{Time: *r.TransitionDate}
	}
	out.NoncurrentVersionTransition.NoncurrentDays = lifecycle.ExpirationDays(r.NoncurrentTransitionDays)
	out.NoncurrentVersionTransition.StorageClass = r.NoncurrentTransitionTo
	return out
}

// filterToXML takes the short form for one condition, and And for more.
func filterToXML(r bucket.LifecycleRule) lifecycle.Filter {
	and := lifecycle.And{Prefix: r.Prefix, ObjectSizeGreaterThan: r.LargerThan, ObjectSizeLessThan: r.SmallerThan}
	conditions := len(r.Tags)
	for _, given := range []bool{r.Prefix != "", r.LargerThan > 0, r.SmallerThan > 0} {
		if given {
			conditions++
		}
	}
	for _, k := range sortedKeys(r.Tags) {
		and.Tags = append(and.Tags, lifecycle.Tag{Key: k, Value: r.Tags[k]})
	}
	if conditions > 1 {
		return lifecycle.Filter{And: and}
	}
	f := lifecycle.Filter{Prefix: r.Prefix, ObjectSizeGreaterThan: r.LargerThan, ObjectSizeLessThan: r.SmallerThan}
	if len(and.Tags) == 1 {
		f.Tag = and.Tags[0]
	}
	return f
}

func dateOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
