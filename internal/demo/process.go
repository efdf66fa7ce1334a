package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// patience is how long a program may take to end by itself: Terraform waits for the provider, which makes a last read of the status.
const patience = 30 * time.Second

// command runs in a process group of its own, so that Ctrl-C in a terminal reaches it once, from here, when ctx ends: Terraform takes a
// second interrupt as the order to drop everything, its state included.
func command(ctx context.Context, folder string, environ []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, environ
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = patience
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	return cmd
}

func interrupt(process *os.Process) error {
	if runtime.GOOS == "windows" {
		return process.Kill() // there is no other signal that a program can send there
	}
	return process.Signal(os.Interrupt)
}
