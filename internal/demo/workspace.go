package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

const (
	providerSource = "terraform-provider-kusto/kusto"
	module         = "github.com/terraform-provider-kusto/terraform-provider-kusto"
)

// workspace is a temporary folder: programs in bin, the copied example in example.
type workspace struct {
	root   string // of the repository
	folder string
}

func newWorkspace() (*workspace, error) {
	root, err := repositoryRoot()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "kusto-demo-")
	if err != nil {
		return nil, err
	}
	return &workspace{root: root, folder: folder}, nil
}

// repositoryRoot is the nearest folder upwards that holds go.mod, so that the demo can be started from any folder of the repository.
func repositoryRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, statErr := os.Stat(filepath.Join(folder, "go.mod")); statErr == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("run it in a clone of the repository")
		}
		folder = parent
	}
}

func (w *workspace) repository(path string) string {
	return filepath.Join(w.root, filepath.FromSlash(path))
}
func (w *workspace) path(path string) string {
	return filepath.Join(w.folder, filepath.FromSlash(path))
}
func (w *workspace) data() string { return w.path("example/data") }

func (w *workspace) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return w.path("bin/" + name)
}

func (w *workspace) build(ctx context.Context) error {
	for name, source := range map[string]string{
		"terraform-provider-kusto": module,
		"mockkusto":                module + "/internal/kustotest/cmd/mockkusto",
	} {
		cmd := command(ctx, w.root, os.Environ(), "go", "build", "-o", w.program(name), source)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// copyExample copies the folder, since Terraform writes its state beside the configuration.
func (w *workspace) copyExample() error {
	return os.CopyFS(w.path("example"), os.DirFS(w.repository("examples/demo")))
}

// cliConfiguration makes the built provider take the place of a published one, which is why no init is needed.
// https://developer.hashicorp.com/terraform/cli/config/config-file#development-overrides-for-provider-developers
func (w *workspace) cliConfiguration() (string, error) {
	path := w.path("cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n",
		providerSource, filepath.ToSlash(w.path("bin")))
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// environ holds nothing that the person has set for other work with Terraform or the provider.
func (w *workspace) environ(extra ...string) []string { return cli.QuietEnviron(extra...) }

func (w *workspace) remove() error { return os.RemoveAll(w.folder) }
