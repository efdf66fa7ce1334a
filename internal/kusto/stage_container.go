package kusto

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// stagingContainer is a container of the service, with the SAS that lets one write to it.
type stagingContainer struct {
	base string // scheme, host and path without a slash at the end
	sas  string // a secret; "" when the container needs none
}

// parseStagingContainer reads a container's URL. The service is trusted to name its own storage, but not to have files
// sent over the network in the clear. No error repeats the URL.
func parseStagingContainer(raw string) (stagingContainer, error) {
	base, sas, _ := strings.Cut(raw, "?")
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return stagingContainer{}, errors.New("the service offers a staging container whose URL cannot be read")
	case u.Scheme != "https" && u.Scheme != "http":
		return stagingContainer{}, errors.New("the service offers a staging container that is not reached over https")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return stagingContainer{}, fmt.Errorf("the service offers a staging container over plain http, on %s", Redact(u.Host))
	case u.User != nil || strings.ContainsAny(raw, "#;") || checkHost(u.Hostname()) != nil || strings.Trim(u.Path, "/") == "":
		return stagingContainer{}, errors.New("the service offers a staging container whose URL is not that of a container with a SAS")
	}
	return stagingContainer{base: strings.TrimRight(base, "/"), sas: sas}, nil
}

// blobURL returns the URL of a blob of the container, with the SAS.
func (c stagingContainer) blobURL(name string) string {
	if c.sas == "" {
		return c.base + "/" + name
	}
	return c.base + "/" + name + "?" + c.sas
}

// name returns the container's place without scheme and SAS.
func (c stagingContainer) name() string {
	_, place, _ := strings.Cut(c.base, "://")
	return place
}

// String returns the container's place without its SAS.
func (c stagingContainer) String() string { return c.name() }

// GoString returns the container's place without its SAS.
func (c stagingContainer) GoString() string { return c.name() }

// stagedName returns a name for the blob of a file: source, something unique, file. The source and the file are there
// for people. What is unique keeps a file that is staged again from overwriting its former blob, which may still wait
// in the service's queue, or being deleted with it. The extension tells the service how the blob is compressed.
func stagedName(path string, o StageOptions) string {
	extension := compression(path)
	base := filepath.Base(path)
	base = base[:len(base)-len(extension)]
	if wrapped(path, o.Format) {
		extension = ".gz"
	}
	inner := filepath.Ext(base)
	stem := strings.TrimSuffix(base, inner)
	name := uuid.NewString() + "_" + strings.TrimRight(blobSafe(stem, 80)+blobSafe(inner, 16), ".") + extension
	if o.SourceID == "" {
		return name
	}
	return blobSafe(o.SourceID, 64) + "_" + name
}

// blobSafe replaces what would need an escape in a URL, and cuts what is too long: a blob's name has at most 1,024
// characters.
func blobSafe(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_':
			return r
		default:
			return '_'
		}
	}, s)
	return s[:min(len(s), most)]
}
