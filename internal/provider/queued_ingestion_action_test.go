package provider

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// invoke calls the action over the protocol and returns its progress and its diagnostics as text.
func (p *protocol) invoke(t *testing.T, blobs []map[string]string, more map[string]tftypes.Value) (progress, problems []string) {
	t.Helper()
	schemas, err := p.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind := schemas.ActionSchemas["kusto_queued_ingestion"].Schema.ValueType()
	object, ok := kind.(tftypes.Object)
	if !ok {
		t.Fatal("the action is no object")
	}
	list, ok := object.AttributeTypes["blobs"].(tftypes.List)
	if !ok {
		t.Fatal("blobs is no list")
	}
	elements := make([]tftypes.Value, len(blobs))
	for i, b := range blobs {
		attributes := map[string]tftypes.Value{}
		for name, text := range b {
			attributes[name] = tftypes.NewValue(tftypes.String, text)
		}
		elements[i] = filled(t, list.ElementType, attributes)
	}
	attributes := map[string]tftypes.Value{
		"database": tftypes.NewValue(tftypes.String, "Samples"), "table": tftypes.NewValue(tftypes.String, "Events"),
		"blobs":      tftypes.NewValue(list, elements),
		"properties": filled(t, object.AttributeTypes["properties"], map[string]tftypes.Value{"format": tftypes.NewValue(tftypes.String, "csv")}),
	}
	for name, value := range more {
		attributes[name] = value
	}
	actions, ok := p.server.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider serves no actions")
	}
	stream, err := actions.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{
		ActionType: "kusto_queued_ingestion", Config: dynamic(t, kind, filled(t, kind, attributes)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, e.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			for _, d := range e.Diagnostics {
				problems = append(problems, d.Severity.String()+": "+d.Summary+": "+d.Detail)
			}
		}
	}
	return progress, problems
}

func urlsAsBlobs(urls []string) []map[string]string {
	blobs := make([]map[string]string, len(urls))
	for i, u := range urls {
		blobs[i] = map[string]string{"url": u}
	}
	return blobs
}

func TestAction_waitsAndTellsItsProgress(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	urls := putBlobs(p.mock, 25)
	progress, problems := p.invoke(t, urlsAsBlobs(urls), nil)
	if problems != nil {
		t.Error(problems)
	}
	if len(progress) < 2 || !strings.HasPrefix(progress[0], "25 of 25 blobs submitted in 2 operations, the latest ") || progress[len(progress)-1] != "25 of 25 blobs succeeded" {
		t.Errorf("progress: %q", progress)
	}
	for i := 1; i < len(progress); i++ {
		if progress[i] == progress[i-1] {
			t.Errorf("the line %q is told twice", progress[i])
		}
	}
	expectRows(t, p.mock, "Events", 50)
}

func TestAction_ingestsAgainEachTime(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	urls := putBlobs(p.mock, 1)
	for range 2 {
		if _, problems := p.invoke(t, urlsAsBlobs(urls), nil); problems != nil {
			t.Error(problems)
		}
	}
	submitted := p.mock.SubmittedBlobs()
	if len(submitted) != 2 || submitted[0].SourceID == submitted[1].SourceID {
		t.Errorf("submitted %+v", submitted)
	}
	expectRows(t, p.mock, "Events", 4)
}

func TestAction_doesNotWaitWhenToldSo(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	urls := putBlobs(p.mock, 1)
	p.mock.Outcome(urls[0], kustotest.Outcome{Hang: true})
	progress, problems := p.invoke(t, urlsAsBlobs(urls), map[string]tftypes.Value{"wait_for_completion": tftypes.NewValue(tftypes.Bool, false)})
	if len(progress) != 1 || problems != nil {
		t.Errorf("progress %q, problems %q", progress, problems)
	}
	if got := p.mock.Count(kustotest.RouteStatus); got != 0 {
		t.Errorf("%d status reads", got)
	}
}

func TestAction_sasTokenReachesTheServiceAlone(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	url, sas := p.mock.PutPrivateBlob("private", "a.csv", []byte("1,a\n"))
	progress, problems := p.invoke(t, urlsAsBlobs([]string{url}), map[string]tftypes.Value{"sas_token": tftypes.NewValue(tftypes.String, sas)})
	if problems != nil || strings.Contains(strings.Join(progress, " "), "sig=") {
		t.Errorf("progress %q, problems %q", progress, problems)
	}
	expectRows(t, p.mock, "Events", 1)
}

