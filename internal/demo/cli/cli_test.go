package cli

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		out     string
		want    CLI
		refused string
	}{
		"terraform":             {out: "Terraform v1.11.4\non linux_amd64\n", want: CLI{Path: "/x", Product: "Terraform", Version: "1.11.4"}},
		"opentofu":              {out: "OpenTofu v1.11.0\non linux_amd64\n", want: CLI{Path: "/x", Product: "OpenTofu", Version: "1.11.0"}},
		"release candidate":     {out: "Terraform v1.11.0-rc1\n", want: CLI{Path: "/x", Product: "Terraform", Version: "1.11.0-rc1"}},
		"development build":     {out: "Terraform v1.17.0-dev\n", want: CLI{Path: "/x", Product: "Terraform", Version: "1.17.0-dev"}},
		"a warning before it":   {out: "Warning: odd\n\nTerraform v1.12.0\n", want: CLI{Path: "/x", Product: "Terraform", Version: "1.12.0"}},
		"too old":               {out: "Terraform v1.10.5\n", refused: "/x is Terraform 1.10.5, older than 1.11"},
		"something else":        {out: "Vagrant 2.4\n", refused: "/x is neither Terraform nor OpenTofu"},
		"a version that is not": {out: "Terraform vlatest\n", refused: "/x: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseVersion("/x", []byte(tt.out))
			if tt.refused != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.refused) {
					t.Fatalf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutForeign_keepsOnlyWhatIsForThisRun(t *testing.T) {
	t.Parallel()
	environ := []string{"PATH=/bin", "TF_LOG=TRACE", "TF_ACC=1", "TF_CLI_ARGS=-destroy", "TF_VAR_x=1", "KUSTO_CLUSTER_URI=https://x", "ARM_CLIENT_SECRET=s", "Tf_Workspace=prod", "HOME=/h"}
	if diff := cmp.Diff([]string{"PATH=/bin", "TF_LOG=TRACE", "TF_ACC=1", "HOME=/h"}, withoutForeign(environ, kept)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"PATH=/bin", "HOME=/h"}, withoutForeign(environ, nil)); diff != "" {
		t.Error(diff)
	}
}

// program writes a script that answers `version`, for a PATH of the test's own.
func program(t *testing.T, folder, name, answer string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestFind_takesTheFirstThatIsNewEnough(t *testing.T) {
	path, folder := t.TempDir(), t.TempDir()
	t.Setenv("PATH", path)
	t.Setenv(PathVariable, "")
	program(t, path, "terraform", "Terraform v1.5.7")
	program(t, path, "tofu", "OpenTofu v1.11.1")
	program(t, folder, "terraform", "Terraform v1.14.0")

	got, err := Find(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(CLI{Path: filepath.Join(path, "tofu"), Product: "OpenTofu", Version: "1.11.1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFind_usesWhatWasFetchedEarlier(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", t.TempDir())
	t.Setenv(PathVariable, "")
	program(t, folder, "terraform", "Terraform v1.14.0")

	got, err := Find(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if got.Path != filepath.Join(folder, "terraform") || got.Fetched {
		t.Errorf("got %+v", got)
	}
}

func TestFind_namedProgramIsNotReplacedByAnother(t *testing.T) {
	path := t.TempDir()
	t.Setenv("PATH", path)
	program(t, path, "terraform", "Terraform v1.14.0")
	t.Setenv(PathVariable, filepath.Join(path, "absent"))

	if _, err := Find(t.Context(), path); err == nil || !strings.Contains(err.Error(), PathVariable) {
		t.Errorf("got %v", err)
	}
}

func TestFind_saysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv(PathVariable, "")
	// A file where the folder should be: nothing can be fetched into it, and no network is asked.
	blocked := filepath.Join(t.TempDir(), "bin")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Find(t.Context(), blocked)
	if err == nil || !strings.HasPrefix(err.Error(), "install Terraform or OpenTofu, 1.11 or later, so that it is on PATH: ") {
		t.Errorf("got %v", err)
	}
}

func TestFind_interruptedIsNotMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv(PathVariable, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, t.TempDir()); err == nil || strings.Contains(err.Error(), "install") {
		t.Errorf("got %v", err)
	}
}
