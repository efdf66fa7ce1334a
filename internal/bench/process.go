package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what the processes of a program took, as Linux tells it; nothing elsewhere.
type usage struct {
	memory int // the greatest resident size of one of them, KiB
	cpu    time.Duration
}

// watch looks at all processes of a program until the returned function is called, which returns what they took. What one takes between the last look
// and its end is not counted.
func watch(program string) func() usage {
	done, result := make(chan struct{}), make(chan usage)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		seen := map[int]time.Duration{}
		total := usage{}
		for {
			select {
			case <-done:
				for _, cpu := range seen {
					total.cpu += cpu
				}
				result <- total
				return
			case <-tick.C:
				for _, pid := range processes(program) {
					total.memory = max(total.memory, peakMemory(pid))
					seen[pid] = max(seen[pid], cpuTime(pid))
				}
			}
		}
	}()
	return func() usage {
		close(done)
		return <-result
	}
}

func processes(program string) []int {
	var pids []int
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != program {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// peakMemory returns the greatest resident size of a process so far in KiB.
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

// ticksPerSecond is the unit in which Linux tells the times of processes to programs.
const ticksPerSecond = 100

// cpuTime returns the user and system time of a process so far.
func cpuTime(pid int) time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // after the name of the program, which may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticksPerSecond
}
