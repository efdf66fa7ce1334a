package kusto

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Cloud is the cloud that a cluster belongs to.
type Cloud struct {
	// LoginEndpoint is the authority host that issues tokens, without a slash at its end.
	LoginEndpoint string
	// Resource is the id of the service for which tokens are issued.
	Resource string
	// MFARequired says that tokens need the variant of the resource that demands a second factor.
	MFARequired bool
}

// publicCloud is what a cluster that has no metadata belongs to.
var publicCloud = Cloud{LoginEndpoint: "https://login.microsoftonline.com", Resource: "https://kusto.kusto.windows.net"}

// Scope returns the OAuth scope of a token for the cluster.
func (c Cloud) Scope() string {
	resource := c.Resource
	if c.MFARequired {
		resource = strings.Replace(resource, ".kusto.", ".kustomfa.", 1)
	}
	return resource + "/.default"
}

// Cloud asks the cluster which cloud it belongs to. The answer is kept. Since a hostile server could answer, its login
// endpoint is accepted only if it is a known one (or an exact trusted host), and if the cluster's host may receive
// tokens of it.
func (c *Client) Cloud(ctx context.Context) (Cloud, error) {
	cloud, err := c.cloud.get(ctx, c.loadCloud)
	var e *Error
	if err != nil && !errors.As(err, &e) { // the context ended while another caller was asking
		err = &Error{Operation: "metadata", Kind: KindCanceled, Err: err}
	}
	return cloud, err
}

func (c *Client) loadCloud(ctx context.Context) (Cloud, time.Duration, error) {
	x := newExchange("metadata", "Metadata")
	data, err := c.get(ctx, c.unsigned, x, "/v1/rest/auth/metadata")
	if err != nil && !IsNotFound(err) {
		return Cloud{}, 0, err
	}
	cloud := publicCloud
	if err == nil && len(data) > 0 {
		if cloud, err = parseCloud(data); err != nil {
			return Cloud{}, 0, x.failure(ctx, fmt.Errorf("the cluster's metadata cannot be read: %w", err), KindInvalidResponse)
		}
	}
	host := c.endpoint.Hostname()
	switch {
	case !trustedLogin(cloud.LoginEndpoint, c.options.TrustedHosts):
		err = fmt.Errorf("the cluster names the login endpoint %s, which is none of the known ones", Redact(cloud.LoginEndpoint))
	case !Trusted(host, cloud.LoginEndpoint, c.options.TrustedHosts):
		err = fmt.Errorf("the cluster's host %s may not have tokens of %s", host, cloud.LoginEndpoint)
	default:
		return cloud, 0, nil
	}
	return Cloud{}, 0, x.failure(ctx, err, KindInvalidResponse)
}

// parseCloud reads the metadata. Members that are missing have the public cloud's values.
func parseCloud(data []byte) (Cloud, error) {
	o, err := parseObject(data)
	if err != nil {
		return Cloud{}, err
	}
	cloud := publicCloud
	aad, err := parseObject(o.get("AzureAD"))
	if err != nil {
		return cloud, nil //nolint:nilerr // metadata of other identity systems only
	}
	if login := strings.TrimSuffix(strings.TrimSpace(aad.text("LoginEndpoint")), "/"); login != "" {
		cloud.LoginEndpoint = login
	}
	if resource := strings.TrimSpace(aad.text("KustoServiceResourceId")); resource != "" {
		if u, err := url.Parse(resource); err != nil || u.Scheme != "https" || u.Host == "" {
			return Cloud{}, errors.New("the resource id is not an https URI")
		}
		cloud.Resource = resource
	}
	cloud.MFARequired, _ = aad.boolean("LoginMfaRequired")
	return cloud, nil
}
