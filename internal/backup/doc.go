// Package backup holds what is known about a backup from its name and its
// listing alone: the object naming of talos-backup, the catalog of a bucket
// and the meaning of the names a person types ("latest", "2026-01-05",
// "-6h"). It reads no clock, no environment and no network; the current time
// is always an argument.
package backup
