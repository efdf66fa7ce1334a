package kusto

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ingestLabel begins the host name of a cluster's data ingestion URI.
const ingestLabel = "ingest-"

// ParseEndpoint reads a cluster URI or a data ingestion URI and returns the data ingestion URI. The "ingest-" label is
// added to the host when it is missing, except for IP addresses, localhost and the service's own development host,
// which have one endpoint for everything. Plain http is for loopback alone. A user name, a path other than "/", a
// query or a fragment is an error, as it would be dropped.
func ParseEndpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		// The text of url.Error repeats the input, which may hold a password.
		return nil, errors.New("the cluster URI is not a URI")
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case raw == "":
		return nil, errors.New("the cluster URI is empty")
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return nil, errors.New("the cluster URI has to begin with https://")
	case u.User != nil:
		return nil, errors.New("the cluster URI must not contain a user name or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(strings.TrimSpace(raw), "#"):
		return nil, errors.New("the cluster URI must not have a query or a fragment")
	case u.Path != "" && u.Path != "/":
		return nil, fmt.Errorf("the cluster URI must not have a path; name the database in the resource (found %q)", u.Path)
	}
	if err := checkHost(host); err != nil {
		return nil, fmt.Errorf("the cluster URI's host is not valid: %w", err)
	}
	if u.Scheme == "http" && !loopback(host) {
		return nil, fmt.Errorf("the cluster URI has to begin with https://, as %s is not the local machine", host)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && host != "onebox.dev.kusto.windows.net" && !strings.HasPrefix(host, ingestLabel) {
		host = ingestLabel + host
	}
	return &url.URL{Scheme: u.Scheme, Host: joinPort(host, u.Port())}, nil
}

func joinPort(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return host
}

// checkHost accepts an IP address without a zone, or a host name in ASCII letters, digits, "-" and "_", whose last
// label is no number: resolvers read such names as addresses ("127.1").
func checkHost(host string) error {
	if host == "" {
		return errors.New("it is empty")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return errors.New("an address with a zone")
		}
		return nil
	}
	if len(host) > 253 {
		return errors.New("it is too long")
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" {
			return errors.New("it has an empty label, for instance a dot at the end")
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return fmt.Errorf("it contains %q; write an international name in its xn-- form", r)
			}
		}
	}
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' {
		return errors.New("it ends in a number but is no IP address")
	}
	return nil
}

// loopback reports whether host is the local machine. Names below localhost are not: a resolver may send them anywhere.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback()
}
