package older

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
)

// bucketOf is the bucket of a path of one part; empty for objects.
func bucketOf(r *http.Request) string {
	name := strings.Trim(r.URL.Path, "/")
	if strings.Contains(name, "/") {
		return ""
	}
	return name
}

// bucketQuestion reports that a request is about the settings or uploads of a
// bucket, whose answers are short.
func bucketQuestion(r *http.Request) bool {
	q := r.URL.Query()
	return bucketOf(r) != "" && (q.Has("encryption") || q.Has("versioning") || q.Has("uploads"))
}

// beforeS3: alpha.82 does not give a bucket twice, not even to its owner.
func (p *proxy) beforeS3(r *http.Request) (*answer, error) {
	bucket := bucketOf(r)
	if r.Method != http.MethodPut || bucket == "" || r.URL.RawQuery != "" || !p.until(Alpha82) {
		return nil, nil //nolint:nilnil // nothing is to be answered
	}
	status, err := p.ask(r.Context(), http.MethodHead, "/"+bucket)
	if err != nil || status/100 != 2 {
		return nil, err
	}
	return refusal(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."), nil
}

// afterS3 turns answers about a bucket's settings into the older form.
func (p *proxy) afterS3(r *http.Request, a *answer, _ string) error {
	q := r.URL.Query()
	switch {
	case q.Has("encryption") && r.Method == http.MethodGet && a.status == http.StatusNotFound && p.until(Alpha82):
		if codeOf(a.body) == "ServerSideEncryptionConfigurationNotFoundError" {
			*a = answer{http.StatusOK, "application/xml", []byte(`<?xml version="1.0" encoding="UTF-8"?><ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ServerSideEncryptionConfiguration>`)}
		}
	case q.Has("versioning") && r.Method == http.MethodPut && codeOf(a.body) == "NoSuchBucket" && p.until(Alpha82):
		*a = answer{status: http.StatusOK} // whether the bucket is there is not looked at
	case q.Has("uploads") && r.Method == http.MethodGet && a.status == http.StatusOK && p.until(Beta7):
		a.body = uploadsOf(a.body, q.Get("prefix"))
	}
	return nil
}

func codeOf(body []byte) string {
	var e said
	if xml.Unmarshal(body, &e) != nil {
		return ""
	}
	return e.Code
}

var upload = regexp.MustCompile(`(?s)<Upload>.*?</Upload>`)

// uploadsOf: up to beta.11 the prefix is a whole key, so that a question for
// all uploads of a bucket finds none.
func uploadsOf(body []byte, key string) []byte {
	return upload.ReplaceAllFunc(body, func(u []byte) []byte {
		var one struct{ Key string }
		if xml.Unmarshal(u, &one) == nil && one.Key == key {
			return u
		}
		return nil
	})
}
