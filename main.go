// The provider's program. Terraform starts it and talks to it over its plugin protocol.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/provider"
)

// version is set when a release is built.
var version = "dev"

func main() {
	quietFramework()
	debug := flag.Bool("debug", false, "run as a server that debuggers can attach to")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         "registry.terraform.io/terraform-provider-kusto/kusto",
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		log.Fatal(err)
	}
}

// quietFramework switches the framework's own log off unless the user asked for any log. The framework writes trace lines while it walks a value, and
// hands a log context down that grows with each element, whether a line is shown or not: planning n blobs costs n².
func quietFramework() {
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	// It fails only for names and values that no system takes.
	_ = os.Setenv("TF_LOG_SDK_FRAMEWORK", "off")
}
