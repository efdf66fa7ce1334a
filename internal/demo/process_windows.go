package main

import (
	"os/exec"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup does nothing: Windows has no process groups to signal.
func killGroup(*exec.Cmd) {}
