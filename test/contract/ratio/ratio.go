// Package ratio measures something against a baseline in the same run: on
// another machine the times differ, the ratio hardly does.
package ratio

import (
	"testing"
	"time"
)

// Report runs both in turns, baseline first, and reports how many times as
// long measured takes, as x-baseline.
func Report(b *testing.B, baseline, measured func() error) {
	b.Helper()
	var base, all time.Duration
	run := func(f func() error) time.Duration {
		began := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for range 2 { // connections are made, and pages are there
		run(baseline)
		run(measured)
	}
	for b.Loop() {
		base += run(baseline)
		all += run(measured)
	}
	b.ReportMetric(float64(all)/float64(max(base, 1)), "x-baseline")
	b.ReportMetric(0, "ns/op") // it would be the sum of both
}
