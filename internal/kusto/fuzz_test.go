package kusto

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// corpus reads the seeds of a fuzz target: a list of arguments for each.
func corpus(f *testing.F, name string) [][]string {
	f.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "corpus", name+".json"))
	if err != nil {
		f.Fatal(err)
	}
	var seeds [][]string
	if err = json.Unmarshal(data, &seeds); err != nil {
		f.Fatal(err)
	}
	return seeds
}

func FuzzBlobIdentity(f *testing.F) {
	for _, in := range corpus(f, "blob_identity") {
		f.Add(in[0])
	}
	f.Fuzz(func(t *testing.T, raw string) {
		HasCredential(raw)
		SASExpiry(raw)
		id, err := BlobIdentity(raw)
		if err != nil {
			return
		}
		again, err := BlobIdentity(id)
		if err != nil || again != id {
			t.Fatalf("identity %q of %q has the identity %q, %v", id, raw, again, err)
		}
		if kind := SecretKind(id); kind != "" {
			t.Fatalf("identity %q of %q carries a secret: %s", id, raw, kind)
		}
		if !utf8.ValidString(id) {
			t.Fatalf("identity %q is not text", id)
		}
		if HasCredential(raw) || strings.ContainsAny(raw, "?#;") {
			return
		}
		if with, err := BlobIdentity(WithSAS(raw, testSAS)); err != nil || with != id {
			t.Fatalf("with a SAS %q has the identity %q, %v, without %q", raw, with, err, id)
		}
	})
}

func FuzzRedact(f *testing.F) {
	for _, in := range corpus(f, "redact") {
		f.Add(in[0], in[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		// A secret in a URL of its own must go, whatever stands around it.
		const secret = "Zq7Zq7Zq7Zq7Zq7"
		for _, form := range []string{" https://h/f?sig=" + secret + " ", " https://h/f;" + secret + " ", " sig=" + secret + " "} {
			text := before + form + after
			got := Redact(text)
			if strings.Contains(got, secret) {
				t.Fatalf("Redact(%q) = %q", text, got)
			}
			if again := Redact(got); again != got {
				t.Fatalf("Redact(%q) = %q, and again %q", text, got, again)
			}
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	for _, in := range corpus(f, "status") {
		f.Add([]byte(in[0]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseStatus(data)
		if err != nil {
			return
		}
		c := s.Counters
		if c.Succeeded < 0 || c.Failed < 0 || c.InProgress < 0 || c.Canceled < 0 || c.Other < 0 {
			t.Fatalf("negative counters %+v", c)
		}
		if c == (Counters{}) && s.Complete(1) {
			t.Fatal("complete by zero counters")
		}
		for _, d := range s.Details {
			if strings.Contains(d.URL, "sig=") && !strings.Contains(d.URL, "sig="+redacted) && SecretKind(d.URL) != "" {
				t.Fatalf("a secret in %q", d.URL)
			}
			if Redact(d.Details) != d.Details {
				t.Fatalf("not redacted: %q", d.Details)
			}
			if s.Settled(1) && !d.Terminal() {
				t.Fatalf("settled with %+v", d)
			}
		}
	})
}

func FuzzErrorBody(f *testing.F) {
	for _, in := range corpus(f, "error_body") {
		f.Add([]byte(in[0]), in[1])
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		e := &Error{}
		e.describe(body, contentType)
		for _, text := range []string{e.Message, e.Code, e.ActivityID} {
			if len(text) > maxMessage+len(" …") || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\x1b") {
				t.Fatalf("not one readable line: %q", text)
			}
		}
		if Redact(e.Message) != e.Message {
			t.Fatalf("not redacted: %q", e.Message)
		}
	})
}

func FuzzParseEndpoint(f *testing.F) {
	for _, in := range corpus(f, "endpoint") {
		f.Add(in[0])
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseEndpoint(raw)
		if err != nil {
			return
		}
		if u.Scheme != "https" && !loopback(u.Hostname()) || u.User != nil || u.Path != "" || u.RawQuery != "" {
			t.Fatalf("ParseEndpoint(%q) = %s", raw, u)
		}
		again, err := ParseEndpoint(u.String())
		if err != nil || again.String() != u.String() {
			t.Fatalf("%s becomes %v, %v", u, again, err)
		}
	})
}
