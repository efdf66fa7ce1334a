package kusto

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	const blob = "https://acct.blob.core.windows.net/c/f.csv"
	tests := map[string]struct{ text, want string }{
		"harmless":                {"Table 'T' was not found, activity 11111111-2222", "Table 'T' was not found, activity 11111111-2222"},
		"SAS":                     {"Cannot read '" + blob + "?" + testSAS + "'.", "Cannot read '" + blob + "?REDACTED'."},
		"end of a sentence":       {"(" + blob + ").", "(" + blob + ")."},
		"SAS, end of a sentence":  {"see " + blob + "?sig=abc).", "see " + blob + "?REDACTED)."},
		"bearer before a URL":     {"Bearer https://h/f;abc", "Bearer REDACTED;REDACTED"},
		"bearer behind a URL":     {"https://h/f;Bearer abc", "https://h/f;Bearer REDACTED"},
		"name behind a URL":       {"https://h/f;client_secret: \"abc\"", "https://h/f;client_secret: \"REDACTED\""},
		"key that ends in a word": {"https://h/f;abc/sharedkey==", "https://h/f;REDACTED"},
		"two URLs":                {blob + "?sig=a and " + blob + "?sig=b", blob + "?REDACTED and " + blob + "?REDACTED"},
		"list by semicolons":      {blob + ";" + blob + "?sig=b", blob + ";" + blob + "?REDACTED"},
		"account key":             {blob + ";" + testKey + " failed", blob + ";REDACTED failed"},
		"shared key":              {blob + ";sharedkey=" + testKey, blob + ";sharedkey=REDACTED"},
		"token":                   {blob + ";token=abc.def", blob + ";token=REDACTED"},
		"AWS":                     {blob + ";AwsCredentials=AKIA,se/cr+et=", blob + ";AwsCredentials=REDACTED"},
		"managed identity":        {blob + ";managed_identity=system", blob + ";managed_identity=system"},
		"managed identity, id":    {blob + ";managed_identity=11111111-2222-3333-4444-555555555555;impersonate", blob + ";managed_identity=11111111-2222-3333-4444-555555555555;impersonate"},
		"hidden behind identity":  {blob + ";managed_identity=" + testKey, blob + ";managed_identity=REDACTED"},
		"presigned":               {"https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Credential=AKIA", "https://b.s3.eu-west-1.amazonaws.com/k?REDACTED"},
		"abfss":                   {"abfss://fs@acct.dfs.core.windows.net/f;sharedkey=" + testKey, "abfss://fs@acct.dfs.core.windows.net/f;sharedkey=REDACTED"},
		"user info":               {"https://user:hunter2@h/f", "https://REDACTED@h/f"},
		"own status URL":          {"GET https://h/v1/rest?details=true", "GET https://h/v1/rest?details=true"},
		"fragment":                {"https://h/f#access_token=abc", "https://h/f#REDACTED"},
		"connection string":       {"AccountName=a;AccountKey=" + testKey + ";EndpointSuffix=x", "AccountName=a;AccountKey=REDACTED;EndpointSuffix=x"},
		"SAS connection string":   {"BlobEndpoint=x;SharedAccessSignature=sv=1&sig=2", "BlobEndpoint=x;SharedAccessSignature=REDACTED"},
		"bare signature":          {"sv=1&sig=abc%2B", "sv=1&sig=REDACTED"},
		"escaped ampersand":       {`sv=1\u0026sig=abc`, `sv=1\u0026sig=REDACTED`},
		"encoded URL":             {"https%3A%2F%2Fh%2Ff%3Fsv%3D1%26sig%3Dabc%252B", "https%3A%2F%2Fh%2Ff%3Fsv%3D1%26sig%3DREDACTED"},
		"bearer":                  {"Authorization: Bearer abc.def-ghi", "Authorization: Bearer REDACTED"},
		"JWT":                     {"got eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln.", "got REDACTED"},
		"JSON":                    {`{"access_token":"abc","client_secret" : "def"}`, `{"access_token":"REDACTED","client_secret" : "REDACTED"}`},
		"JSON in JSON":            {`{\"access_token\":\"abc\"}`, `{\"access_token\":\"REDACTED\"}`},
		"key alone":               {"key " + testKey + "!", "key REDACTED!"},
		"prose about tokens":      {"Invalid token: the audience is wrong", "Invalid token: the audience is wrong"},
		"client secret in a form": {"client_id=1&client_secret=abc~def&grant_type=x", "client_id=1&client_secret=REDACTED&grant_type=x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Redact(tt.text)
			if got != tt.want {
				t.Errorf("Redact(%q)\n got %q\nwant %q", tt.text, got, tt.want)
			}
			if again := Redact(got); again != got {
				t.Errorf("not the same again: %q", again)
			}
		})
	}
}

// TestRedact_noSecretSurvives puts secrets of every kind into random text.
func TestRedact_noSecretSurvives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const secret = "s3cr3tV4lueXYZ"
		form := rapid.SampledFrom([]string{
			"https://h/c/f?sv=1&sig=%s", "https://h/c/f?a=b&sig=%s&se=1", "https://h/c/f;%s", "https://h/c/f;sharedkey=a/+=%s",
			"https://h/c/f;token=%s", "https://h/c/f;AwsCredentials=id,%s", "https://h/c/f?versionid=1;%s", "abfss://fs@h/f;sharedkey=%s",
			"https://h/f?X-Amz-Security-Token=%s", "Bearer %s", "bearer   %s", "AccountKey=%s", "SharedAccessSignature=sv=1&sig=%s",
			"&sig=%s", "?sig=%s", ";token=%s", "AwsCredentials=a,%s", `"sig":"%s"`, `"refresh_token": "%s"`, "eyJhbGciOiJ.%s.x", "HTTPS://H/F?SIG=%s",
		}).Draw(t, "form")
		noise := rapid.StringOf(rapid.SampledFrom([]rune(" abc;=&?/'\"\n\\<>,.:%Ü(eyJ")))
		before, after := noise.Draw(t, "before"), noise.Draw(t, "after")
		text := before + " " + strings.Replace(form, "%s", secret, 1) + " " + after
		got := Redact(text)
		if strings.Contains(got, secret) {
			t.Fatalf("Redact(%q) = %q", text, got)
		}
		if again := Redact(got); again != got {
			t.Fatalf("Redact(%q) = %q, and again %q", text, got, again)
		}
	})
}
