//go:build unix

package provider

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// shellBlock is a block of commands in a page.
var shellBlock = regexp.MustCompile("(?ms)^```shell\n(.*?)^```$")

// commandsOfRepair returns the commands of the guide that repair a killed creation, those for an update, and those that find what is in doubt.
func commandsOfRepair(t *testing.T) (creation, update, doubt string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/guides/when-something-fails.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range shellBlock.FindAllSubmatch(page, -1) {
		switch text := string(block[1]); {
		case strings.HasPrefix(text, "ids="):
			creation = text
		case strings.HasPrefix(text, "old="):
			update = text
		case strings.Contains(text, "comm "):
			doubt = text
		}
	}
	if creation == "" || update == "" || doubt == "" {
		t.Fatal("the guide has no commands for a repair")
	}
	return creation, update, doubt
}

// shell runs commands of a page in the workspace, where terraform is the CLI under test.
func (w *workspace) shell(commands string) string {
	w.t.Helper()
	program, err := exec.LookPath(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		program, err = exec.LookPath("terraform")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if program, err = filepath.Abs(program); err != nil {
		w.t.Fatal(err)
	}
	bin := w.t.TempDir()
	if err = os.Symlink(program, filepath.Join(bin, "terraform")); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), "sh", "-ec", commands)
	cmd.Dir = w.folder
	cmd.Env = append(w.env[:len(w.env):len(w.env)], "PATH="+bin+":"+os.Getenv("PATH"), "TF_CLI_ARGS=-no-color")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", commands, err, out)
	}
	return string(out)
}

// eventsOf is the resource of the guide with the first blobs of a list.
func eventsOf(server *kustotest.Server, urls []string) string {
	return strings.Replace(seed{blobs: blobsAt(urls...), more: waits}.in(server), `"test"`, `"events"`, 1)
}

// killed applies with the log of the guide, and kills the CLI once all its requests are accepted.
func killed(t *testing.T, server *kustotest.Server, w *workspace, operations int) {
	t.Helper()
	log := filepath.Join(w.folder, "provider.log")
	apply := w.start([]string{"TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=" + log}, "apply", "-auto-approve", "-no-color")
	until(t, "a line for each request", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Count(string(text), "Kusto accepted an ingestion") == operations
	})
	if err := apply.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	apply.end()
	if got := len(server.Operations("Samples", "Events")); got < operations {
		t.Fatalf("%d operations", got)
	}
}

func TestAccExamples_killedCreationIsRepairedAsTheGuideSays(t *testing.T) {
	t.Parallel()
	creation, _, doubt := commandsOfRepair(t)
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 45)
	server.Outcome(urls[44], kustotest.Outcome{Hang: true})
	w := newWorkspace(t, eventsOf(server, urls))
	killed(t, server, w, 3)
	if out := w.shell(doubt); out != "" {
		t.Errorf("every request was answered, and in doubt is %s", out)
	}
	expectRepaired(t, server, w, urls[44], creation, 3)
	expectRows(t, server, "Events", 90)
}

// A request that is under way when the CLI is killed may be accepted all the same, and nobody learns its id.
func TestAccExamples_requestUnderWayAtAKillIsFoundAsTheGuideSays(t *testing.T) {
	t.Parallel()
	_, _, doubt := commandsOfRepair(t)
	server := kustotest.NewServer(t)
	server.Inject(kustotest.FaultSlow(time.Minute).On(kustotest.RouteSubmit).Times(1))
	w := newWorkspace(t, eventsOf(server, putBlobs(server, 45)))
	killed(t, server, w, 2)
	out := w.shell(doubt)
	if n := strings.Count(out, ",") + 1; !strings.HasPrefix(out, "source_ids=") || strings.Count(out, "\n") != 1 || n != 20 && n != 5 {
		t.Errorf("in doubt are the blobs of one request, not %q", out)
	}
}

func TestAccExamples_killedUpdateIsRepairedAsTheGuideSays(t *testing.T) {
	t.Parallel()
	creation, update, _ := commandsOfRepair(t)
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 30)
	w := newWorkspace(t, eventsOf(server, urls[:5]))
	w.do(0, "apply", "-auto-approve")
	w.write("main.tf", strings.Replace(mustRead(t, w), blobAt(urls[4]), fmt.Sprintf("%s,\n    %s", blobAt(urls[4]), strings.Join(blobsAt(urls[5:]...), ",\n    ")), 1))
	server.Outcome(urls[29], kustotest.Outcome{Hang: true})
	killed(t, server, w, 2)
	ids, _, _ := strings.Cut(creation, "\nterraform import")
	expectRepaired(t, server, w, urls[29], ids+"\n"+update+"terraform plan\n", 3)
	expectRows(t, server, "Events", 60)
}

func expectRepaired(t *testing.T, server *kustotest.Server, w *workspace, hanging, commands string, requests int) {
	t.Helper()
	if out := w.shell(commands); !strings.Contains(out, "Plan: 0 to add, 1 to change, 0 to destroy.") || strings.Contains(out, "blob_status") {
		t.Errorf("the plan after the repair is another one than in the guide:\n%s", out)
	}
	server.Heal(hanging)
	w.do(0, "apply", "-auto-approve", "-no-color")
	if out := w.do(0, "plan", "-detailed-exitcode", "-no-color"); !strings.Contains(out, "No changes") {
		t.Errorf("the plan after the repair is not quiet:\n%s", out)
	}
	expectSent(t, server, requests)
	expectNoDuplicates(t, server, "Events")
}
