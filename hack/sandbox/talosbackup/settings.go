package main

import (
	"errors"
	"strings"
	"time"
)

// settings are what the environment says; the names are upstream's.
type settings struct {
	endpoint, region, bucket, prefix, cluster string
	pathStyle, compress, encrypt              bool
	recipients                                []string
}

func readSettings(getenv func(string) string) (settings, error) {
	s := settings{
		endpoint:  getenv("CUSTOM_S3_ENDPOINT"),
		region:    getenv("AWS_REGION"),
		bucket:    getenv("BUCKET"),
		prefix:    getenv("S3_PREFIX"),
		cluster:   getenv("CLUSTER_NAME"),
		pathStyle: getenv("USE_PATH_STYLE") == "true",
		compress:  getenv("ENABLE_COMPRESSION") == "true",
		encrypt:   getenv("DISABLE_ENCRYPTION") != "true",
	}

	for _, name := range []string{"AGE_X25519_PUBLIC_KEY", "AGE_RECIPIENT_PUBLIC_KEY"} { // the first one is the deprecated one
		if list := getenv(name); list != "" {
			s.recipients = append(s.recipients, strings.Split(list, ",")...)
		}
	}

	if s.encrypt && len(s.recipients) == 0 {
		return s, errors.New("failed to encrypt etcd snapshot: no age recipient public keys were given")
	}

	return s, nil
}

// key is the object's name: <prefix>/<cluster>-<time>.snap[.zst][.age], the prefix being the cluster's name if none is given.
func (s settings) key(cluster string, now time.Time) string {
	prefix := s.prefix
	if prefix == "" {
		prefix = cluster
	}

	return prefix + "/" + s.file(cluster, now)
}

// file is the last part of the key.
func (s settings) file(cluster string, now time.Time) string {
	name := cluster + "-" + now.Format(time.RFC3339) + ".snap"

	if s.compress {
		name += ".zst"
	}

	if s.encrypt {
		name += ".age"
	}

	return name
}

// address splits the endpoint into the host that the S3 client wants and whether it speaks TLS.
func (s settings) address() (host string, tls bool) {
	switch {
	case s.endpoint == "":
		return "s3." + s.region + ".amazonaws.com", true
	case strings.HasPrefix(s.endpoint, "http://"):
		return strings.TrimPrefix(s.endpoint, "http://"), false
	}

	return strings.TrimPrefix(s.endpoint, "https://"), true
}
