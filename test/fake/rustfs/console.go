package rustfs

import (
	"io"
	"net/http"
	"strings"
)

// consolePage stands for the browser application.
const consolePage = "<!doctype html><title>RustFS</title><p>RustFS console stand-in</p>\n"

// console answers the unauthenticated routes that only the console port has:
// /rustfs/console/{version,license,health} and a tiny page.
func (s *Server) console(c *call) bool {
	if c.path != "/favicon.ico" && !strings.HasPrefix(c.path, "/rustfs/console/") {
		return false
	}
	switch c.path {
	case "/rustfs/console/version":
		c.json(http.StatusOK, struct {
			Version     string `json:"version"`
			VersionInfo string `json:"version_info"`
			Date        string `json:"date"`
		}{s.opts.Version, "RELEASE.@" + s.opts.Version, ""})
	case "/rustfs/console/license":
		c.json(http.StatusOK, map[string]bool{"licensed": false})
	case "/rustfs/console/health":
		c.json(http.StatusOK, healthBody{
			Status: "ok", Service: "rustfs-console", Version: s.opts.Version,
			Timestamp: c.now().UTC().Format(healthTime), Uptime: c.now().Unix(),
		})
	case "/rustfs/console/", "/rustfs/console/index.html":
		c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(c.w, consolePage)
	default:
		c.w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(c.w, " 404 Not Found \n RustFS ")
	}
	return true
}
