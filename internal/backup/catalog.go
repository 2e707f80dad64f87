package backup

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot is one backup object as the store lists it.
type Snapshot struct {
	Key Key
	// Object is the full object key, byte for byte.
	Object string
	// Size is the stored size in bytes, after compression and encryption.
	Size int64
	// Modified is when the store received the object; Key.Time is when the
	// backup was taken.
	Modified time.Time
	// ETag is the store's tag. It is no checksum for multipart uploads.
	ETag string
}

// Catalog is the content of a bucket, sorted into backups and other objects.
type Catalog struct {
	// Snapshots are newest first once [Catalog.Sort] ran; backups of the same
	// second follow each other by object key.
	Snapshots []Snapshot
	// Foreign are object keys that talos-backup did not write.
	Foreign []string
}

// Add files an object under Snapshots or, if its name is not one of
// talos-backup's, under Foreign. Size is in bytes. Call [Catalog.Sort] after
// the last Add.
func (c *Catalog) Add(object string, size int64, modified time.Time, etag string) {
	key, err := ParseKey(object)
	if err != nil {
		c.Foreign = append(c.Foreign, object)
		return
	}
	c.Snapshots = append(c.Snapshots, Snapshot{Key: key, Object: object, Size: size, Modified: modified, ETag: etag})
}

// Sort puts the newest backup first. Names do not sort by time when their
// clusters or zones differ, so the parsed time decides.
func (c *Catalog) Sort() {
	slices.SortFunc(c.Snapshots, func(a, b Snapshot) int {
		return cmp.Or(b.Key.Time.Compare(a.Key.Time), cmp.Compare(a.Object, b.Object))
	})
	slices.Sort(c.Foreign)
}

// Cluster is the catalog of one cluster, without foreign objects.
func (c Catalog) Cluster(name string) Catalog {
	var one Catalog
	for _, s := range c.Snapshots {
		if s.Key.Cluster == name {
			one.Snapshots = append(one.Snapshots, s)
		}
	}
	return one
}

// Clusters are the names of all clusters with a backup, sorted.
func (c Catalog) Clusters() []string {
	var names []string
	for _, s := range c.Snapshots {
		names = append(names, s.Key.Cluster)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
