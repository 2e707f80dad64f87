// Package seal turns a stored backup back into the etcd snapshot it holds:
// age, then zstd or gzip, then the proof that the snapshot is whole. It works
// from reader to reader, keeps nothing on disk and needs no more memory than
// one decompression window (8 MiB for what talos-backup writes). It knows no
// network.
package seal
