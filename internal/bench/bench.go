package main

import (
	"context"
	"net/http"
	"runtime"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/lab"
)

const providerName = "terraform-provider-kusto"

// bench measures in a lab.
type bench struct{ *lab.Lab }

// requests returns how many submissions and how many other requests of the provider mockkusto saw, and forgets them.
func (b *bench) requests(ctx context.Context) (submissions, others int, err error) {
	var seen []struct {
		Route string `json:"route"`
	}
	if err = b.Call(ctx, http.MethodGet, "/_mock/requests", &seen); err != nil {
		return 0, 0, err
	}
	for _, request := range seen {
		switch request.Route {
		case "submit":
			submissions++
		case "blobs":
		default:
			others++
		}
	}
	return submissions, others, b.Call(ctx, http.MethodPost, "/_mock/reset", nil)
}

func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

func cpus() int { return runtime.NumCPU() }
