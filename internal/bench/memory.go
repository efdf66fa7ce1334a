package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peakMemory returns the greatest resident size of a process so far in KiB, as Linux tells it; 0 elsewhere.
func peakMemory(pid int) int {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(value)[0])
			return kib
		}
	}
	return 0
}

// watchMemory looks at all processes of a program until the returned function is called, which returns the greatest resident size in KiB.
func watchMemory(program string) func() int {
	done, result := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		most := 0
		for {
			select {
			case <-done:
				result <- most
				return
			case <-tick.C:
				most = max(most, memoryOf(program))
			}
		}
	}()
	return func() int {
		close(done)
		return <-result
	}
}

func memoryOf(program string) int {
	most := 0
	processes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range processes {
		if target, err := os.Readlink(link); err != nil || target != program {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			most = max(most, peakMemory(pid))
		}
	}
	return most
}
