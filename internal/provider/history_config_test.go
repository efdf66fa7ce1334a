package provider

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// document is the configuration of the resource in a history.
type document struct {
	items      []listing
	database   string
	table      string
	properties int  // which of the property sets
	tracking   bool // properties.enable_tracking
	retry      int  // 0: not set, 1: true, 2: false
	wait       bool
	token      bool // whether sas_token is set
	timestamp  int  // 0: not set
}

// listing is one blob in the list.
type listing struct {
	blob    int
	version int  // 0: no source_id
	size    bool // whether raw_size is set
	signed  bool // whether the URL carries a signature
}

const (
	historyBase   = "http://127.0.0.1:8080"
	historyBlobs  = 8  // blobs that a history deals with one by one
	historyFiller = 40 // further ones, for requests of more than 20 blobs
)

// historyTables are where a history may ingest to.
var historyTables = []string{"Events", "Copies"}

// isPrivate reports whether the service needs a signature to read the blob.
func isPrivate(blob int) bool { return blob%4 == 3 }

func containerOf(blob int) string {
	if isPrivate(blob) {
		return "closed"
	}
	return "open"
}

// blobKey is the identity of a blob.
func blobKey(blob int) string {
	return fmt.Sprintf("%s/blobs/%s/b%02d.csv", historyBase, containerOf(blob), blob)
}

func storeBlobs(service *kustotest.Service) {
	for blob := range historyBlobs + historyFiller {
		name, data := fmt.Sprintf("b%02d.csv", blob), fmt.Appendf(nil, "%d,a\n%d,b\n", blob, blob)
		if isPrivate(blob) {
			service.PutPrivateBlob("closed", name, data)
		} else {
			service.PutBlob("open", name, data)
		}
	}
}

func (i listing) sourceID() string {
	return uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%d version %d", i.blob, i.version)).String()
}

// value writes the configuration with the signature that holds at present.
func (d *document) value(kind tftypes.Object, signature string) tftypes.Value {
	list, _ := kind.AttributeTypes["blobs"].(tftypes.List)
	element, _ := list.ElementType.(tftypes.Object)
	blobs := make([]tftypes.Value, len(d.items))
	for i, item := range d.items {
		members := map[string]tftypes.Value{"url": stringOf(blobKey(item.blob))}
		if item.signed {
			members["url"] = stringOf(blobKey(item.blob) + "?" + signature)
		}
		if item.version > 0 {
			members["source_id"] = stringOf(item.sourceID())
		}
		if item.size {
			members["raw_size"] = tftypes.NewValue(tftypes.Number, 8)
		}
		blobs[i] = objectOf(element, members)
	}
	timeouts, _ := kind.AttributeTypes["timeouts"].(tftypes.Object)
	members := map[string]tftypes.Value{
		"blobs": tftypes.NewValue(list, blobs), "database": stringOf(d.database), "table": stringOf(d.table),
		"properties": d.propertySet(kind),
		"timeouts":   objectOf(timeouts, map[string]tftypes.Value{"create": stringOf("10m"), "update": stringOf("10m")}),
	}
	if d.wait {
		members["wait_for_completion"] = tftypes.NewValue(tftypes.Bool, true)
	}
	if d.retry > 0 {
		members["retry_failed_blobs"] = tftypes.NewValue(tftypes.Bool, d.retry == 1)
	}
	if d.token {
		members["sas_token"] = stringOf("?" + signature)
	}
	if d.timestamp > 0 {
		members["timestamp"] = stringOf(fmt.Sprintf("2026-01-%02dT00:00:00Z", d.timestamp))
	}
	return objectOf(kind, members)
}

const propertySets = 6

// propertySet writes one of several sets of properties. With the fourth every blob fails, as there is no such mapping; with the fifth a blob is left
// out when the table holds its tag.
func (d *document) propertySet(kind tftypes.Object) tftypes.Value {
	object, _ := kind.AttributeTypes["properties"].(tftypes.Object)
	texts := func(texts ...string) tftypes.Value {
		values := make([]tftypes.Value, len(texts))
		for i, text := range texts {
			values[i] = stringOf(text)
		}
		return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, values)
	}
	members := map[string]tftypes.Value{"format": stringOf("csv")}
	if !d.tracking {
		members["enable_tracking"] = tftypes.NewValue(tftypes.Bool, false)
	}
	switch d.properties {
	case 1:
		members["tags"] = texts("drop-by:history")
	case 2:
		members["skip_batching"] = tftypes.NewValue(tftypes.Bool, true)
	case 3:
		members["ignore_first_record"] = tftypes.NewValue(tftypes.Bool, true)
	case 4:
		members["ingestion_mapping_reference"] = stringOf("missing")
	case 5:
		members["ingest_if_not_exists"], members["tags"] = texts("history"), texts("ingest-by:history")
	}
	return tftypes.NewValue(object, membersOf(objectOf(object, members)))
}

// shown is one blob in a state or plan.
type shown struct {
	key, sourceID string
	status        string
	open          bool // whether the status is unknown
	missing       bool // whether there is no status
}

// shownIn reads the blobs of a state or plan.
func shownIn(value tftypes.Value) []shown {
	members := membersOf(value)
	statuses := membersOf(members["blob_status"])
	var blobs []shown
	for _, element := range elementsOf(members["blobs"]) {
		attributes := membersOf(element)
		key, _, _ := strings.Cut(textOf(attributes["url"]), "?")
		s := shown{key: key, sourceID: textOf(attributes["source_id"])}
		status, ok := statuses[key]
		switch {
		case !members["blob_status"].IsKnown():
			s.open = true
		case !ok:
			s.missing = true
		default:
			s.open, s.status = !status.IsKnown(), textOf(status)
		}
		blobs = append(blobs, s)
	}
	return blobs
}
