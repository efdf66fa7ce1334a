package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestAccSecrets_areInNoLogAndNoOutput(t *testing.T) {
	t.Parallel()
	const token = "t0ken-of-the-test"
	server := kustotest.NewServer(t, kustotest.WithToken(token))
	good, sas := server.PutPrivateBlob("seed", "good.csv", []byte("1,a\n"))
	inURL := server.SAS("seed")
	bad, _ := server.PutPrivateBlob("seed", "bad.csv", []byte("1,a\n"))
	server.Outcome(bad, kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden", FailureStatus: "Permanent",
		Details: "cannot read " + bad + "?" + inURL + " with AccountKey=a2V5LW9mLXRoZS1hY2NvdW50LWtleS1vZi10aGUtYWNjb3VudA=="})
	config := strings.Replace(seed{
		blobs: []string{blobAt(good), blobAt(bad + "?" + inURL)},
		more:  waits + "\n  sas_token = " + `"` + sas + `"`,
	}.in(server), `"token-of-the-test"`, `"`+token+`"`, 1)
	w := newWorkspace(t, config)
	log := filepath.Join(w.folder, "provider.log")
	var text strings.Builder
	for _, arguments := range [][]string{{"plan", "-no-color"}, {"apply", "-auto-approve", "-no-color"}, {"plan", "-no-color"}} {
		// The log of the CLI itself is not the provider's to keep clean.
		r := w.start([]string{"TF_LOG_PROVIDER=TRACE", "TF_LOG_PATH=" + log}, arguments...)
		if code := r.end(); code != 0 {
			t.Fatalf("%v: exit code %d\n%s", arguments, code, r.output.String())
		}
		text.WriteString(r.output.String())
	}
	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Chose the credential", `credential="access token"`} {
		if !strings.Contains(string(logged), line) {
			t.Errorf("%q is not in the log", line)
		}
	}
	checkAbsent(t, "the output", text.String(), token, signatureOf(sas), "a2V5LW9mLXRoZS1hY2NvdW50")
	// A plan shows a URL as the configuration has it; a warning says so. The log never does.
	checkAbsent(t, "the log", string(logged), token, signatureOf(sas), signatureOf(inURL), "a2V5LW9mLXRoZS1hY2NvdW50")
	if state := mustReadFile(t, filepath.Join(w.folder, "terraform.tfstate")); strings.Contains(state, signatureOf(sas)) || strings.Contains(state, token) {
		t.Error("the state has sas_token or the access token")
	}
}

func checkAbsent(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if secret == "" {
			t.Fatal("there is no secret to look for")
		}
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is in %s: …%s…", secret, where, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

func signatureOf(sas string) string {
	_, after, _ := strings.Cut(sas, "sig=")
	signature, _, _ := strings.Cut(after, "&")
	return signature
}

func mustReadFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
