package object

// Sizes of parts, in bytes. S3 takes 5 MiB to 5 GiB, and 10 000 parts.
const (
	PartSize     = 16 << 20
	maxParts     = 10_000
	copyPartSize = 128 << 20
	// CopyLimit is how much a server is asked to copy in one request: it
	// answers when it is done, and a connection in between may not wait long.
	CopyLimit = 512 << 20
)

// UploadPartSize is the size of the parts of an object that is uploaded.
func UploadPartSize(size int64) int64 { return partSize(size, PartSize) }

// CopyPartSize is the size of the parts that a server copies.
func CopyPartSize(size int64) int64 { return partSize(size, copyPartSize) }

func partSize(size, smallest int64) int64 {
	p := smallest
	for size > p*maxParts {
		p *= 2
	}
	return p
}

// partSizeOf guesses the size of an object's parts: what this program and
// other ones take. 0 when none fits.
func partSizeOf(size int64, n int) int64 {
	if n == 1 {
		return max(size, 1)
	}
	for _, mib := range []int64{16, 128, 8, 5, 64, 15, 50, 32, 100, 10, 256, 512} {
		p := mib << 20
		if (size+p-1)/p == int64(n) {
			return p
		}
	}
	return 0
}

// Piece is a part of a file.
type Piece struct {
	Number         int // from 1
	Offset, Length int64
}

// Pieces cuts a file.
func Pieces(size, length int64) []Piece {
	var out []Piece
	for offset := int64(0); offset < size; offset += length {
		out = append(out, Piece{Number: len(out) + 1, Offset: offset, Length: min(length, size-offset)})
	}
	return out
}

// Missing are the pieces that an unfinished upload lacks, and the parts that
// it has. A part of another size is sent again.
func Missing(pieces []Piece, have []Part) (missing []Piece, kept []Part) {
	there := map[int]Part{}
	for _, p := range have {
		there[p.Number] = p
	}
	for _, p := range pieces {
		if q, ok := there[p.Number]; ok && q.Size == p.Length {
			kept = append(kept, q)
			continue
		}
		missing = append(missing, p)
	}
	return missing, kept
}
