package kusto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSubmit_cancelled(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newTestClient(t, staticToken(d)).Submit(ctx, "D", "T", oneBlob())
		if !hasKind(err, KindCanceled) || !NotSent(err) || !errors.Is(err, context.Canceled) || d.count() != 0 {
			t.Errorf("%v after %d requests", err, d.count())
		}
	})
	t.Run("between tries", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := &transport{replies: []reply{{status: 429, header: after("30")}}}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			_, err := newTestClient(t, staticToken(d)).Submit(ctx, "D", "T", oneBlob())
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindCanceled || !NotSent(err) || !errors.Is(err, context.DeadlineExceeded) || e.StatusCode != 429 {
				t.Errorf("got %v", err)
			}
			if got := time.Since(start); got != 10*time.Second {
				t.Errorf("returned after %s", got)
			}
		})
	})
	t.Run("while a token is fetched", func(t *testing.T) {
		t.Parallel()
		d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
		ctx, cancel := context.WithCancel(t.Context())
		o := staticToken(d)
		o.Credential = tokenFunc(cancel)
		_, err := newTestClient(t, o).Submit(ctx, "D", "T", oneBlob())
		if !hasKind(err, KindCanceled) || !NotSent(err) || d.count() != 0 {
			t.Errorf("%v after %d requests", err, d.count())
		}
	})
	t.Run("while it is sent", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		d := &transport{answer: func(*http.Request) reply { cancel(); return reply{err: context.Canceled} }}
		_, err := newTestClient(t, staticToken(d)).Submit(ctx, "D", "T", oneBlob())
		if !IsOutcomeUnknown(err) || !errors.Is(err, context.Canceled) || d.count() != 1 {
			t.Errorf("%v after %d requests", err, d.count())
		}
	})
	for _, c := range []struct {
		late  time.Duration
		known bool
	}{{answerGrace - time.Second, true}, {answerGrace + time.Second, false}} {
		t.Run(fmt.Sprintf("answered %s later", c.late), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				o := staticToken(doFunc(func(req *http.Request) (*http.Response, error) {
					cancel()
					if err := sleep(req.Context(), c.late); err != nil {
						return nil, err
					}
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(acceptedOne)), Request: req}, nil
				}))
				start := time.Now()
				id, err := newTestClient(t, o).Submit(ctx, "D", "T", oneBlob())
				if got := time.Since(start); got != min(c.late, answerGrace) || c.known != (id != "") || IsOutcomeUnknown(err) == c.known {
					t.Errorf("%q, %v after %s", id, err, got)
				}
			})
		})
	}
	t.Run("when the answer is there", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		o := staticToken(doFunc(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: readThen(acceptedOne, cancel), Request: req}, nil
		}))
		id, err := newTestClient(t, o).Submit(ctx, "D", "T", oneBlob())
		if err != nil || id == "" {
			t.Errorf("an accepted operation is lost: %q, %v", id, err)
		}
	})
	t.Run("refused when the context ends", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		o := staticToken(doFunc(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 400, Header: http.Header{}, Body: readThen(`{}`, cancel), Request: req}, nil
		}))
		_, err := newTestClient(t, o).Submit(ctx, "D", "T", oneBlob())
		if !hasKind(err, KindRefused) {
			t.Errorf("got %v", err)
		}
	})
}

// doFunc is a transport made of a function.
type doFunc func(*http.Request) (*http.Response, error)

// Do calls the function.
func (f doFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// readThen returns a body that calls then at its end.
func readThen(body string, then func()) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(body), readerFunc(func([]byte) (int, error) { then(); return 0, io.EOF })))
}

type readerFunc func([]byte) (int, error)

// Read calls the function.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
