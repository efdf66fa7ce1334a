package ledger

import (
	"fmt"
	"testing"
)

func BenchmarkLedger(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		wanted := make([]Blob, n)
		seen := make([]Observation, n)
		for i := range wanted {
			wanted[i] = Blob{Key: fmt.Sprintf("https://acct.blob.core.windows.net/seed/%d.csv.gz", i), SourceID: fmt.Sprintf("id-%d", i)}
			seen[i] = Observation{SourceID: wanted[i].SourceID, Status: Succeeded}
		}
		b.Run(fmt.Sprintf("submitAndObserve/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l := New()
				for i, request := range Split(Sending(l.Decide(wanted, true)), 20) {
					id := fmt.Sprint(i)
					l.Accept(request, id)
					l.Observe(id, seen[i*20:min(n, i*20+20)])
				}
			}
		})
		settled := New()
		settled.Accept(settled.Decide(wanted, true), "op")
		settled.Observe("op", seen)
		b.Run(fmt.Sprintf("decideSettled/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(Sending(settled.Decide(wanted, true))) != 0 {
					b.Fatal("a settled ledger sends")
				}
			}
		})
	}
}
