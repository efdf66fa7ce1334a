package kusto

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

func BenchmarkParseStatus(b *testing.B) {
	var details bytes.Buffer
	for i := range 20 {
		if i > 0 {
			details.WriteByte(',')
		}
		fmt.Fprintf(&details, `{"sourceId":"11111111-2222-3333-4444-%012d","url":"https://acct.blob.core.windows.net/seed/storms-%d.csv.gz","status":"Succeeded","startTime":"2025-07-10T10:30:00.1234567Z","lastUpdated":"2025-07-10T10:35:00.1234567Z"}`, i, i)
	}
	data := fmt.Appendf(nil, `{"startTime":"2025-07-10T10:30:00Z","lastUpdated":"2025-07-10T10:35:00Z","status":{"succeeded":20,"failed":0,"inProgress":0,"canceled":0},"details":[%s]}`, &details)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if s, err := parseStatus(data); err != nil || !s.Settled(20) {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlobIdentity(b *testing.B) {
	for name, raw := range map[string]string{
		"plain": "https://acct.blob.core.windows.net/seed/2024/storms-1.csv.gz",
		"SAS":   "https://acct.blob.core.windows.net/seed/2024/storms%201.csv.gz?" + testSAS,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := BlobIdentity(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRedact(b *testing.B) {
	for name, text := range map[string]string{
		"harmless": "Table 'StormEvents' was not found in the database 'Samples'.",
		"identity": "https://acct.blob.core.windows.net/seed/2024/storms-1.csv.gz",
		"SAS":      "Download of 'https://acct.blob.core.windows.net/seed/storms-1.csv.gz?" + testSAS + "' failed: 403",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Redact(text)
			}
		})
	}
}

// BenchmarkSubmit sends 500 requests to a server that takes 50 ms for each, through the client and through net/http
// alone with the same concurrency, and reports how their times compare.
func BenchmarkSubmit(b *testing.B) {
	const requests = 500
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if sleep(r.Context(), 50*time.Millisecond) == nil {
			_, _ = io.WriteString(w, acceptedOne)
		}
	}))
	b.Cleanup(server.Close)
	request := oneBlob()
	for len(request.Blobs) < 20 {
		request.Blobs = append(request.Blobs, request.Blobs[0])
	}
	body, err := encode(request)
	if err != nil {
		b.Fatal(err)
	}
	client := newTestClient(b, Options{ClusterURI: server.URL, Credential: fixedToken("abc"), StaticToken: true})
	plain := &http.Client{Transport: newTransport()}
	b.Cleanup(plain.CloseIdleConnections)

	var ours, bare time.Duration
	for b.Loop() {
		ours += timed(b, requests, func() error {
			_, err := client.Submit(b.Context(), "D", "T", request)
			return err
		})
		bare += timed(b, requests, func() error { return post(b, plain, server.URL, body) })
	}
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(ours.Seconds()/float64(b.N), "client-s")
	b.ReportMetric(bare.Seconds()/float64(b.N), "bare-s")
}

// timed runs send n times, MaxConcurrency at a time.
func timed(b *testing.B, n int, send func() error) time.Duration {
	b.Helper()
	start := time.Now()
	jobs := make(chan struct{}, n)
	for range n {
		jobs <- struct{}{}
	}
	close(jobs)
	var group sync.WaitGroup
	for range MaxConcurrency {
		group.Go(func() {
			for range jobs {
				if err := send(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

func post(b *testing.B, client *http.Client, url string, body []byte) error {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return err
}
