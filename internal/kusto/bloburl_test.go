package kusto

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	testKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	testSAS = "sv=2024-08-04&ss=b&srt=o&sp=r&se=2030-01-02T03:04:05Z&st=2024-01-01T00:00:00Z&spr=https&sig=Zm9v%2Bbar%2F%3D"
)

func TestBlobIdentity(t *testing.T) {
	t.Parallel()
	const plainBlob = "https://acct.blob.core.windows.net/c/f.csv.gz"
	tests := map[string]struct{ raw, want string }{
		"plain":                        {plainBlob, plainBlob},
		"scheme and host case":         {"HTTPS://Acct.Blob.Core.Windows.Net/c/f.csv.gz", plainBlob},
		"path keeps its case":          {"https://acct.blob.core.windows.net/C/F.csv", "https://acct.blob.core.windows.net/C/F.csv"},
		"default port":                 {"https://acct.blob.core.windows.net:443/c/f.csv.gz", plainBlob},
		"other port":                   {"https://web.example:8443/f", "https://web.example:8443/f"},
		"default port of http":         {"http://127.0.0.1:80/f", "http://127.0.0.1/f"},
		"SAS":                          {plainBlob + "?" + testSAS, plainBlob},
		"SAS with a hidden name":       {plainBlob + "?s%69g=abc&sv=1", plainBlob},
		"account key":                  {plainBlob + ";" + testKey, plainBlob},
		"shared key":                   {plainBlob + ";sharedkey=" + testKey, plainBlob},
		"token":                        {plainBlob + ";token=eyJhbGciOi.J9.abc", plainBlob},
		"managed identity":             {plainBlob + ";managed_identity=system", plainBlob},
		"impersonate":                  {plainBlob + ";impersonate", plainBlob},
		"SAS then a suffix":            {plainBlob + "?" + testSAS + ";managed_identity=system", plainBlob},
		"AWS credentials":              {"https://b.s3.eu-west-1.amazonaws.com/k/f.csv;AwsCredentials=AKIA,se/cr+et=", "https://b.s3.eu-west-1.amazonaws.com/k/f.csv"},
		"presigned":                    {"https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=1&X-Amz-Date=2&versionId=3", "https://b.s3.eu-west-1.amazonaws.com/k?versionid=3"},
		"snapshot stays":               {plainBlob + "?snapshot=2024-01-01T00:00:00Z&" + testSAS, plainBlob + "?snapshot=2024-01-01T00%3A00%3A00Z"},
		"snapshot in another spelling": {plainBlob + "?snapshot=2024-01-01T00%3a00%3a00Z", plainBlob + "?snapshot=2024-01-01T00%3A00%3A00Z"},
		"version with a suffix":        {plainBlob + "?versionid=7;managed_identity=system", plainBlob + "?versionid=7"},
		"abfss":                        {"abfss://fs@acct.dfs.core.windows.net/d/f.csv", "https://acct.dfs.core.windows.net/fs/d/f.csv"},
		"abfss with a key":             {"abfss://fs@acct.dfs.core.windows.net/d/f.csv;sharedkey=" + testKey, "https://acct.dfs.core.windows.net/fs/d/f.csv"},
		"OneLake":                      {"abfss://ws@onelake.dfs.fabric.microsoft.com/item/f.csv;impersonate", "https://onelake.dfs.fabric.microsoft.com/ws/item/f.csv"},
		"decoded once":                 {"https://acct.blob.core.windows.net/c/a%20b%2Fc", "https://acct.blob.core.windows.net/c/a b/c"},
		"encoded percent stays":        {"https://acct.blob.core.windows.net/c/a%2520b", "https://acct.blob.core.windows.net/c/a%2520b"},
		"encoded delimiters stay":      {"https://acct.blob.core.windows.net/c/a%3fb%23c%3bd", "https://acct.blob.core.windows.net/c/a%3Fb%23c%3Bd"},
		"invisible octets stay":        {"https://acct.blob.core.windows.net/c/a%0ab%ff%e2%80%8b", "https://acct.blob.core.windows.net/c/a%0Ab%FF%E2%80%8B"},
		"letters beyond ASCII":         {"https://acct.blob.core.windows.net/c/%C3%BCber", "https://acct.blob.core.windows.net/c/über"},
		"web query stays in order":     {"https://web.example/get?b=2&a=1&b=3", "https://web.example/get?b=2&a=1&b=3"},
		"web query that looks SAS":     {"https://web.example/get?sr=1&se=2", "https://web.example/get?sr=1&se=2"},
		"web host with a real SAS":     {"http://127.0.0.1:10000/acct/c/f?id=1&" + testSAS, "http://127.0.0.1:10000/acct/c/f?id=1"},
		"web host with a suffix":       {"https://web.example/get?a=1;managed_identity=system", "https://web.example/get?a=1"},
		"web host with a bare key":     {"https://web.example/get?a=1;" + testKey, "https://web.example/get?a=1"},
		"web query with a semicolon":   {"https://web.example/get?a=1;b=2", "https://web.example/get?a=1;b=2"},
		"web encoded slash stays":      {"https://web.example/a%2fb%20c", "https://web.example/a%2Fb c"},
		"IPv6":                         {"https://[::1]:443/f", "https://[::1]/f"},
		"IPv6 with a port":             {"http://[::1]:8080/f", "http://[::1]:8080/f"},
		"port with zeros":              {"https://web.example:08443/f", "https://web.example:8443/f"},
		"empty port":                   {"https://web.example:/f", "https://web.example/f"},
		"fragment":                     {plainBlob + "#top", plainBlob},
		"no path":                      {"https://web.example", "https://web.example/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := BlobIdentity(tt.raw)
			if err != nil || got != tt.want {
				t.Errorf("BlobIdentity(%q) = %q, %v, want %q", tt.raw, got, err, tt.want)
			}
			again, err := BlobIdentity(got)
			if err != nil || again != got {
				t.Errorf("the identity of the identity is %q, %v", again, err)
			}
		})
	}
}

