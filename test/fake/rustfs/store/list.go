package store

import (
	"slices"
	"strings"
)

// Query selects a page of a listing.
type Query struct {
	Prefix, Delimiter string
	// After is exclusive: the last key or common prefix of the page before.
	After string
	// AfterVersion continues within the key After (versions only).
	AfterVersion string
	Max          int
}

// Item is one version of a listing.
type Item struct {
	Key    string
	Latest bool
	Version
}

// Page is one page of a listing.
type Page struct {
	Items     []Item
	Prefixes  []string
	Truncated bool
	// Next and NextVersion continue the listing.
	Next, NextVersion string
}

// List returns the current objects, hiding delete markers.
func (s *Store) List(bucketName string, q Query) (Page, error) {
	return s.list(bucketName, q, false)
}

// ListVersions returns all versions and delete markers, newest first per key.
func (s *Store) ListVersions(bucketName string, q Query) (Page, error) {
	return s.list(bucketName, q, true)
}

func (s *Store) list(bucketName string, q Query, versions bool) (Page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page Page
	b, err := s.bucket(bucketName)
	if err != nil || q.Max <= 0 {
		return page, err
	}
	keys := make([]string, 0, len(b.objects))
	for k, o := range b.objects {
		if !strings.HasPrefix(k, q.Prefix) || (!versions && o.Versions[0].DeleteMarker) {
			continue
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	seen := ""
	for _, key := range keys {
		if prefix, ok := commonPrefix(key, q); ok {
			if prefix == seen || prefix <= q.After {
				continue
			}
			if page.full(q.Max) {
				return page, nil
			}
			seen = prefix
			page.Prefixes = append(page.Prefixes, prefix)
			page.Next, page.NextVersion = prefix, ""
			continue
		}
		if key < q.After || (key == q.After && q.AfterVersion == "") {
			continue
		}
		skip := key == q.After
		for i, v := range b.objects[key].Versions {
			if skip {
				skip = v.ID != q.AfterVersion
				continue
			}
			if page.full(q.Max) {
				return page, nil
			}
			page.Items = append(page.Items, Item{Key: key, Latest: i == 0, Version: *v})
			page.Next, page.NextVersion = key, v.ID
			if !versions {
				break
			}
		}
	}
	page.Next, page.NextVersion = "", ""
	return page, nil
}

// full marks a page as truncated when another entry no longer fits.
func (p *Page) full(limit int) bool {
	p.Truncated = len(p.Items)+len(p.Prefixes) >= limit
	return p.Truncated
}

func commonPrefix(key string, q Query) (string, bool) {
	if q.Delimiter == "" {
		return "", false
	}
	rest := key[len(q.Prefix):]
	i := strings.Index(rest, q.Delimiter)
	if i < 0 {
		return "", false
	}
	return q.Prefix + rest[:i+len(q.Delimiter)], true
}
