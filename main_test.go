package main

import (
	"os"
	"testing"
)

func TestQuietFramework_unlessALogIsWanted(t *testing.T) {
	t.Setenv("TF_LOG_SDK_FRAMEWORK", "") // restored at the end, since the function sets it
	variables := []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK"}
	for _, wanted := range append([]string{""}, variables...) {
		for _, name := range variables {
			t.Setenv(name, "")
		}
		want := "off"
		if wanted != "" {
			t.Setenv(wanted, "DEBUG")
			want = os.Getenv("TF_LOG_SDK_FRAMEWORK")
		}
		quietFramework()
		if got := os.Getenv("TF_LOG_SDK_FRAMEWORK"); got != want {
			t.Errorf("with %q set: TF_LOG_SDK_FRAMEWORK is %q, want %q", wanted, got, want)
		}
	}
}
