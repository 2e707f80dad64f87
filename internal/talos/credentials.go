package talos

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/role"
)

// Credentials are what can be known of a client without asking anybody.
type Credentials struct {
	// Roles are the certificate's organizations, such as "os:admin".
	Roles []string
	// NotBefore and NotAfter are when the certificate begins and ceases to be
	// valid; zero without a certificate.
	NotBefore, NotAfter time.Time
	// Omni is true when the context signs its requests for Omni
	// (auth.siderov1) instead of presenting a certificate.
	Omni bool
}

// Admin says whether the roles allow a restore: EtcdRecover and Bootstrap
// need os:admin and nothing less.
func (c Credentials) Admin() bool { return slices.Contains(c.Roles, string(role.Admin)) }

func credentials(ctx *clientconfig.Context) (Credentials, error) {
	c := Credentials{Omni: ctx.Auth.SideroV1 != nil}
	if ctx.Crt == "" {
		return c, nil
	}
	text, err := base64.StdEncoding.DecodeString(ctx.Crt)
	if err != nil {
		return c, errors.New("the client certificate is not base64")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return c, errors.New("the client certificate is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return c, errors.New("the client certificate cannot be read")
	}
	for _, name := range cert.Subject.Organization {
		if name = strings.TrimSpace(name); name != "" {
			c.Roles = append(c.Roles, name)
		}
	}
	slices.Sort(c.Roles)
	c.NotBefore, c.NotAfter = cert.NotBefore, cert.NotAfter
	return c, nil
}
