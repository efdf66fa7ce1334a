package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	startTimeout = 20 * time.Second
	batching     = "2s" // long enough that waiting can be seen
)

// mockkusto is the running program.
type mockkusto struct {
	url    string
	cmd    *exec.Cmd
	output bytes.Buffer
	cancel context.CancelFunc
	ended  chan struct{} // closed once the process is gone, output and err can be read then
	err    error
}

// startMock starts mockkusto on a port that the system chooses, and returns when it answers.
func startMock(ctx context.Context, w *workspace) (*mockkusto, error) {
	urlFile := w.path("mockkusto.url")
	// Without the cancellation of ctx: Terraform is stopped first, and must find the service it talks to while it is.
	mockCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &mockkusto{cancel: cancel, ended: make(chan struct{})}
	m.cmd = command(mockCtx, w.folder, w.environ(), w.program("mockkusto"),
		"-address", "127.0.0.1:0", "-folder", w.data(), "-batching", batching, "-offline", "-url-file", urlFile)
	m.cmd.Stdout, m.cmd.Stderr = &m.output, &m.output
	m.cmd.WaitDelay = 5 * time.Second
	if err := m.cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.ended)
	}()

	if err := m.awaitURL(ctx, urlFile); err != nil {
		m.stop()
		return nil, err
	}
	return m, nil
}

func (m *mockkusto) awaitURL(ctx context.Context, urlFile string) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.ended:
			return fmt.Errorf("mockkusto ended at once: %w\n%s", m.err, m.output.String())
		case <-timeout.C:
			return fmt.Errorf("mockkusto did not say within %s where it listens", startTimeout)
		case <-tick.C:
			text, err := os.ReadFile(urlFile)
			if err == nil && strings.HasSuffix(string(text), "\n") {
				m.url = strings.TrimSpace(string(text))
				return nil
			}
		}
	}
}

// stop ends the program, and does not return before it is gone.
func (m *mockkusto) stop() {
	m.cancel()
	<-m.ended
}

type tableName struct{ database, table string }

// content is what a table holds.
type content struct {
	rows  int
	twice int // blobs that were ingested more than once
}

func (m *mockkusto) tables(ctx context.Context) (map[tableName]content, error) {
	var answer []struct {
		Database string `json:"database"`
		Table    string `json:"table"`
		RowCount int    `json:"rowCount"`
		Twice    int    `json:"blobsIngestedMoreThanOnce"`
	}
	if err := m.get(ctx, "/_mock/tables", &answer); err != nil {
		return nil, err
	}
	contents := make(map[tableName]content, len(answer))
	for _, t := range answer {
		contents[tableName{t.Database, t.Table}] = content{rows: t.RowCount, twice: t.Twice}
	}
	return contents, nil
}

// requests counts the requests made of the service so far, by their kind. The questions of the demo are not among them.
func (m *mockkusto) requests(ctx context.Context) (requestCount, error) {
	var answer []struct {
		Route string `json:"route"`
	}
	if err := m.get(ctx, "/_mock/requests", &answer); err != nil {
		return requestCount{}, err
	}
	var count requestCount
	for _, request := range answer {
		switch request.Route {
		case "submit":
			count.submissions++
		case "status":
			count.statuses++
		case "blobs":
			// mockkusto itself, which reads the files as the service would.
		default:
			count.others++
		}
	}
	return count, nil
}

// requestCount is how many requests the provider made.
type requestCount struct{ submissions, statuses, others int }

func (c requestCount) minus(d requestCount) requestCount {
	return requestCount{c.submissions - d.submissions, c.statuses - d.statuses, c.others - d.others}
}

func (c requestCount) String() string {
	if c == (requestCount{}) {
		return "no request at all"
	}
	text := fmt.Sprintf("%d submissions, %d reads of the status", c.submissions, c.statuses)
	if c.others > 0 {
		text += fmt.Sprintf(", %d others", c.others)
	}
	return text
}

func (m *mockkusto) get(ctx context.Context, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("mockkusto answered %s to %s", resp.Status, path)
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		return fmt.Errorf("mockkusto answered %s unreadably: %w", path, err)
	}
	return nil
}
