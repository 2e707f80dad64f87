package main

import "testing"

func TestStrip(t *testing.T) {
	in := `{"linux":{"cgroupsPath":"/a","resources":{},"seccomp":{},"namespaces":[]},"mounts":[{"type":"cgroup"},{"type":"proc"}],"process":{"args":["x"],"oomScoreAdj":-998}}`
	want := `{"linux":{"namespaces":[]},"mounts":[{"type":"proc"}],"process":{"args":["x"]}}`

	got, err := strip([]byte(in))
	if err != nil {
		t.Fatal(err)
	}

	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStripRefusesGarbage(t *testing.T) {
	if _, err := strip([]byte("{")); err == nil {
		t.Error("no error")
	}
}
