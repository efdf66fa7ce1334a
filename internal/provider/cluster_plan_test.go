package provider

import (
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// A cluster that cannot be used is said by the plan that would send something, and by no other.
func TestAccProvider_unusableClusterIsAnErrorOfThePlan(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	config := seed{blobs: blobsAt(putBlobs(server, 1)...)}.in(server)
	for want, cluster := range map[string]string{
		"Error: No cluster":                "",
		"Error: Unable to use the cluster": `cluster_uri = "https://cluster.example.com"`,
	} {
		w := newWorkspace(t, strings.Replace(config, `cluster_uri  = "`+server.URL+`"`, cluster, 1))
		if output := w.do(1, "plan", "-no-color"); !strings.Contains(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
		w.write("main.tf", "")
		w.do(0, "plan", "-detailed-exitcode")
	}
	expectSent(t, server, 0)
}
