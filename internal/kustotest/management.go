package kustotest

import (
	"context"
	"encoding/json"
	"regexp"
	"time"
)

// The two management commands that are about queued ingestion operations
// (https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingestion-overview).
var (
	cancelCommand = regexp.MustCompile(`(?i)^\s*\.cancel\s+queued\s+ingestion\s+operation\s+(?:"([^"]+)"|'([^']+)')\s*$`)
	showCommand   = regexp.MustCompile(`(?i)^\s*\.show\s+queued\s+ingestion\s+operations?\s+(?:"([^"]+)"|'([^']+)')\s*(details)?\s*$`)
)

// serveManagement runs ".cancel queued ingestion operation" and ".show queued ingestion operations [details]".
func (s *Service) serveManagement(ctx context.Context, c *call) reply {
	var sent struct {
		DB  string `json:"db"`
		CSL string `json:"csl"`
	}
	if err := json.Unmarshal(c.body, &sent); err != nil {
		return c.refuse(*badRequest("General_BadRequest", "The request body is no JSON object."))
	}
	s.settle(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel, show := cancelCommand.FindStringSubmatch(sent.CSL), showCommand.FindStringSubmatch(sent.CSL)
	var id string
	switch {
	case cancel != nil:
		id = cancel[1] + cancel[2]
	case show != nil:
		id = show[1] + show[2]
	default:
		return c.refuse(*badRequest("BadRequest_SyntaxError", "Syntax error: the command is not known to this service."))
	}
	c.operationID = id
	op, found := s.findLocked(id)
	if !found {
		return c.refuse(*badRequest("BadRequest_EntityNotFound", "Ingestion operation '%s' was not found.", id))
	}
	if show != nil && show[3] != "" {
		return c.json(op.detailTable())
	}
	if cancel == nil {
		return c.json(op.summaryTable())
	}
	op.canceled = true
	answer := op.summaryTable() // As the documentation's example: the state is told at once, the counters follow.
	s.cancelLocked(op)
	return c.json(answer)
}

// resultTables is the form of version 1 of the management endpoint's answers (https://learn.microsoft.com/kusto/api/rest/response-http).
type resultTables struct {
	Tables []resultTable
}

type resultTable struct {
	TableName string
	Columns   []resultColumn
	Rows      [][]any
}

type resultColumn struct {
	ColumnName string
	DataType   string
	ColumnType string
}

var netTypes = map[string]string{"string": "String", "datetime": "DateTime", "long": "Int64", "dynamic": "Object"}

func newResult(columns [][2]string, rows ...[]any) resultTables {
	t := resultTable{TableName: "Table_0", Rows: rows}
	for _, column := range columns {
		t.Columns = append(t.Columns, resultColumn{column[0], netTypes[column[1]], column[1]})
	}
	return resultTables{[]resultTable{t}}
}

func (op *operation) summaryTable() resultTables {
	count := op.count()
	state := "Completed"
	switch {
	case op.canceled:
		state = stateCanceled
	case count.InProgress > 0:
		state = stateInProgress
	case count.Failed > 0:
		state = stateFailed
	}
	reasons := []string{}
	for _, b := range op.blobs {
		if b.failure != nil && b.state == stateFailed && len(reasons) < 3 {
			reasons = append(reasons, b.failure.code)
		}
	}
	return newResult(
		[][2]string{
			{"IngestionOperationId", "string"}, {"StartedOn", "datetime"}, {"LastUpdatedOn", "datetime"}, {"State", "string"},
			{"Discovered", "long"}, {"Pending", "long"}, {"Canceled", "long"}, {"Ingested", "long"}, {"Failed", "long"},
			{"SampleFailedReasons", "dynamic"}, {"Database", "string"}, {"Table", "string"},
		},
		[]any{
			op.id, timestamp(op.accepted), nullTime(op.updated()), state, len(op.blobs), count.InProgress, count.Canceled, count.Succeeded,
			count.Failed, reasons, op.database, op.table,
		},
	)
}

func (op *operation) detailTable() resultTables {
	rows := [][]any{}
	for _, b := range op.shuffled() {
		state, completed, reason := "Pending", any(nil), ""
		if b.done {
			state, completed = b.state, nullTime(b.updated)
		}
		if b.failure != nil {
			reason = b.failure.details
		}
		rows = append(rows, []any{op.id, b.url.identity, state, nullTime(b.started), completed, reason})
	}
	return newResult([][2]string{
		{"IngestionOperationId", "string"}, {"BlobUrl", "string"}, {"IngestionStatus", "string"},
		{"StartedAt", "datetime"}, {"CompletedAt", "datetime"}, {"FailedReason", "string"},
	}, rows...)
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return timestamp(t)
}
