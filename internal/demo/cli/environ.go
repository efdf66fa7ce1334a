package cli

import (
	"os"
	"strings"
)

// foreign are the beginnings of the variables that configure Terraform, OpenTofu, the provider or mockkusto: what a person has set for real work
// (a workspace, plan arguments, a cluster, a credential) must neither disturb a demo or a test nor be used by it.
var foreign = []string{"TF_", "TOFU_", "KUSTO_", "MOCKKUSTO_", "ARM_", "AZURE_"}

// kept are those among them that are meant for the run at hand.
var kept = []string{"TF_ACC", "TF_LOG"}

// Environ is the environment of this process without the variables that configure Terraform, OpenTofu or the provider, followed by
// extra, as "name=value". Variables for acceptance tests (TF_ACC…) and for logs (TF_LOG…) stay.
func Environ(extra ...string) []string {
	return append(withoutForeign(os.Environ(), kept), extra...)
}

// QuietEnviron is Environ without the variables for tests and logs.
func QuietEnviron(extra ...string) []string {
	return append(withoutForeign(os.Environ(), nil), extra...)
}

func withoutForeign(environ, except []string) []string {
	clean := make([]string, 0, len(environ))
	for _, variable := range environ {
		if !startsWithAny(variable, foreign) || startsWithAny(variable, except) {
			clean = append(clean, variable)
		}
	}
	return clean
}

// Names are compared in capitals since Windows does not tell them apart.
func startsWithAny(variable string, beginnings []string) bool {
	variable = strings.ToUpper(variable)
	for _, beginning := range beginnings {
		if strings.HasPrefix(variable, beginning) {
			return true
		}
	}
	return false
}
