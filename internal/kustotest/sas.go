package kustotest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// farFuture is when signatures expire: never within a test, whichever clock the reader goes by.
var farFuture = time.Date(2099, time.December, 31, 23, 59, 59, 0, time.UTC)

const sasTime = "2006-01-02T15:04:05Z"

// SAS issues a shared access signature that reads and deletes the blobs of a container. Each call gives another one; all are valid.
func (s *Service) SAS(container string) string {
	return s.SASUntil(container, farFuture)
}

// SASUntil issues a shared access signature of a container that expires.
func (s *Service) SASUntil(container string, expiry time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signLocked(container, "", "rd", expiry)
}

// signLocked issues a signature in the form of Azure Storage
// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas), with a key of its own.
func (s *Service) signLocked(container, blob, permissions string, expiry time.Time) string {
	s.signatures++
	// The start time differs each time, which gives each signature another value.
	start := epoch.AddDate(-1, 0, 0).Add(time.Duration(s.signatures) * time.Second)
	values := url.Values{
		"sv": {"2024-11-04"}, "st": {start.Format(sasTime)}, "se": {expiry.UTC().Format(sasTime)},
		"sr": {"c"}, "sp": {permissions}, "spr": {"https,http"},
	}
	if blob != "" {
		values.Set("sr", "b")
	}
	values.Set("sig", s.signature(container, blob, values))
	return values.Encode()
}

func (s *Service) signature(container, blob string, values url.Values) string {
	resource := container
	if values.Get("sr") == "b" {
		resource += "/" + blob
	}
	mac := hmac.New(sha256.New, s.signingKey)
	for _, part := range []string{resource, values.Get("sv"), values.Get("st"), values.Get("se"), values.Get("sr"), values.Get("sp"), values.Get("spr")} {
		mac.Write([]byte(part + "\n"))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// storageDenial is why a request may not touch a blob.
type storageDenial struct {
	code    string
	message string
}

// permittedLocked checks the signature in a query for one of the permissions (r, w, c, d).
func (s *Service) permittedLocked(container, blob string, query url.Values, anyOf string) *storageDenial {
	if query.Get("sig") == "" {
		return &storageDenial{"AuthenticationFailed", "Server failed to authenticate the request. No signature was given."}
	}
	if !hmac.Equal([]byte(query.Get("sig")), []byte(s.signature(container, blob, query))) {
		return &storageDenial{"AuthenticationFailed", "Server failed to authenticate the request. Signature did not match."}
	}
	expiry, err := time.Parse(sasTime, query.Get("se"))
	if err != nil || !s.clock.Now().Before(expiry) {
		return &storageDenial{"AuthenticationFailed", "Server failed to authenticate the request. Signature not valid in the specified time frame."}
	}
	if !strings.ContainsAny(query.Get("sp"), anyOf) {
		return &storageDenial{"AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."}
	}
	return nil
}

// opensLocked tells whether the credential in a blob's URL opens it. A managed identity, a token and an account key are taken as
// they come: there is no directory to ask.
func (s *Service) opensLocked(u blobURL) bool {
	if u.suffix != "" {
		return true
	}
	return s.permittedLocked(u.container, u.name, u.query, "r") == nil
}

// deletesLocked tells whether the credential also deletes.
func (s *Service) deletesLocked(u blobURL) bool {
	blob, stored := s.storedLocked(u)
	if !stored || !blob.private || u.suffix != "" {
		return true
	}
	return s.permittedLocked(u.container, u.name, u.query, "d") == nil
}
