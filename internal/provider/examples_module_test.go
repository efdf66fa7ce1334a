package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// mockProgram builds mockkusto once for all tests that drive it as a program.
var mockProgram = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "mockkusto")
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "mockkusto")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", name, "../kustotest/cmd/mockkusto").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building mockkusto: %w\n%s", err, out)
	}
	return name, nil
})

// startMockProgram runs mockkusto in the folder with the arguments of the guide until the test ends, and returns its URL.
func startMockProgram(t *testing.T, folder string) string {
	t.Helper()
	name, err := mockProgram()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, "-folder", "testdata", "-url-file", "mockkusto.url")
	cmd.Dir = folder
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context, which ends before, has killed it
	var address []byte
	until(t, "the URL of mockkusto", func() bool {
		address, err = os.ReadFile(filepath.Join(folder, "mockkusto.url"))
		return err == nil
	})
	return strings.TrimSpace(string(address))
}

// orderOfGuide finds the fault in a command of the guide.
var orderOfGuide = regexp.MustCompile(`/_mock/faults" -d '([^']+)'`)

func TestAccExamples_moduleTestOfTheGuideRuns(t *testing.T) {
	t.Parallel()
	texts := published(t)
	w := newWorkspace(t, "")
	w.write("main.tf", texts[moduleOfGuide])
	for _, folder := range []string{"tests", "testdata"} {
		if err := os.Mkdir(filepath.Join(w.folder, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.write("tests/seed.tftest.hcl", texts[testOfGuide])
	w.write("testdata/events.csv", "1,a\n2,b\n")
	address := startMockProgram(t, w.folder)
	test := func(want int, said string) {
		t.Helper()
		r := w.start([]string{"KUSTO_CLUSTER_URI=" + address, "KUSTO_ACCESS_TOKEN=any"}, "test", "-no-color", "-var", "container_url="+address+"/blobs/samples")
		if code := r.end(); code != want || !strings.Contains(r.output.String(), said) {
			t.Errorf("exit code %d, want %d and %q\n%s", code, want, said, r.output.String())
		}
	}
	test(0, "1 passed, 0 failed")
	post(t, address+"/_mock/reset", "")
	guide, err := os.ReadFile("../../docs/guides/test-your-module.md")
	if err != nil {
		t.Fatal(err)
	}
	order := orderOfGuide.FindSubmatch(guide)
	if order == nil {
		t.Fatal("the guide switches no fault on")
	}
	post(t, address+"/_mock/faults", string(order[1]))
	test(1, "Seeding is Unknown.")
}

func post(t *testing.T, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%s: %s", url, resp.Status)
	}
}
