package provider

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// credentials judges how the service will be able to read the blobs: one warning for each mistake, however many blobs share it.
func (v *validation) credentials() {
	root := path.Root("blobs")
	var lake, plain []int // OneLake with a signature, http beyond this machine
	var accounts []string // that sas_token is for
	useless := v.sasToken.ValueString() != "" && len(v.blobs) > 0
	for i, b := range v.blobs {
		if b.URL.IsUnknown() || b.File.IsUnknown() {
			useless = false
			continue
		}
		identity, err := kusto.BlobIdentity(b.URL.ValueString())
		if err != nil || b.isFile() {
			continue
		}
		url := b.URL.ValueString()
		bare := !kusto.HasCredential(url)
		if bare {
			useless = false
		}
		if account := accountOf(identity); bare && !oneLake(identity) && !kusto.TakesNoSAS(url) && !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
		signed := kusto.SecretKind(url) == "SAS" || bare && v.sasToken.ValueString() != ""
		if signed && oneLake(identity) {
			lake = append(lake, i)
		}
		if strings.HasPrefix(identity, "http://") && !onLoopback(identity) {
			plain = append(plain, i)
		}
	}
	if len(lake) > 0 {
		v.add(oneLakeSignatureWarning(root.AtListIndex(lake[0]).AtName("url"), len(lake)))
	}
	if len(plain) > 0 {
		v.add(plainHTTPWarning(root.AtListIndex(plain[0]).AtName("url"), len(plain)))
	}
	if len(accounts) > 1 && v.sasToken.ValueString() != "" {
		v.add(severalAccountsWarning(path.Root("sas_token"), accounts))
	}
	if useless {
		v.add(unusedSASTokenWarning(path.Root("sas_token")))
	}
}

// hostOf returns the host, with its port, of a blob's identity.
func hostOf(identity string) string {
	_, rest, _ := strings.Cut(identity, "://")
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// accountOf returns what a signature can hold for: the account's blob endpoint, be it reached by that, as a data lake or at its second place, and the
// host of anything else.
func accountOf(identity string) string {
	host := hostOf(identity)
	account, rest, _ := strings.Cut(host, ".")
	if lake, ok := strings.CutPrefix(rest, "dfs."); ok {
		return strings.TrimSuffix(account, "-secondary") + ".blob." + lake
	}
	if strings.HasPrefix(rest, "blob.") {
		return strings.TrimSuffix(account, "-secondary") + "." + rest
	}
	return host
}

// oneLake reports whether a blob lies in OneLake, which takes no account's signature.
// See https://learn.microsoft.com/kusto/api/connection-strings/storage-connection-strings.
func oneLake(identity string) bool {
	host, _, _ := strings.Cut(hostOf(identity), ":")
	return strings.HasSuffix(host, ".fabric.microsoft.com")
}

func onLoopback(identity string) bool {
	host := hostOf(identity)
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost" || strings.HasPrefix(name, "127.") || strings.HasPrefix(host, "[::1]")
}

// delimitedFormats are those to which a validation policy applies.
// See https://learn.microsoft.com/kusto/ingestion-properties.
var delimitedFormats = []string{"csv", "psv", "scsv", "sohsv", "tsv", "tsve", "txt", "raw"}

// policyFormat judges that the format is one in which a validation policy means something.
func (v *validation) policyFormat(p propertiesModel) {
	if p.ValidationPolicy.IsNull() || p.ValidationPolicy.IsUnknown() || p.Format.IsNull() || p.Format.IsUnknown() {
		return
	}
	if format := p.Format.ValueString(); slices.Contains(formats, format) && !slices.Contains(delimitedFormats, format) {
		v.add(policyFormatWarning(path.Root("properties").AtName("validation_policy"), format))
	}
}

// expiredCredential returns the time at which the credential that a blob would be sent with has expired, if it has.
func expiredCredential(url, sasToken string, now time.Time) (time.Time, bool) {
	at, ok := kusto.SASExpiry(kusto.WithSAS(url, sasToken))
	return at, ok && at.Before(now)
}
