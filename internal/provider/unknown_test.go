package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// An element of the list may be known only in the apply, be it a URL or a file.
func TestAccUnknown_elementOfTheList(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "local.csv")
	if err := os.WriteFile(file, []byte("1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, output := range map[string]func(url string) string{
		"url":  func(url string) string { return fmt.Sprintf("{ url = %q }", url) },
		"file": func(string) string { return fmt.Sprintf("{ file = %q }", file) },
		"all": func(url string) string {
			return fmt.Sprintf("{ url = %q, file = null, source_id = %q, raw_size = 12 }", url, "6ba7b810-9dad-41d1-80b4-00c04fd430c8")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			urls := putBlobs(server, 2)
			config := fmt.Sprintf("\nresource \"terraform_data\" \"blob\" {\n  input = %s\n}\n", output(urls[1])) +
				seed{blobs: []string{blobAt(urls[0]), "terraform_data.blob.output"}, more: waits}.in(server)
			w := newWorkspace(t, config)
			w.do(0, "apply", "-auto-approve")
			if got := w.state().Attributes.State; got != "Succeeded" {
				t.Errorf("state %q", got)
			}
			w.do(0, "plan", "-detailed-exitcode")
			expectNoDuplicates(t, server, "Events")
			server.ResetRequests()

			w.configure(strings.Replace(config, "input = ", "triggers_replace = 1\n  input = ", 1))
			w.do(0, "apply", "-auto-approve")
			w.do(0, "plan", "-detailed-exitcode")
			expectSent(t, server, 0)
		})
	}
}

// What is configured for one blob may be what is derived for another, which only the plan can see.
func TestAccSourceID_configuredIsNotAnothersDerivedOne(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	derived := strings.ToUpper(defaultSourceID("Samples", "Events", urls[0]))
	w := newWorkspace(t, seed{blobs: []string{blobAt(urls[0]), blobAt(urls[1], fmt.Sprintf("source_id = %q", derived))}}.in(server))
	output := w.do(1, "plan", "-no-color")
	for _, want := range []string{"Error: The same source_id twice", "blobs[0] has the same source_id"} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
	}
}

// Where it is open whether another database is meant, the plan says that everything is ingested again.
func TestAccUnknown_databaseReplaces(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	database := "\nresource \"terraform_data\" \"database\" {\n  input = \"Samples\"\n}\n"
	config := database + strings.Replace(seed{blobs: blobsAt(putBlobs(server, 1)...), more: waits}.in(server), `"Samples"`, "terraform_data.database.output", 1)
	w := newWorkspace(t, config)
	w.do(0, "apply", "-auto-approve")
	w.configure(strings.Replace(config, "input = ", "triggers_replace = 1\n  input = ", 1))
	output := w.do(2, "plan", "-detailed-exitcode", "-no-color")
	for _, want := range []string{"must be replaced", "(known after apply) # forces replacement", "Warning: All blobs will be submitted, to a table that is not known yet"} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
	}
}
