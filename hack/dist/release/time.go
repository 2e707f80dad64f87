package release

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Time is the time that every file of a release bears: epoch, the value of
// SOURCE_DATE_EPOCH, in seconds since 1970; the commit's time when it is empty.
func Time(ctx context.Context, root, epoch string) (time.Time, error) {
	if epoch == "" {
		var err error
		if epoch, err = commitTime(ctx, root); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH must be seconds since 1970, not %q", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// commitTime asks git for the time of the commit that is checked out.
func commitTime(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git does not tell the commit's time (%w): set SOURCE_DATE_EPOCH to seconds since 1970", err)
	}
	return strings.TrimSpace(string(out)), nil
}