func TestBlobIdentity_refuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "c/f.csv", "/c/f.csv", "ftp://h/f", "s3://b/k", "file:///etc/passwd", "https://", "https:///c/f", "https://:443/f",
		"https://user:pw@h/f", "abfss://acct.dfs.core.windows.net/f", "https://h ost/f", "javascript://h/f",
		"https://h:x/f", "https://h::/f", "https://h:70000/f", "https://[::1/f", "https://[x]/f", "https://[::1]x/f",
	} {
		if got, err := BlobIdentity(raw); err == nil {
			t.Errorf("BlobIdentity(%q) = %q, want an error", raw, got)
		} else if strings.Contains(err.Error(), "pw") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

func TestBlobIdentity_neverCollides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		octets := rapid.SliceOfN(rapid.SampledFrom([]byte("aA/%?#; \n\xff\xc3\xbc=&+1")), 1, 8)
		a, b := octets.Draw(t, "a"), octets.Draw(t, "b")
		encode := func(name []byte) string {
			var s strings.Builder
			for _, c := range name {
				s.WriteByte('%')
				s.WriteByte(upperHex[c>>4])
				s.WriteByte(upperHex[c&15])
			}
			return "https://acct.blob.core.windows.net/c/" + s.String()
		}
		idA, errA := BlobIdentity(encode(a))
		idB, errB := BlobIdentity(encode(b) + "?" + testSAS)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if (idA == idB) != (string(a) == string(b)) {
			t.Fatalf("blobs %q and %q have the identities %q and %q", a, b, idA, idB)
		}
	})
}

