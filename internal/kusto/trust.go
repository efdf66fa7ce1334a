package kusto

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	trustedEndpoints "github.com/Azure/azure-kusto-go/azkustodata/trusted_endpoints"
)

// knownLogins are the login endpoints of the clouds in the published list of trusted hosts. The list itself is not
// readable from outside of its package, so a test checks that each of these has hosts there.
var knownLogins = []string{
	"https://login.microsoftonline.com",
	"https://login.microsoftonline.us",
	"https://login.partner.microsoftonline.cn",
	"https://login.microsoftonline.eaglex.ic.gov",
	"https://login.microsoftonline.microsoft.scloud",
	"https://login.sovcloud-identity.fr",
	"https://login.sovcloud-identity.de",
	"https://login.sovcloud-identity.sg",
}

// Trusted reports whether a token issued by loginEndpoint may be sent to host, which is a bare host name without port.
// It may when the host is in the list that Microsoft publishes for that login endpoint (https://aka.ms/kustotrustedendpoints),
// or in extra; see [CheckTrustedHost] for its entries. Loopback is not trusted unless extra has it: another program of
// the same machine may listen there.
func Trusted(host, loginEndpoint string, extra []string) bool {
	host = strings.ToLower(host)
	if checkHost(host) != nil {
		return false
	}
	if slices.ContainsFunc(extra, func(entry string) bool { return matchesEntry(host, entry) }) {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil || loopback(host) {
		// The published list trusts every loopback address, and what merely looks like one.
		return false
	}
	loginEndpoint = canonicalLogin(loginEndpoint)
	if !slices.Contains(knownLogins, loginEndpoint) {
		return false
	}
	return trustedEndpoints.Instance.ValidateTrustedEndpoint("https://"+host, loginEndpoint) == nil
}

// trustedAnywhere reports whether host is trusted under some login endpoint. It is the question before the cluster's
// own login endpoint is known, and the only one for a token that the user gave.
func trustedAnywhere(host string, extra []string) bool {
	return slices.ContainsFunc(knownLogins, func(login string) bool { return Trusted(host, login, extra) })
}

func canonicalLogin(endpoint string) string {
	return strings.TrimSuffix(strings.ToLower(endpoint), "/")
}

// trustedLogin reports whether credentials may be sent to a login endpoint that a cluster named: one of the known
// ones, or an https endpoint whose exact host name the user listed (private clouds).
func trustedLogin(endpoint string, extra []string) bool {
	if slices.Contains(knownLogins, canonicalLogin(endpoint)) {
		return true
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return checkHost(host) == nil && slices.ContainsFunc(extra, func(entry string) bool {
		return !isSuffixEntry(entry) && matchesEntry(host, entry)
	})
}

func isSuffixEntry(entry string) bool {
	return strings.HasPrefix(entry, ".") || strings.HasPrefix(entry, "*.")
}

// matchesEntry reports whether a valid lower-case host matches an entry of the trusted hosts.
func matchesEntry(host, entry string) bool {
	if CheckTrustedHost(entry) != nil {
		return false
	}
	entry = strings.ToLower(strings.TrimSpace(entry))
	if isSuffixEntry(entry) {
		_, err := netip.ParseAddr(host)
		return err != nil && strings.HasSuffix(host, strings.TrimPrefix(entry, "*"))
	}
	if a, err := netip.ParseAddr(unbracket(entry)); err == nil {
		b, err := netip.ParseAddr(host)
		return err == nil && a == b
	}
	return host == entry
}

// CheckTrustedHost returns an error unless entry is an exact host name or IP address without a port, or a suffix of at
// least two labels that begins with "." or "*.". URLs are refused, since their path and scheme would be ignored.
func CheckTrustedHost(entry string) error {
	name := strings.TrimSpace(entry)
	switch {
	case name == "":
		return errors.New("a trusted host is empty")
	case strings.Contains(name, "://") || strings.ContainsAny(name, "/?#@"):
		return fmt.Errorf("the trusted host %q is a URL: write the host name alone", Redact(name))
	}
	if isSuffixEntry(name) {
		name = strings.TrimPrefix(strings.TrimPrefix(name, "*"), ".")
		if !strings.Contains(name, ".") {
			return fmt.Errorf("the trusted host %q covers a whole top-level domain", entry)
		}
		if _, err := netip.ParseAddr(name); err == nil {
			return fmt.Errorf("the trusted host %q is a suffix of an IP address", entry)
		}
	}
	if err := checkHost(unbracket(name)); err != nil {
		return fmt.Errorf("the trusted host %q is not valid: %w", entry, err)
	}
	return nil
}

func unbracket(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
