package kusto

import (
	"context"
	"errors"
	"net/url"
	"time"
)

type cached[T any] struct{ _ T }

func ParseEndpoint(raw string) (*url.URL, error) { return url.Parse(raw) }

func Trusted(host, loginEndpoint string, extra []string) bool { return false }

func CheckTrustedHost(entry string) error { return nil }

type Cloud struct {
	LoginEndpoint, Resource string
	MFARequired             bool
}

func (c Cloud) Scope() string { return c.Resource + "/.default" }

func (c *Client) Cloud(ctx context.Context) (Cloud, error) { return Cloud{}, errors.New("provisional") }

func BlobIdentity(raw string) (string, error) { return raw, nil }

func HasCredential(raw string) bool { return false }

func SecretKind(raw string) string { return "" }

func SASExpiry(raw string) (time.Time, bool) { return time.Time{}, false }

func WithSAS(raw, sas string) string { return raw + "?" + sas }

func Redact(text string) string { return text }
