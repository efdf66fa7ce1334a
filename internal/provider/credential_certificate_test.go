package provider

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The bundles in testdata hold one certificate, valid until 2126, and its key. They were made with "openssl pkcs12 -export -legacy", and the one that is
// called sha256 without -legacy; the two with a password have bundleSecret.

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCredential_certificate(t *testing.T) {
	t.Parallel()
	inline := func(name string) string { return base64.StdEncoding.EncodeToString(testdata(t, name)) }
	for name, b := range map[string]block{
		"base64":                {"client_certificate": inline("client.pfx")},
		"base64 in lines":       {"client_certificate": inline("client.pfx")[:76] + "\n" + inline("client.pfx")[76:]},
		"base64 and a password": {"client_certificate": inline("client-password.pfx"), "client_certificate_password": bundleSecret},
		"a file":                {"client_certificate_path": filepath.Join("testdata", "client.pfx")},
		"a file and a password": {"client_certificate_path": filepath.Join("testdata", "client-password.pfx"), "client_certificate_password": bundleSecret},
		"both, the same":        {"client_certificate_path": filepath.Join("testdata", "client.pfx"), "client_certificate": inline("client.pfx")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority()
			client := clientOf(t.Context(), t, theClient(b), variablesOf(nil), withTransport(a.start(t)))
			if _, err := client.Configuration(t.Context()); err != nil {
				t.Fatal(err)
			}
			requests := a.tokenRequests()
			if len(requests) != 1 {
				t.Fatalf("%d requests", len(requests))
			}
			checkSigned(t, requests[0].Form.Get("client_assertion"))
		})
	}
}

// checkSigned checks that an assertion is the client's, meant for the authority, and signed with the key of the certificate that it names.
func checkSigned(t *testing.T, assertion string) {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("an assertion of %d parts", len(parts))
	}
	var header struct {
		Algorithm string   `json:"alg"`
		Chain     [][]byte `json:"x5c"`
	}
	var claims struct{ Iss, Sub, Aud string }
	raw := make([][]byte, 3)
	for i := range raw {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(raw[0], &header); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Iss != "the-client" || claims.Sub != "the-client" || !strings.HasPrefix(claims.Aud, "https://"+publicLogin+"/the-tenant/") {
		t.Errorf("claims %+v", claims)
	}
	if header.Algorithm != "PS256" || len(header.Chain) == 0 {
		t.Fatalf("algorithm %s, %d certificates", header.Algorithm, len(header.Chain))
	}
	certificate, err := x509.ParseCertificate(header.Chain[0])
	if err != nil {
		t.Fatal(err)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok || certificate.Subject.CommonName != "client of the tests" {
		t.Fatalf("the certificate of %s", certificate.Subject)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPSS(key, crypto.SHA256, digest[:], raw[2], nil); err != nil {
		t.Error(err)
	}
}
