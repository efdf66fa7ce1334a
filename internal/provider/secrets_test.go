package provider

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// secretURLs are one URL for each kind of secret that the service takes, with what must never be told of it.
var secretURLs = map[string]struct{ url, secret string }{
	"SAS":         {"https://acct.blob.core.windows.net/c/sas.csv?sv=2024-08-04&sp=r&se=2999-01-01&sig=S1gnatureOfTheTest%3D", "S1gnatureOfTheTest"},
	"account key": {"https://acct.blob.core.windows.net/c/key.csv;QWNjb3VudEtleU9mVGhlVGVzdEFjY291bnRLZXlPZlRoZVRlc3Q=", "QWNjb3VudEtleU9mVGhlVGVzd"},
	"shared key":  {"abfss://fs@acct.dfs.core.windows.net/shared.csv;sharedkey=U2hhcmVkS2V5T2ZUaGVUZXN0U2hhcmVkS2V5T2Y=", "U2hhcmVkS2V5T2ZUaGVUZXN0"},
	"token":       {"https://acct.blob.core.windows.net/c/token.csv;token=eyJ0b2tlbk9mVGhlVGVzdA.cGF5bG9hZA.c2ln", "b2tlbk9mVGhlVGVzd"},
	"AWS":         {"https://bucket.s3.eu-west-1.amazonaws.com/aws.csv;AwsCredentials=AKIATESTONLY,awsS3cret/OfThe+Test=", "awsS3cret"},
	"presigned":   {"https://bucket.s3.eu-west-1.amazonaws.com/signed.csv?X-Amz-Credential=AKIATEST&X-Amz-Signature=pr3signedOfTheTest", "pr3signedOfTheTest"},
}

// stamped is the beginning of a log entry. An entry with long values has further lines without it.
var stamped = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\S+ \[`)

// pluginEntries are the entries of the log that come from the provider's process, in which the framework logs too. What the CLI says of its own stands in
// others: it logs the configuration as the user wrote it.
func pluginEntries(log string) string {
	var entries strings.Builder
	ours := false
	for line := range strings.Lines(log) {
		if stamped.MatchString(line) {
			ours = strings.Contains(line, " provider.terraform-provider-kusto")
		}
		if ours {
			entries.WriteString(line)
		}
	}
	return entries.String()
}

// computed is the configuration that prints everything the provider says of its own accord.
const computed = `
output "computed" {
  value = {
    blob_status  = kusto_queued_ingestion.test.blob_status
    failed_blobs = kusto_queued_ingestion.test.failed_blobs
    ids          = kusto_queued_ingestion.test.ingestion_operation_ids
  }
}
`

// Each kind of secret, echoed by the service in a refusal first and in the details of each blob later.
func TestAccSecrets_noKindIsToldAtTrace(t *testing.T) {
	t.Parallel()
	const token, sas = "t0ken-of-the-test", "sv=2024-08-04&sp=r&se=2999-01-01&sig=WriteOnlySignatureOfTheTest"
	server := kustotest.NewServer(t, kustotest.WithToken(token))
	var blobs, echo, secrets []string
	for _, kind := range slices.Sorted(maps.Keys(secretURLs)) {
		s := secretURLs[kind]
		blobs = append(blobs, blobAt(s.url))
		echo, secrets = append(echo, "cannot read '"+s.url+"'"), append(secrets, s.secret)
	}
	plain := server.PutBlob("seed", "plain.csv", []byte("1,a\n"))
	blobs = append(blobs, blobAt(plain))
	all := strings.Join(echo, ", ") + ", Bearer " + token + ", " + plain + "?" + sas
	for _, s := range secretURLs {
		name, _, _ := strings.Cut(s.url, "?")
		name, _, _ = strings.Cut(name, ";")
		server.Outcome(name[strings.LastIndexByte(name, '/')+1:], kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden", FailureStatus: "Permanent", Details: all})
	}
	server.Inject(kustotest.FaultBadRequest("General_BadRequest", all).On(kustotest.RouteSubmit).Times(1))
	config := strings.Replace(seed{blobs: blobs, more: waits + "\n  sas_token = \"" + sas + "\""}.in(server), `"token-of-the-test"`, `"`+token+`"`, 1) + computed

	w := newWorkspace(t, config)
	log := filepath.Join(w.folder, "trace.log")
	run := func(want int, arguments ...string) string {
		r := w.start([]string{"TF_LOG=TRACE", "TF_LOG_PATH=" + log}, append(arguments, "-no-color")...)
		if code := r.end(); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s", arguments, code, want, r.output.String())
		}
		return r.output.String()
	}
	refused := run(1, "apply", "-auto-approve")
	applied := run(0, "apply", "-auto-approve")
	planned := run(0, "plan")
	outputs := run(0, "output", "-json")

	always := []string{token, "WriteOnlySignatureOfTheTest"}
	for name, text := range map[string]string{"the refused apply": refused, "the apply": applied, "the plan": planned} {
		checkAbsent(t, name, text, always...)
		// A plan shows blobs[].url as it is written, and beside a diagnostic the CLI quotes the line of the configuration. All else is the provider's.
		checkAbsent(t, name+" without the configured URLs", withoutURLArguments(text), secrets...)
	}
	if !strings.Contains(refused, "The service said: ") || !strings.Contains(applied, "gave up on") || !strings.Contains(outputs, "Download_Forbidden") {
		t.Fatal("nothing was told in which a secret could be")
	}
	checkAbsent(t, "the outputs", outputs, append(secrets, always...)...)
	checkAbsent(t, "the state", mustReadFile(t, filepath.Join(w.folder, "terraform.tfstate")), always...)
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := pluginEntries(string(content))
	if strings.Count(lines, "\n") < 100 || !strings.Contains(lines, "Chose the credential") || !strings.Contains(lines, "[TRACE]") {
		t.Fatalf("the log of the provider is not at TRACE:\n%s", lines)
	}
	checkAbsent(t, "the log of the provider", lines, append(secrets, always...)...)
}

// withoutURLArguments leaves out the lines that show the argument url: of a plan, and of the configuration that the CLI quotes.
func withoutURLArguments(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !urlArgument.MatchString(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

var urlArgument = regexp.MustCompile(`^[\s│+~-]*(?:\d+:\s*\{ )?url\s+= "`)
