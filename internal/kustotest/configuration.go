package kustotest

import (
	"context"
	"strings"
)

type configurationDocument struct {
	ContainerSettings containerSettings `json:"containerSettings"`
	IngestionSettings ingestionSettings `json:"ingestionSettings"`
}

type containerSettings struct {
	Containers            []pathMember `json:"containers"`
	LakeFolders           []pathMember `json:"lakeFolders"`
	RefreshInterval       string       `json:"refreshInterval"`
	PreferredUploadMethod string       `json:"preferredUploadMethod"`
}

type pathMember struct {
	Path string `json:"path"`
}

type ingestionSettings struct {
	MaxBlobsPerBatch         int    `json:"maxBlobsPerBatch"`
	MaxDataSize              int64  `json:"maxDataSize"`
	PreferredIngestionMethod string `json:"preferredIngestionMethod"`
}

// serveConfiguration offers staging containers, each time with other signatures, and tells the limits.
func (s *Service) serveConfiguration(_ context.Context, c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	document := configurationDocument{
		ContainerSettings: containerSettings{
			Containers: []pathMember{}, LakeFolders: []pathMember{}, RefreshInterval: "01:00:00", PreferredUploadMethod: "Storage",
		},
		IngestionSettings: ingestionSettings{MaxBlobsPerBatch: s.maxBlobs, MaxDataSize: s.maxSize, PreferredIngestionMethod: "REST"},
	}
	for i := range s.staging {
		name := stagingName(i)
		path := s.base + "/blobs/" + name + "?" + s.signLocked(name, "", "rcwd", farFuture)
		document.ContainerSettings.Containers = append(document.ContainerSettings.Containers, pathMember{path})
	}
	for _, folder := range s.lakeFolders {
		document.ContainerSettings.LakeFolders = append(document.ContainerSettings.LakeFolders, pathMember{folder})
	}
	if len(s.lakeFolders) > 0 && s.staging == 0 {
		document.ContainerSettings.PreferredUploadMethod = "Lake"
	}
	return c.json(document)
}

type metadataDocument struct {
	AzureAD azureADMember `json:"AzureAD"`
	DSTS    dstsMember    `json:"dSTS"`
}

type azureADMember struct {
	LoginEndpoint          string
	LoginMfaRequired       bool
	KustoClientAppID       string `json:"KustoClientAppId"`
	KustoClientRedirectURI string `json:"KustoClientRedirectUri"`
	KustoServiceResourceID string `json:"KustoServiceResourceId"`
	FirstPartyAuthorityURL string `json:"FirstPartyAuthorityUrl"`
}

type dstsMember struct {
	CloudEndpointSuffix string
	DstsRealm           string
	DstsInstance        string
	KustoDNSHostName    string `json:"KustoDnsHostName"`
	ServiceName         string
}

// serveMetadata tells where tokens come from and for which audience. It needs none itself.
func (s *Service) serveMetadata(c *call) reply {
	login := strings.TrimSuffix(s.cloud.LoginEndpoint, "/")
	return c.json(metadataDocument{
		AzureAD: azureADMember{
			LoginEndpoint: login, LoginMfaRequired: s.cloud.MFARequired,
			KustoClientAppID: "db662dc1-0cfe-4e1c-a843-19a68e65be58", KustoClientRedirectURI: "https://microsoft/kustoclient",
			KustoServiceResourceID: s.cloud.Resource, FirstPartyAuthorityURL: login + "/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
		},
		DSTS: dstsMember{
			CloudEndpointSuffix: "windows.net", DstsRealm: "realm://dsts.core.windows.net", DstsInstance: "prod-dsts.dsts.core.windows.net",
			KustoDNSHostName: "kusto.windows.net", ServiceName: "kusto",
		},
	})
}