func TestSecretKind_andHasCredential(t *testing.T) {
	t.Parallel()
	const blob = "https://acct.blob.core.windows.net/c/f.csv"
	tests := map[string]struct {
		raw, kind  string
		credential bool
	}{
		"plain":                {blob, "", false},
		"snapshot":             {blob + "?snapshot=1", "", false},
		"SAS":                  {blob + "?" + testSAS, "SAS", true},
		"bare key":             {blob + ";" + testKey, "account key", true},
		"key beginning with =": {blob + ";=abc", "account key", true},
		"shared key":           {blob + ";SharedKey=" + testKey, "account key", true},
		"token":                {blob + ";token=abc", "token", true},
		"AWS":                  {"https://b.s3.eu-west-1.amazonaws.com/k;AwsCredentials=a,b", "AWS credentials", true},
		"presigned":            {"https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=1", "presigned URL", true},
		"presigned, old":       {"https://b.s3.eu-west-1.amazonaws.com/k?AWSAccessKeyId=1&Expires=2&Signature=3", "presigned URL", true},
		"managed identity":     {blob + ";managed_identity=system", "", true},
		"impersonate":          {blob + ";impersonate", "", true},
		"identity and token":   {blob + ";managed_identity=system;token=abc", "token", true},
		"semicolon alone":      {blob + ";", "", false},
		"not a URL":            {"sig=abc", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SecretKind(tt.raw); got != tt.kind {
				t.Errorf("SecretKind = %q, want %q", got, tt.kind)
			}
			if got := HasCredential(tt.raw); got != tt.credential {
				t.Errorf("HasCredential = %t, want %t", got, tt.credential)
			}
		})
	}
}

func TestWithSAS(t *testing.T) {
	t.Parallel()
	const blob = "https://acct.blob.core.windows.net/c/f.csv"
	tests := map[string]struct{ raw, sas, want string }{
		"appended":                 {blob, "sv=1&sig=2", blob + "?sv=1&sig=2"},
		"with its question mark":   {blob, "?sv=1&sig=2", blob + "?sv=1&sig=2"},
		"empty":                    {blob, "", blob},
		"beside a snapshot":        {blob + "?snapshot=1", "sv=1&sig=2", blob + "?snapshot=1&sv=1&sig=2"},
		"empty query":              {blob + "?", "sv=1&sig=2", blob + "?sv=1&sig=2"},
		"before a fragment":        {blob + "#x", "sv=1&sig=2", blob + "?sv=1&sig=2"},
		"has a SAS":                {blob + "?" + testSAS, "sv=1&sig=2", blob + "?" + testSAS},
		"has a managed identity":   {blob + ";managed_identity=system", "sv=1&sig=2", blob + ";managed_identity=system"},
		"S3 is not told":           {"https://b.s3.eu-west-1.amazonaws.com/k", "sv=1&sig=2", "https://b.s3.eu-west-1.amazonaws.com/k"},
		"not a URL stays as it is": {"f.csv", "sv=1&sig=2", "f.csv"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := WithSAS(tt.raw, tt.sas); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSASExpiry(t *testing.T) {
	t.Parallel()
	day := time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		raw  string
		want time.Time
		ok   bool
	}{
		"seconds":        {"https://h/c/f?se=2030-01-02T03:04:05Z&sig=x", day.Add(3*time.Hour + 4*time.Minute + 5*time.Second), true},
		"encoded":        {"https://h/c/f?se=2030-01-02T03%3A04%3A05Z&sig=x", day.Add(3*time.Hour + 4*time.Minute + 5*time.Second), true},
		"minutes":        {"https://h/c/f?sig=x&se=2030-01-02T03:04Z", day.Add(3*time.Hour + 4*time.Minute), true},
		"date":           {"https://h/c/f?sig=x&se=2030-01-02", day, true},
		"token alone":    {"?sig=x&se=2030-01-02", day, true},
		"no SAS":         {"https://h/c/f?se=2030-01-02", time.Time{}, false},
		"stored policy":  {"https://h/c/f?si=policy&sig=x", time.Time{}, false},
		"not a time":     {"https://h/c/f?sig=x&se=soon", time.Time{}, false},
		"broken escapes": {"https://h/c/f?sig=x&se=%zz", time.Time{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := SASExpiry(tt.raw)
			if ok != tt.ok || !got.Equal(tt.want) {
				t.Errorf("got %v, %t, want %v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}
