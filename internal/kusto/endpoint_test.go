package kusto

import (
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ raw, want string }{
		"cluster":           {"https://help.westeurope.kusto.windows.net", "https://ingest-help.westeurope.kusto.windows.net"},
		"ingestion URI":     {"https://ingest-help.westeurope.kusto.windows.net", "https://ingest-help.westeurope.kusto.windows.net"},
		"upper case":        {"HTTPS://Help.Kusto.Windows.NET/", "https://ingest-help.kusto.windows.net"},
		"upper-case label":  {"https://INGEST-help.kusto.windows.net", "https://ingest-help.kusto.windows.net"},
		"port":              {"https://help.kusto.windows.net:443/", "https://ingest-help.kusto.windows.net:443"},
		"Fabric":            {"https://trd-abc.z0.kusto.fabric.microsoft.com", "https://ingest-trd-abc.z0.kusto.fabric.microsoft.com"},
		"Fabric ingestion":  {"https://ingest-trd-abc.z0.kusto.data.microsoft.com", "https://ingest-trd-abc.z0.kusto.data.microsoft.com"},
		"label elsewhere":   {"https://help.ingest-west.kusto.windows.net", "https://ingest-help.ingest-west.kusto.windows.net"},
		"label inside":      {"https://my-ingest-help.kusto.windows.net", "https://ingest-my-ingest-help.kusto.windows.net"},
		"development host":  {"https://onebox.dev.kusto.windows.net:444", "https://onebox.dev.kusto.windows.net:444"},
		"localhost":         {"http://localhost:8080", "http://localhost:8080"},
		"loopback":          {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		"other loopback":    {"http://127.3.2.1", "http://127.3.2.1"},
		"IPv6 loopback":     {"http://[::1]:8080", "http://[::1]:8080"},
		"mapped loopback":   {"http://[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80"},
		"IPv4 over https":   {"https://10.0.0.4", "https://10.0.0.4"},
		"IPv6 over https":   {"https://[2001:db8::1]", "https://[2001:db8::1]"},
		"localhost in name": {"https://localhost.example", "https://ingest-localhost.example"},
		"white space":       {" https://help.kusto.windows.net\n", "https://ingest-help.kusto.windows.net"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := ParseEndpoint(tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			if u.String() != tt.want {
				t.Errorf("got %s, want %s", u, tt.want)
			}
			again, err := ParseEndpoint(u.String())
			if err != nil || again.String() != tt.want {
				t.Errorf("not the same again: %v, %v", again, err)
			}
		})
	}
}

func TestParseEndpoint_refuses(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":              "",
		"no scheme":          "help.kusto.windows.net",
		"port but no scheme": "help.kusto.windows.net:443",
		"other scheme":       "ftp://help.kusto.windows.net",
		"opaque":             "https:help.kusto.windows.net",
		"no host":            "https:///",
		"user":               "https://hunter2@help.kusto.windows.net",
		"password":           "https://user:hunter2@help.kusto.windows.net",
		"path":               "https://help.kusto.windows.net/Samples",
		"query":              "https://help.kusto.windows.net?web=0",
		"empty query":        "https://help.kusto.windows.net?",
		"fragment":           "https://help.kusto.windows.net#a",
		"http":               "http://help.kusto.windows.net",
		"http, any address":  "http://0.0.0.0:8080",
		"http, private":      "http://192.168.0.1",
		"http, subdomain":    "http://kusto.localhost:8080",
		"http, look-alike":   "http://127.0.0.1.evil.example",
		"trailing dot":       "https://help.kusto.windows.net.",
		"empty label":        "https://help..kusto.windows.net",
		"leading dot":        "https://.kusto.windows.net",
		"short address":      "http://127.1",
		"number":             "http://2130706433",
		"hexadecimal":        "http://0x7f000001",
		"octal":              "http://0177.0.0.1",
		"zone":               "http://[::1%25lo]:80",
		"international":      "https://hélp.kusto.windows.net",
		"escaped host":       "https://evil%2eexample",
		"control character":  "https://help.kusto.windows.net\x00",
		"backslash":          `https://evil.example\.kusto.windows.net`,
		"connection string":  "Data Source=https://help.kusto.windows.net;Fed=True",
		"template":           "https://${var.cluster}.kusto.windows.net",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := ParseEndpoint(raw)
			if err == nil {
				t.Fatalf("ParseEndpoint(%q) = %s, want an error", raw, u)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a password: %v", err)
			}
		})
	}
}
