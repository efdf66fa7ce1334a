// Package cli finds the Terraform or OpenTofu program that the demo and the acceptance tests run, or fetches one.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

const (
	// PathVariable names the program to use, ahead of any search. It is the variable that terraform-plugin-testing reads.
	PathVariable = "TF_ACC_TERRAFORM_PATH"

	terraform = "Terraform"
	openTofu  = "OpenTofu"

	fetchTimeout = 5 * time.Minute
)

// supported is what the provider supports: write-only attributes came with Terraform 1.11 and OpenTofu 1.11.
var supported = version.MustConstraints(version.NewConstraint(">= 1.11.0"))

// CLI is a program that applies configurations.
type CLI struct {
	Path    string // absolute
	Product string // "Terraform" or "OpenTofu"
	Version string
	Fetched bool // by Find, just now
}

// OpenTofu says whether the program is OpenTofu, whose providers live under another registry host.
func (c CLI) OpenTofu() bool { return c.Product == openTofu }

// String is the name and version as a person would write it.
func (c CLI) String() string { return c.Product + " " + c.Version }

// Find returns the program named by PathVariable, else terraform or tofu on PATH, else a Terraform that was fetched into folder, now or
// earlier. An error says in one sentence what to install.
func Find(ctx context.Context, folder string) (CLI, error) {
	if path := os.Getenv(PathVariable); path != "" {
		c, err := identify(ctx, path)
		if err != nil {
			return CLI{}, fmt.Errorf("%s does not name a usable program: %w", PathVariable, err)
		}
		return c, nil
	}

	var refused error
	for _, candidate := range []string{"terraform", "tofu", filepath.Join(folder, executable("terraform"))} {
		c, err := identify(ctx, candidate)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
			refused = err
		}
	}

	c, err := fetch(ctx, folder)
	switch {
	case ctx.Err() != nil:
		return CLI{}, ctx.Err()
	case err != nil && refused != nil:
		return CLI{}, fmt.Errorf("install Terraform or OpenTofu, 1.11 or later, so that it is on PATH: %w, and none could be fetched: %w", refused, err)
	case err != nil:
		return CLI{}, fmt.Errorf("install Terraform or OpenTofu, 1.11 or later, so that it is on PATH: none was found there, and none could be fetched: %w", err)
	}
	return c, nil
}

// identify runs the program to see what it is and how old.
func identify(ctx context.Context, name string) (CLI, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return CLI{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return CLI{}, err
	}
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = Environ("CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return CLI{}, fmt.Errorf("%s version: %w", path, err)
	}
	return parseVersion(path, out)
}

var versionLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

func parseVersion(path string, out []byte) (CLI, error) {
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return CLI{}, fmt.Errorf("%s is neither Terraform nor OpenTofu", path)
	}
	c := CLI{Path: path, Product: string(match[1]), Version: string(match[2])}
	v, err := version.NewVersion(c.Version)
	if err != nil {
		return CLI{}, fmt.Errorf("%s: %w", path, err)
	}
	// Core: a development build or a release candidate of a supported version is as good as the version.
	if !supported.Check(v.Core()) {
		return CLI{}, fmt.Errorf("%s is %s, older than 1.11", path, c)
	}
	return c, nil
}

func fetch(ctx context.Context, folder string) (CLI, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return CLI{}, err
	}
	latest := releases.LatestVersion{
		Product:     product.Terraform,
		Constraints: supported,
		InstallDir:  folder,
		Timeout:     fetchTimeout,
	}
	path, err := latest.Install(ctx)
	if err != nil {
		return CLI{}, err
	}
	c, err := identify(ctx, path)
	c.Fetched = true
	return c, err
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}
