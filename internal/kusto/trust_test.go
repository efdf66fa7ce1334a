package kusto

import (
	"testing"
)

const publicLogin = "https://login.microsoftonline.com"

func TestTrusted_knownClouds(t *testing.T) {
	t.Parallel()
	hosts := map[string]string{
		"https://login.microsoftonline.com":              "ingest-help.westeurope.kusto.windows.net",
		"https://login.microsoftonline.us":               "ingest-help.kusto.usgovcloudapi.net",
		"https://login.partner.microsoftonline.cn":       "ingest-help.kusto.chinacloudapi.cn",
		"https://login.microsoftonline.eaglex.ic.gov":    "ingest-help.kusto.core.eaglex.ic.gov",
		"https://login.microsoftonline.microsoft.scloud": "ingest-help.kusto.core.microsoft.scloud",
		"https://login.sovcloud-identity.fr":             "ingest-help.kusto.sovcloud-api.fr",
		"https://login.sovcloud-identity.de":             "ingest-help.kusto.sovcloud-api.de",
		"https://login.sovcloud-identity.sg":             "ingest-help.kusto.sovcloud-api.sg",
	}
	if len(hosts) != len(knownLogins) {
		t.Errorf("%d known login endpoints, %d of them tested", len(knownLogins), len(hosts))
	}
	for _, login := range knownLogins {
		for other, host := range hosts {
			if got := Trusted(host, login, nil); got != (login == other) {
				t.Errorf("Trusted(%q, %q) = %t", host, login, got)
			}
		}
		if !trustedAnywhere(hosts[login], nil) {
			t.Errorf("%s is trusted nowhere", hosts[login])
		}
	}
}

func TestTrusted_spellings(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"HELP.KUSTO.WINDOWS.NET", "ingest-trd-abc.z0.kusto.fabric.microsoft.com", "trd-abc.z9.kusto.data.microsoft.com",
		"ade.loganalytics.io", "a.b.c.kusto.windows.net", "xn--hlp-bma.kusto.windows.net",
	} {
		if !Trusted(host, publicLogin, nil) || !Trusted(host, "HTTPS://LOGIN.microsoftonline.com/", nil) {
			t.Errorf("%s is not trusted", host)
		}
	}
}

func TestTrusted_refuses(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{
		"look-alike":             "evilkusto.windows.net",
		"suffix in the middle":   "help.kusto.windows.net.evil.example",
		"bare suffix":            "kusto.windows.net",
		"empty label":            ".kusto.windows.net",
		"dashes":                 "help-kusto-windows.net",
		"other top level":        "help.kusto.windows.com",
		"trailing dot":           "help.kusto.windows.net.",
		"user info":              "user@help.kusto.windows.net",
		"user info after":        "help.kusto.windows.net@evil.example",
		"port":                   "help.kusto.windows.net:443",
		"URL":                    "https://help.kusto.windows.net",
		"path":                   "help.kusto.windows.net/",
		"path before":            "evil.example/.kusto.windows.net",
		"query before":           "evil.example?.kusto.windows.net",
		"fragment before":        "evil.example#.kusto.windows.net",
		"backslash before":       `evil.example\.kusto.windows.net`,
		"percent":                "evil.example%2f.kusto.windows.net",
		"white space":            "help.kusto.windows.net ",
		"line break":             "help.kusto.windows.net\n",
		"NUL":                    "evil.example\x00.kusto.windows.net",
		"Cyrillic letter":        "help.kusto.wind\u043ews.net",
		"Cyrillic in punycode":   "help.kusto.xn--windws-n2f.net",
		"full stop of another":   "evil\u3002kusto.windows.net",
		"IPv4":                   "10.0.0.1",
		"IPv6":                   "2001:db8::1",
		"IPv6 zone":              "2001:db8::1%25.kusto.windows.net",
		"IPv6 zone, bare":        "::1%.kusto.windows.net",
		"bracketed":              "[::1]",
		"loopback":               "127.0.0.1",
		"loopback, IPv6":         "::1",
		"localhost":              "localhost",
		"loopback look-alike":    "127.0.0.1.2",
		"exact host's subdomain": "cluster.ade.loganalytics.io",
		"exact host's look-alik": "xade.loganalytics.io",
		"other cloud":            "help.kusto.usgovcloudapi.net",
		"storage":                "acct.blob.core.windows.net",
		"empty":                  "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if Trusted(host, publicLogin, nil) {
				t.Errorf("%q is trusted", host)
			}
			if Trusted(host, publicLogin, []string{"https://" + host, "", "*", ".", "*.", ".net", "*.com", "*.*", "*.example/"}) {
				t.Errorf("%q is trusted through entries that are no hosts", host)
			}
		})
	}
	for _, login := range []string{"", "https://login.microsoftonline.com.evil.example", "http://login.microsoftonline.com",
		"https://login.microsoftonline.com/tenant", "https://login.microsoftonline.com?x", "login.microsoftonline.com", "https://evil.example"} {
		if Trusted("help.kusto.windows.net", login, nil) {
			t.Errorf("trusted under the login endpoint %q", login)
		}
	}
}

