package talos

import (
	"fmt"
	"strings"
	"time"
)

// Level is how grave a finding is.
type Level string

// The levels. A restore must not begin while there is a Fail.
const (
	Pass Level = "pass"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one judgement about a node or a talosconfig.
type Finding struct {
	// Rule names the condition, such as "data-dir".
	Rule string
	// Level says how grave it is.
	Level Level
	// What says what was found.
	What string
	// Fix says what to do; empty for a Pass.
	Fix string
}

// CheckOffline judges the talosconfig alone, before any network call.
func CheckOffline(cfg *Config, now time.Time) []Finding {
	return checkCredentials(cfg.Credentials, now)
}

// Check judges whether etcd can be restored on the node the facts are of. It
// asks nobody. A node that does not answer has only that finding.
func Check(f Facts, now time.Time) []Finding {
	findings := append(checkCredentials(f.Credentials, now), checkReachable(f))
	if unreachable(f.Version.Err) {
		return findings
	}
	return append(findings,
		checkMachineType(f),
		checkEtcd(f),
		checkDataDir(f),
		checkEndpoint(f),
		checkCRI(f),
		checkTime(f),
		checkAddresses(f),
	)
}

func checkCredentials(c Credentials, now time.Time) []Finding {
	if c.Omni {
		return []Finding{{"omni", Fail, "the cluster is managed by Omni, which does not allow a restore from outside", "restore with `omnictl`"}}
	}
	findings := []Finding{{"omni", Pass, "the cluster is not managed by Omni", ""}}
	roles := strings.Join(c.Roles, ", ")
	switch {
	case c.Admin():
		findings = append(findings, Finding{"role", Pass, "the certificate has role os:admin", ""})
	case roles == "":
		findings = append(findings, Finding{"role", Fail, "the talosconfig has no client certificate with a role", adminFix})
	default:
		findings = append(findings, Finding{"role", Fail, "the certificate has only role " + roles, adminFix})
	}
	if c.NotAfter.IsZero() {
		return findings
	}
	until := c.NotAfter.UTC().Format(time.RFC3339)
	switch left := c.NotAfter.Sub(now); {
	case left <= 0:
		return append(findings, Finding{"certificate", Fail, "the certificate expired at " + until, "get a new talosconfig: `talosctl config new`, or from the cluster's secrets with `talosctl gen config`"})
	case now.Before(c.NotBefore):
		return append(findings, Finding{"certificate", Fail, "the certificate is valid only from " + c.NotBefore.UTC().Format(time.RFC3339), "set this computer's clock"})
	case left < time.Hour:
		return append(findings, Finding{"certificate", Warn, fmt.Sprintf("the certificate expires at %s, in %s", until, left.Round(time.Minute)), "get a new talosconfig first: a restore takes some minutes"})
	}
	return append(findings, Finding{"certificate", Pass, "the certificate is valid until " + until, ""})
}

const adminFix = "use a talosconfig with role os:admin: `talosctl config new --roles=os:admin admin.talosconfig`"

// unknown is the finding for a fact that could not be had.
func unknown(rule, what string, err error, fix string) Finding {
	return Finding{rule, Warn, what + ": " + err.Error(), fix}
}
