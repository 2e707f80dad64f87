package bucket

import (
	"fmt"
	"math/big"
	"strings"
)

// SizeError says what is wrong with a number of bytes.
type SizeError struct{ Text, Rule string }

func (e *SizeError) Error() string { return fmt.Sprintf("size %q: %s", e.Text, e.Rule) }

// maxSizeText is longer than any size is written.
const maxSizeText = 32

// ParseSize reads a number of bytes, above zero, as people write it: 1048576,
// 10Gi, 10GiB, 500MB, 1.5T. Units with an i are powers of 1024, those without
// are powers of 1000, as Kubernetes has them; capitals do not count.
func ParseSize(text string) (int64, error) {
	bad := func(format string, args ...any) (int64, error) {
		return 0, &SizeError{text, fmt.Sprintf(format, args...)}
	}
	if len(text) > maxSizeText {
		return 0, &SizeError{text[:maxSizeText] + "…", "is longer than any number of bytes"}
	}
	end := strings.IndexFunc(text, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end < 0 {
		end = len(text)
	}
	number, unit := text[:end], text[end:]
	if number == "" {
		return bad("must begin with a digit, as in 10Gi or 500MB")
	}
	n, ok := new(big.Rat).SetString(number)
	if !ok || strings.HasPrefix(number, ".") || strings.HasSuffix(number, ".") {
		return bad("%q is no number", number)
	}
	factor, ok := unitFactor(unit)
	if !ok {
		return bad("the unit %q is not known: use Ki, Mi, Gi, Ti, Pi (1024) or kB, MB, GB, TB, PB (1000)", unit)
	}
	n.Mul(n, new(big.Rat).SetInt(factor))
	switch {
	case !n.IsInt():
		return bad("is no whole number of bytes")
	case !n.Num().IsInt64():
		return bad("is more than 8Ei")
	case n.Sign() == 0:
		return bad("must be above zero")
	}
	return n.Num().Int64(), nil
}

// unitFactor is how many bytes a unit has.
func unitFactor(unit string) (*big.Int, bool) {
	u := strings.ToLower(unit)
	if u == "" || u == "b" {
		return big.NewInt(1), true
	}
	power := int64(strings.IndexByte("kmgtpe", u[0]) + 1)
	base := int64(1000)
	switch u[1:] {
	case "i", "ib":
		base = 1024
	case "", "b":
	default:
		return nil, false
	}
	return new(big.Int).Exp(big.NewInt(base), big.NewInt(power), nil), power > 0
}
