package kustotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// command runs a management command and gives its first table as a list of rows by column name.
func (c caller) command(csl string) []map[string]any {
	c.t.Helper()
	a := c.must(http.MethodPost, "/v1/rest/mgmt", fmt.Sprintf(`{"db":"Samples","csl":%q}`, csl))
	equal(c.t, csl, a.status, http.StatusOK)
	var document struct {
		Tables []struct {
			TableName string
			Columns   []struct{ ColumnName, DataType, ColumnType string }
			Rows      [][]any
		}
	}
	if err := json.Unmarshal([]byte(a.body), &document); err != nil {
		c.t.Fatal(err)
	}
	equal(c.t, "tables", len(document.Tables), 1)
	var found []map[string]any
	for _, row := range document.Tables[0].Rows {
		byName := map[string]any{}
		for i, value := range row {
			byName[document.Tables[0].Columns[i].ColumnName] = value
		}
		found = append(found, byName)
	}
	return found
}

func TestManagement_cancelTellsTheStateFirst(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Minute))
	c := newCaller(t, server)
	id := c.submit("", put(server, "a", 2)...)
	equal(t, "answer", c.command(`.cancel queued ingestion operation "`+id+`"`), []map[string]any{{
		"IngestionOperationId": id, "StartedOn": "2025-10-01T12:00:00.0000000Z", "LastUpdatedOn": nil, "State": "Canceled",
		"Discovered": 2.0, "Pending": 2.0, "Canceled": 0.0, "Ingested": 0.0, "Failed": 0.0, "SampleFailedReasons": []any{},
		"Database": "Samples", "Table": "Storms",
	}})
	equal(t, "then", c.command(`.show queued ingestion operations '` + id + `'`)[0]["Canceled"], any(2.0))
	server.Advance(time.Hour)
	equal(t, "rows", server.RowCount("Samples", "Storms"), 0)
}

func TestManagement_show(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := c.submit("", put(server, "a", 1)[0], server.URL+"/blobs/seed/none.csv")
	summary := c.command(`.show queued ingestion operations "` + id + `"`)[0]
	equal(t, "summary", [4]any{summary["State"], summary["Ingested"], summary["Failed"], summary["SampleFailedReasons"]},
		[4]any{"Failed", 1.0, 1.0, []any{"Download_SourceNotFound"}})
	states := map[any]any{}
	for _, row := range c.command(`.show queued ingestion operations "` + id + `" details`) {
		states[row["BlobUrl"]] = row["IngestionStatus"]
	}
	equal(t, "details", states, map[any]any{server.URL + "/blobs/seed/a0.csv": "Succeeded", server.URL + "/blobs/seed/none.csv": "Failed"})
}

func TestManagement_otherCommandsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	for text, want := range map[string]string{
		`{"db":"Samples","csl":".show tables"}`:                                "BadRequest_SyntaxError",
		`{"db":"Samples","csl":".cancel queued ingestion operation \"none\""}`: "BadRequest_EntityNotFound",
		`[]`: "General_BadRequest",
	} {
		a := c.must(http.MethodPost, "/v1/rest/mgmt", text)
		equal(t, text, a.status, http.StatusBadRequest)
		equal(t, text, a.errorCode(t), want)
	}
}