func TestTrusted_extraHosts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		host, entry string
		want        bool
	}{
		"exact":                    {"ingest-a.example.com", "ingest-a.example.com", true},
		"exact, case":              {"ingest-a.example.com", "INGEST-A.example.com", true},
		"exact is no suffix":       {"x.a.example.com", "a.example.com", false},
		"suffix":                   {"x.a.example.com", ".a.example.com", true},
		"suffix with a star":       {"x.a.example.com", "*.a.example.com", true},
		"suffix is not itself":     {"a.example.com", ".a.example.com", false},
		"suffix look-alike":        {"xa.example.com", ".a.example.com", false},
		"IPv4":                     {"127.0.0.1", "127.0.0.1", true},
		"IPv4 of another":          {"127.0.0.11", "127.0.0.1", false},
		"IPv6":                     {"::1", "[0:0:0:0:0:0:0:1]", true},
		"suffix of addresses":      {"10.0.0.1", "*.0.0.1", false},
		"trailing dot of the host": {"a.example.com.", "a.example.com", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Trusted(tt.host, publicLogin, []string{tt.entry}); got != tt.want {
				t.Errorf("Trusted(%q) with %q = %t", tt.host, tt.entry, got)
			}
		})
	}
}

func TestCheckTrustedHost(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"a.example.com", ".example.com", "*.example.com", "127.0.0.1", "::1", "[::1]", "emulator"} {
		if err := CheckTrustedHost(entry); err != nil {
			t.Errorf("%q: %v", entry, err)
		}
	}
	for _, entry := range []string{"", " ", "*", ".", "*.", ".com", "*.com", "https://a.example.com", "a.example.com/", "a.example.com:443",
		"user@a.example.com", "a..example.com", "a.example.com.", "*a.example.com", "a.*.example.com", "é.example.com", "::1%lo", "*.10.0.0.1"} {
		if CheckTrustedHost(entry) == nil {
			t.Errorf("%q is accepted", entry)
		}
	}
}

func TestTrustedLogin(t *testing.T) {
	t.Parallel()
	extra := []string{"login.private.example", ".suffix.example"}
	for login, want := range map[string]bool{
		publicLogin:                        true,
		publicLogin + "/":                  true,
		"https://login.microsoftonline.us": true,
		"https://login.private.example":    true,
		"https://login.private.example:44": true,
		"http://login.private.example":     false,
		"https://a.suffix.example":         false, // a suffix says which clusters may have tokens, not who issues them
		"https://login.private.example/t":  false,
		"https://x@login.private.example":  false,
		"https://evil.example":             false,
		"":                                 false,
	} {
		if got := trustedLogin(login, extra); got != want {
			t.Errorf("trustedLogin(%q) = %t", login, got)
		}
	}
}