func TestAction_filesAreStaged(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	name := putFile(t, t.TempDir(), "a.csv", "1,a\n2,b\n")
	url := putBlobs(p.mock, 1)[0]
	if _, problems := p.invoke(t, []map[string]string{{"file": name}, {"url": url}}, nil); problems != nil {
		t.Error(problems)
	}
	expectRows(t, p.mock, "Events", 4)
}

// Everything that leaves data missing, or may, is an error, as an action has no state in which it could stand.
func TestAction_incompleteIsAnError(t *testing.T) {
	t.Parallel()
	second := map[string]tftypes.Value{"timeout": tftypes.NewValue(tftypes.String, "1s")}
	for name, c := range map[string]struct {
		world func(*kustotest.Server, []string)
		more  map[string]tftypes.Value
		want  []string // parts of the errors, in order
	}{
		"failed blobs by code": {func(s *kustotest.Server, urls []string) {
			s.Outcome(urls[0], kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden"})
			s.Outcome(urls[1], kustotest.Outcome{State: "Failed", ErrorCode: "BadRequest_EmptyBlob"})
		}, nil, []string{"Some blobs were not ingested", "gave up on 2 blobs", "BadRequest_EmptyBlob:\n  - ", "part-001.csv", "Download_Forbidden:\n  - ", "part-000.csv", "keeps no ledger"}},
		"refused": {func(s *kustotest.Server, _ []string) {
			s.Inject(kustotest.FaultForbidden().On(kustotest.RouteSubmit))
		}, nil, []string{"Unable to submit the ingestion", "Status code:", "403", "keeps no ledger"}},
		"unknown": {func(s *kustotest.Server, _ []string) {
			s.Inject(kustotest.FaultDroppedAfterAccept().On(kustotest.RouteSubmit).Times(1))
		}, nil, []string{"It is not known whether blobs were accepted", "keeps no ledger"}},
		"timeout": {func(s *kustotest.Server, urls []string) {
			s.Outcome(urls[2], kustotest.Outcome{Hang: true})
		}, second, []string{"The ingestion is not finished", "1 blob was still queued or in progress", "keeps no ledger"}},
		"invalid": {func(*kustotest.Server, []string) {}, map[string]tftypes.Value{"table": tftypes.NewValue(tftypes.String, "['x']")},
			[]string{"Not a name of a table"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProtocol(t)
			urls := putBlobs(p.mock, 3)
			c.world(p.mock, urls)
			_, problems := p.invoke(t, urlsAsBlobs(urls), c.more)
			text := strings.Join(problems, "\n")
			if !strings.HasPrefix(text, "ERROR: ") {
				t.Fatalf("problems: %q", problems)
			}
			rest := text
			for _, part := range c.want {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("%q is missing, or in another place, in\n%s", part, text)
				}
				rest = after
			}
		})
	}
}

func TestAction_validatesAsTheResourceDoes(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	_, problems := p.invoke(t, []map[string]string{{"url": "https://a.blob.core.windows.net/c/x"}, {"url": "https://a.blob.core.windows.net/c/x?sig=1"}}, nil)
	if len(problems) != 1 || !strings.Contains(problems[0], "The same blob twice") {
		t.Errorf("problems: %q", problems)
	}
	if diff := cmp.Diff(0, p.mock.Count(kustotest.RouteAny)); diff != "" {
		t.Error(diff)
	}
}

func TestAccAction_runsAfterAResourceWasCreated(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithClock(kustotest.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))))
	url, sas := server.PutPrivateBlob("private", "a.csv", []byte("1,a\n2,b\n"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
provider "kusto" {
  cluster_uri  = %q
  access_token = "token-of-the-test"
}

action "kusto_queued_ingestion" "load" {
  config {
    database   = "Samples"
    table      = "Events"
    blobs      = [{ url = %q }]
    properties = { format = "csv" }
    sas_token  = %q
  }
}

resource "terraform_data" "release" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.kusto_queued_ingestion.load]
    }
  }
}
`, server.URL, url, sas),
			PostApplyFunc: func() { expectRows(t, server, "Events", 2) },
		}},
	})
}
