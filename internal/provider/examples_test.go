package provider

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// fence is a block of configuration in a page.
var fence = regexp.MustCompile("(?ms)^```(?:terraform|hcl)\n(.*?)^```$")

// onlyFormatted are the snippets that need the azurerm provider. It is not there without a network, so these are checked for their format only.
var onlyFormatted = []string{"docs/guides/seed-an-environment.md#1", "docs/guides/seed-an-environment.md#2"}

// companions are snippets that refer to a resource of an earlier one of the page.
var companions = map[string]string{
	"docs/guides/coming-from-scripts.md#3":                             "docs/guides/coming-from-scripts.md#2",
	"docs/resources/queued_ingestion.md#2":                             "docs/resources/queued_ingestion.md#1",
	"examples/resources/kusto_queued_ingestion/import-by-string-id.tf": "examples/resources/kusto_queued_ingestion/resource.tf",
	"docs/guides/which-one.md#2":                                       "docs/guides/which-one.md#1",
}

const (
	moduleOfGuide = "docs/guides/test-your-module.md#1"
	testOfGuide   = "docs/guides/test-your-module.md#2"
)

// published returns every example, by its path, and every snippet of the pages, by path and number.
func published(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	root := os.DirFS("../..")
	for _, folder := range []string{"docs", "examples/provider", "examples/resources", "examples/data-sources", "examples/actions"} {
		err := fs.WalkDir(root, folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			switch filepath.Ext(name) {
			case ".tf":
				texts[name] = string(text)
			case ".md":
				for i, match := range fence.FindAllStringSubmatch(string(text), -1) {
					texts[name+"#"+strconv.Itoa(i+1)] = match[1]
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

// exampleWorkspace writes a configuration, and the files that examples read, into a workspace.
func exampleWorkspace(t *testing.T, config string) *workspace {
	t.Helper()
	w := newWorkspace(t, config)
	if strings.Contains(config, "required_providers") {
		w.write("main.tf", config)
	}
	if err := os.Mkdir(filepath.Join(w.folder, "seed"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("seed/countries-1.csv", "name\nNorway\n")
	w.write("blobs.json", `["history-1.parquet"]`)
	return w
}

func needsActions(config string) bool {
	return strings.Contains(config, "action_trigger")
}

func TestExamples_onlyThoseWithAzurermAreNotValidated(t *testing.T) {
	t.Parallel()
	var got []string
	for _, name := range onlyFormatted {
		if strings.Contains(published(t)[name], "azurerm_") {
			got = append(got, name)
		}
	}
	if diff := cmp.Diff(onlyFormatted, got); diff != "" {
		t.Error(diff)
	}
}

func TestAccExamples_formatted(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "")
	for name, text := range published(t) {
		extension := ".tf"
		if name == testOfGuide {
			extension = ".tftest.hcl"
		}
		w.write(strings.NewReplacer("/", "_", "#", "_").Replace(name)+extension, text)
	}
	w.do(0, "fmt", "-check", "-diff")
}

func TestAccExamples_valid(t *testing.T) {
	t.Parallel()
	texts := published(t)
	skipped := map[string]bool{testOfGuide: true}
	for _, name := range onlyFormatted {
		skipped[name] = true
	}
	for name, text := range texts {
		if skipped[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := exampleWorkspace(t, text+"\n"+texts[companions[name]])
			if needsActions(text) && !knowsActions(w) {
				t.Skip("actions need Terraform 1.14 or later")
			}
			w.do(0, "validate")
		})
	}
}

// knowsActions tells whether the CLI is Terraform 1.14 or later. OpenTofu has no actions.
func knowsActions(w *workspace) bool {
	w.t.Helper()
	version := regexp.MustCompile(`^Terraform v1\.(\d+)\.`).FindStringSubmatch(w.do(0, "version"))
	if version == nil {
		return false
	}
	minor, err := strconv.Atoi(version[1])
	return err == nil && minor >= 14
}

func providerBlock(server *kustotest.Server) string {
	return "\nprovider \"kusto\" {\n  cluster_uri  = \"" + server.URL + "\"\n  access_token = \"any\"\n}\n"
}

func TestAccExamples_localFilesAreIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	w := exampleWorkspace(t, published(t)["docs/guides/local-files.md#1"]+providerBlock(server))
	w.do(0, "apply", "-auto-approve")
	expectRows(t, server, "Countries", 1)
}

func TestAccExamples_urlsAreIngested(t *testing.T) {
	t.Parallel()
	texts := published(t)
	for name, test := range map[string]struct {
		table string
		blobs []string
	}{
		"docs/guides/managed-identities.md#1":                   {"Events", []string{"seed/events.csv.gz"}},
		"docs/guides/when-something-fails.md#1":                 {"Events", []string{"seed/events.csv"}},
		"docs/guides/which-one.md#1":                            {"Events", []string{"seed/events.csv"}},
		"examples/resources/kusto_queued_ingestion/resource.tf": {"StormEvents", []string{"seed/storms-1.csv.gz", "seed/storms-2.csv.gz"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			for _, blob := range test.blobs {
				server.PutBlobAt("https://acct.blob.core.windows.net/"+blob, compressed(t, blob, "id,kind\n1,a\n2,b\n"))
			}
			text := texts[name]
			rows := 3 * len(test.blobs)
			if regexp.MustCompile(`ignore_first_record\s+= true`).MatchString(text) {
				rows = 2 * len(test.blobs)
			}
			w := exampleWorkspace(t, text+providerBlock(server))
			arguments := []string{"apply", "-auto-approve"}
			if strings.Contains(text, `variable "sas_token"`) {
				arguments = append(arguments, "-var", "sas_token=sv=2024-11-04&se=2999-01-01T00%3A00%3A00Z&sr=c&sp=r&sig=c2lnbmF0dXJl")
			}
			w.do(0, arguments...)
			expectRows(t, server, test.table, rows)
			expectNoDuplicates(t, server, test.table)
		})
	}
}

func compressed(t *testing.T, name, text string) []byte {
	t.Helper()
	if !strings.HasSuffix(name, ".gz") {
		return []byte(text)
	}
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestAccExamples_configurationIsRead(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	w := exampleWorkspace(t, published(t)["examples/data-sources/kusto_ingestion_configuration/data-source.tf"]+providerBlock(server))
	if output := w.do(0, "apply", "-auto-approve", "-no-color"); !strings.Contains(output, "blobs_per_request = 20") {
		t.Error(output)
	}
}

func TestAccExamples_manyBlobsAreIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	names := make([]string, 45)
	for i := range names {
		names[i] = fmt.Sprintf("part-%02d.csv", i)
		server.PutBlobAt("https://acct.blob.core.windows.net/history/"+names[i], []byte("1,a\n"))
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	// The mock service does not read parquet.
	w := exampleWorkspace(t, strings.Replace(published(t)["docs/guides/thousands-of-blobs.md#1"], `"parquet"`, `"csv"`, 1)+providerBlock(server))
	w.write("blobs.json", string(list))
	w.do(0, "apply", "-auto-approve")
	expectRows(t, server, "History", 45)
	expectSent(t, server, 3)
}

func TestAccExamples_checkBlockWarns(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	there := server.PutBlob("seed", "there.csv", []byte("1,a\n"))
	resource := strings.Replace(seed{blobs: blobsAt(there, server.URL+"/blobs/seed/missing.csv"), more: waits}.in(server), `"test"`, `"events"`, 1)
	w := newWorkspace(t, resource+published(t)["docs/guides/which-one.md#2"])
	output := w.do(0, "apply", "-auto-approve", "-no-color")
	for _, want := range []string{"Check block assertion failed", "Events is PartiallySucceeded", "Download_SourceNotFound"} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
	}
}

func TestAccExamples_operationIsRead(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	blob := server.PutBlob("seed", "missing.csv", nil)
	id := submitByHand(t, server, "Events", blob)
	w := newWorkspace(t, published(t)["docs/guides/which-one.md#3"]+providerBlock(server))
	output := w.do(0, "apply", "-auto-approve", "-no-color", "-var", "operation_id="+id)
	for _, want := range []string{blob, "BadRequest_EmptyBlob", `state  = "Failed"`} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
	}
}

func TestAccExamples_operationOfAScriptIsTakenOver(t *testing.T) {
	t.Parallel()
	texts := published(t)
	server := kustotest.NewServer(t)
	const container = "https://acct.blob.core.windows.net/seed/"
	for _, name := range []string{"events-1.csv.gz", "events-2.csv.gz"} {
		server.PutBlobAt(container+name, compressed(t, name, "id,kind\n1,a\n"))
	}
	const sas = "sv=2024-11-04&se=2999-01-01T00%3A00%3A00Z&sr=c&sp=r&sig=c2lnbmF0dXJl"
	id := submitByHand(t, server, "Events", container+"events-1.csv.gz?"+sas)
	seeded := texts["docs/guides/coming-from-scripts.md#2"] + texts["docs/guides/coming-from-scripts.md#3"]
	seeded = strings.Replace(seeded, "https://mycluster.westeurope.kusto.windows.net\"", server.URL+"\"\n  access_token = \"any\"", 1)
	seeded = strings.Replace(seeded, "00001111;11112222;00001111-aaaa-2222-bbbb-3333cccc4444", id, 1)
	w := newWorkspace(t, seeded)
	w.do(0, "apply", "-auto-approve", "-var", "sas_token="+sas)
	w.do(0, "plan", "-detailed-exitcode", "-var", "sas_token="+sas)
	expectSent(t, server, 2)
	expectNoDuplicates(t, server, "Events")
}

func TestAccExamples_configurationOfAnImportIsGenerated(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	blob := server.PutBlob("seed", "a.csv", []byte("id,kind\n1,a\n"))
	block := published(t)["examples/resources/kusto_queued_ingestion/import-by-string-id.tf"]
	block = strings.Replace(block, "00001111;11112222;00001111-aaaa-2222-bbbb-3333cccc4444", submitByHand(t, server, "StormEvents", blob), 1)
	w := newWorkspace(t, block+providerBlock(server))
	w.do(1, "plan", "-generate-config-out=storm_events.tf") // properties are required, and not known
	generated, err := os.ReadFile(filepath.Join(w.folder, "storm_events.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(generated), blob) || !regexp.MustCompile(`(?m)^ +properties += null`).Match(generated) {
		t.Errorf("got\n%s", generated)
	}
	completed := regexp.MustCompile(`(?m)^( +properties +=).*$`).ReplaceAllString(string(generated), `$1 { format = "csv", ignore_first_record = true }`)
	w.write("storm_events.tf", completed)
	w.do(0, "apply", "-auto-approve")
	w.do(0, "plan", "-detailed-exitcode")
	expectSent(t, server, 1)
	expectNoDuplicates(t, server, "StormEvents")
}

// submitByHand submits a blob as a script would, and returns the operation's id.
func submitByHand(t *testing.T, server *kustotest.Server, table, blob string) string {
	t.Helper()
	body := fmt.Sprintf(`{"blobs": [{"url": %q}], "properties": {"format": "csv", "ignoreFirstRecord": true, "enableTracking": true}}`, blob)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/rest/ingestion/queued/Samples/"+table, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer any")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		ID string `json:"ingestionOperationId"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.ID == "" {
		t.Fatalf("%s: no operation id: %v", resp.Status, err)
	}
	return answer.ID
}
