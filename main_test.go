package main

import (
	"os"
	"testing"
)

//nolint:paralleltest // it sets the environment
func TestQuietSDK_unlessALogIsWanted(t *testing.T) {
	quiet := []string{"TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"}
	variables := append([]string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK"}, quiet...)
	for _, wanted := range append([]string{""}, variables...) {
		for _, name := range variables {
			t.Setenv(name, "") // also restores at the end what the function sets
		}
		if wanted != "" {
			t.Setenv(wanted, "DEBUG")
		}
		quietSDK()
		for _, name := range quiet {
			want := ""
			switch wanted {
			case "":
				want = "off"
			case name:
				want = "DEBUG"
			}
			if got := os.Getenv(name); got != want {
				t.Errorf("with %q set: %s is %q, want %q", wanted, name, got, want)
			}
		}
	}
}
