package bucket

import (
	"errors"
	"fmt"
	"strings"
)

// Modes of retention. Who may bypass governance can delete all the same;
// compliance binds everybody, root too.
const (
	Governance = "GOVERNANCE"
	Compliance = "COMPLIANCE"
)

// NewLock makes the default retention of a bucket: exactly one of days and
// years is above zero.
func NewLock(mode string, days, years int) (Lock, error) {
	l := Lock{Mode: strings.ToUpper(mode)}
	switch {
	case l.Mode != Governance && l.Mode != Compliance:
		return l, fmt.Errorf("the mode of retention must be governance or compliance, not %q", mode)
	case days < 0 || years < 0:
		return l, errors.New("a retention cannot be negative")
	case (days > 0) == (years > 0):
		return l, errors.New("a retention needs either days or years")
	case years > 100 || days > 36500:
		return l, errors.New("a retention of more than 100 years is none that a server takes")
	}
	l.Days, l.Years = uint(days), uint(years)
	return l, nil
}

// Words say what a lock's default retention is: "governance for 30 days".
func (l Lock) Words() string {
	switch {
	case l.Mode == "":
		return "none"
	case l.Years == 1:
		return strings.ToLower(l.Mode) + " for 1 year"
	case l.Years > 0:
		return fmt.Sprintf("%s for %d years", strings.ToLower(l.Mode), l.Years)
	}
	return strings.ToLower(l.Mode) + " for " + days(int(min(l.Days, 1<<30)))
}
