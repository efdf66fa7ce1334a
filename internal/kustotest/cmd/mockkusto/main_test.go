package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestRun_servesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	urlFile := filepath.Join(t.TempDir(), "url")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	output, writer := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"-folder", folder, "-url-file", urlFile}, environment(nil), writer, io.Discard)
		_ = writer.Close()
	}()
	lines := bufio.NewScanner(output)
	if !lines.Scan() {
		t.Fatal("no output")
	}
	base := lines.Text()
	var rest strings.Builder
	for lines.Scan() && !strings.Contains(rest.String(), "/blobs/") {
		rest.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "/blobs/") {
			break
		}
	}
	for _, part := range []string{`cluster_uri  = "` + base + `"`, "Status page: " + base + "/", base + "/blobs/samples/a.csv"} {
		if !strings.Contains(rest.String(), part) {
			t.Errorf("%q lacks %q", rest.String(), part)
		}
	}
	written, err := os.ReadFile(urlFile)
	if err != nil || string(written) != base+"\n" {
		t.Errorf("URL file holds %q, error %v", written, err)
	}
	for path, want := range map[string]string{"/_mock/health": `{"status":"ok"}`, "/blobs/samples/a.csv": "1\n"} {
		if got := get(t, base+path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	stop()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d", got)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestRun_refusesWrongUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"reachable address":  {[]string{"-address", "0.0.0.0:0"}, nil, "-allow-non-loopback"},
		"any address":        {[]string{"-address", ":0"}, nil, "-allow-non-loopback"},
		"no port":            {[]string{"-address", "127.0.0.1"}, nil, "missing port"},
		"profile":            {[]string{"-profile", "other"}, nil, "none of live, docs, openapi"},
		"folder":             {[]string{"-folder", "no/such/folder"}, nil, "is no folder"},
		"negative":           {[]string{"-batching", "-1s"}, nil, "negative"},
		"public URL":         {[]string{"-public-url", "host:80"}, nil, "no absolute URL"},
		"argument":           {[]string{"folder"}, nil, `unexpected argument "folder"`},
		"unknown flag":       {[]string{"-other"}, nil, "-other"},
		"of the environment": {nil, map[string]string{"MOCKKUSTO_LATENCY": "soon"}, "MOCKKUSTO_LATENCY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var errors bytes.Buffer
			if code := run(t.Context(), test.args, environment(test.env), io.Discard, &errors); code != 2 {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(errors.String(), test.want) {
				t.Errorf("%q lacks %q", errors.String(), test.want)
			}
		})
	}
}

func TestRun_addressInUse(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	output, writer := io.Pipe()
	first := make(chan int, 1)
	go func() { first <- run(ctx, nil, environment(nil), writer, io.Discard) }()
	lines := bufio.NewScanner(output)
	lines.Scan()
	address := strings.TrimPrefix(lines.Text(), "http://")
	go func() { _, _ = io.Copy(io.Discard, output) }()
	var errors bytes.Buffer
	if code := run(ctx, []string{"-address", address}, environment(nil), io.Discard, &errors); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(errors.String(), "cannot listen") {
		t.Errorf("error output %q", errors.String())
	}
	stop()
	<-first
}

func TestRun_help(t *testing.T) {
	t.Parallel()
	var usage bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, environment(nil), io.Discard, &usage); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(usage.String(), "MOCKKUSTO_URL_FILE") {
		t.Errorf("usage %q", usage.String())
	}
}

func TestParseOptions_flagsBeforeEnvironment(t *testing.T) {
	t.Parallel()
	o, err := parseOptions(
		[]string{"-latency", "1s", "-allow-non-loopback", "-address", "0.0.0.0:8080"},
		environment(map[string]string{
			"MOCKKUSTO_LATENCY": "2s", "MOCKKUSTO_BATCHING": "3s", "MOCKKUSTO_URL_FILE": "url", "MOCKKUSTO_OFFLINE": "true", "MOCKKUSTO_PROFILE": "",
		}), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{
		address: "0.0.0.0:8080", nonLocal: true, latency: time.Second, batching: 3 * time.Second, urlFile: "url", offline: true, profile: "live",
	}
	if o != want {
		t.Errorf("options %+v, want %+v", o, want)
	}
}
