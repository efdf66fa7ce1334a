// The provider's program. Terraform starts it and talks to it over its plugin protocol.
package main

import (
	"flag"
	"log"
	"os"
	"runtime"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/provider"
)

// version is set when a release is built.
var version = "dev"

// ballastSize is memory that is reserved and never touched, so that it is never resident. The collector runs when the heap has doubled; a heap that is
// small doubles many times in each request, and without ballast a third of the time of a plan with many resources goes into collections.
const ballastSize = 32 << 20

func main() {
	quietSDK()
	ballast := make([]byte, ballastSize)
	debug := flag.Bool("debug", false, "run as a server that debuggers can attach to")
	flag.Parse()
	var opts []tf6server.ServeOpt
	if *debug {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve("registry.terraform.io/terraform-provider-kusto/kusto", provider.NewServer(version), opts...)
	runtime.KeepAlive(ballast)
	if err != nil {
		log.Fatal(err)
	}
}

// quietSDK switches the log of the SDK off unless the user asked for any log. Terraform asks for none then, and the SDK writes all the same: the framework
// trace lines while it walks a value, for which it hands a log context down that grows with each element, so that planning n blobs costs n²; and
// plugin-go some five lines for each request, which Terraform parses and throws away.
func quietSDK() {
	quiet := []string{"TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"}
	for _, name := range append([]string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK"}, quiet...) {
		if os.Getenv(name) != "" {
			return
		}
	}
	for _, name := range quiet {
		_ = os.Setenv(name, "off") // it fails only for names and values that no system takes
	}
}
