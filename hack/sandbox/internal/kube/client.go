// Package kube speaks to the API server with nothing but HTTP: applying objects and looking at a few of them needs no client library.
package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"go.yaml.in/yaml/v3"
)

// manager is the name under which fields are owned.
const manager = "sandbox"

// Client is the cluster's administrator.
type Client struct {
	server string
	http   *http.Client
}

// kubeconfig is what of the format is needed here.
type kubeconfig struct {
	Clusters []struct {
		Cluster struct {
			Server string `yaml:"server"`
			CA     string `yaml:"certificate-authority-data"`
		} `yaml:"cluster"`
	} `yaml:"clusters"`
	Users []struct {
		User struct {
			Cert string `yaml:"client-certificate-data"`
			Key  string `yaml:"client-key-data"`
		} `yaml:"user"`
	} `yaml:"users"`
}

// Open reads a kubeconfig with one cluster and one user.
func Open(path string) (*Client, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}

	var cfg kubeconfig
	if err = yaml.Unmarshal(data, &cfg); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}

	if len(cfg.Clusters) != 1 || len(cfg.Users) != 1 {
		return nil, fmt.Errorf("read %s: expected one cluster and one user", path)
	}

	ca, err := base64.StdEncoding.DecodeString(cfg.Clusters[0].Cluster.CA)
	cert, err2 := base64.StdEncoding.DecodeString(cfg.Users[0].User.Cert)
	key, err3 := base64.StdEncoding.DecodeString(cfg.Users[0].User.Key)

	if err = errors.Join(err, err2, err3); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}

	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("read %s: no certificate authority in it", path)
	}

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}, ForceAttemptHTTP2: true}

	return &Client{server: cfg.Clusters[0].Cluster.Server, http: &http.Client{Transport: transport, Timeout: 10 * time.Second}}, nil
}

// statusError is an answer that is not a success.
type statusError struct {
	code    int
	message string
}

func (e *statusError) Error() string { return e.message }

func (c *Client) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}

	req.Header.Set("Accept", "application/json")

	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read

	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}

	if resp.StatusCode >= http.StatusBadRequest {
		var status struct{ Message string }

		if json.Unmarshal(data, &status) != nil || status.Message == "" {
			status.Message = resp.Status
		}

		return nil, &statusError{resp.StatusCode, status.Message}
	}

	return data, nil
}

// Get reads an object or a list into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	data, err := c.do(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}

	return json.Unmarshal(data, out)
}

// Ready says whether the API server is ready.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodGet, "/readyz", "", nil)

	return err
}

// Wait asks until the answer is no error, or time is up.
func Wait(ctx context.Context, what string, ask func(ctx context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}

		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
