package seal

import (
	"bytes"
	"fmt"

	"filippo.io/age"
)

const (
	ageNonce = 16               // bytes between the age header and the first chunk
	ageTag   = 16               // bytes of authentication after each chunk
	ageChunk = 64*1024 + ageTag // bytes of a full chunk in the file
	ageIntro = "age-encryption.org/v1\n"
)

// PlainSize is the size in bytes of what an age file decrypts to, from the
// beginning of the object (64 KiB are plenty) and its full size in bytes. For
// a snapshot that was encrypted without compression the result must leave 32
// when divided by 512; for a compressed one it is the compressed size. An
// object that is not encrypted has the size it has.
//
// The error is a [*Bad] if no age file can have this size.
func PlainSize(header []byte, objectSize int64) (int64, error) {
	switch kindOf(header) {
	case kindAge:
	case kindArmor:
		return 0, fmt.Errorf("plain size: the file is armored, its size says little")
	default:
		return objectSize, nil
	}
	head, err := age.ExtractHeader(bytes.NewReader(header))
	if err != nil {
		return 0, fmt.Errorf("plain size: the age header does not end within %s", size(int64(len(header))))
	}
	payload := objectSize - int64(len(head)) - ageNonce
	if payload < ageTag {
		return 0, &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: an age file of %s holds no data", size(objectSize))}
	}
	chunks := (payload + ageChunk - 1) / ageChunk
	plain := payload - chunks*ageTag
	if rest := payload % ageChunk; rest != 0 && rest <= ageTag && chunks > 1 {
		return 0, &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: no age file is %d bytes long", objectSize)}
	}
	return plain, nil
}

// size is a number of bytes for a person.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
