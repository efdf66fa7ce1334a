package provider

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// memoryKey is the key of the ledger's memory in the resource's private state.
const memoryKey = "ledger"

// ModifyPlan makes the plan say what apply will do, blob by blob: a status is unknown for exactly those blobs that will be submitted.
//
// The framework marks every computed value as unknown as soon as configuration and state differ anywhere, and none when they do not. So each
// computed value is set here: put back where nothing is sent, made unknown where a retry is due.
func (r *queuedIngestionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan queuedIngestionModel
	resp.Diagnostics.Append(config.read(ctx, req.Config)...)
	resp.Diagnostics.Append(plan.read(ctx, req.Plan)...)
	p := planning{config: config, plan: plan, book: ledger.New(), now: time.Now()}
	if !req.State.Raw.IsNull() {
		p.state = &queuedIngestionModel{}
		resp.Diagnostics.Append(p.state.read(ctx, req.State)...)
	}
	memory, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(p.run(ctx, memory)...)
	if p.sends && r.data != nil && r.data.known {
		_, diags := r.data.client() // makes no request
		resp.Diagnostics.Append(diags...)
	}
	resp.RequiresReplace = append(resp.RequiresReplace, p.replace...)
	resp.Diagnostics.Append(p.files.keep(ctx, resp.Private)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(p.plan.write(ctx, &resp.Plan)...)
	}
}

// planning is one plan in the making.
type planning struct {
	config, plan queuedIngestionModel
	state        *queuedIngestionModel // nil when the resource is to be created
	book         *ledger.Ledger
	files        localFiles // as they are now, by path
	now          time.Time
	replace      path.Paths
	sends        bool // whether apply submits anything
}

func (p *planning) run(ctx context.Context, memory []byte) diag.Diagnostics {
	diags := p.recall(ctx, memory)
	files, gone, more := inspectFiles(p.config.Blobs, p.config.Properties)
	diags.Append(more...)
	if diags.HasError() {
		return diags
	}
	p.files = files
	wanted, complete := p.wanted()
	retry, known := retryWanted(p.config)
	decisions := p.book.Decide(wanted, retry || !known)
	diags.Append(p.repeatedSourceIDs()...)
	diags.Append(judgeGone(gone, decisions, fileArguments(p.config.Blobs))...)
	diags.Append(sendAgainWarning(decisions)...)
	diags.Append(unknownOutcomeWarning(decisions)...)
	diags.Append(heldWarning(decisions)...)
	diags.Append(straysWarning(p.book.Unmatched(wanted))...)
	diags.Append(p.expired(decisions)...)
	p.setOutputs(decisions, complete)
	return diags
}

// recall opens the book of a resource that stays where it is. Any other begins with an empty one.
func (p *planning) recall(ctx context.Context, memory []byte) diag.Diagnostics {
	if p.state == nil {
		return nil
	}
	if diags := p.replacement(); len(p.replace) > 0 {
		return diags
	}
	book, err := p.state.ledger(memory)
	if err != nil {
		return diag.Diagnostics{unreadableLedger(err)}
	}
	p.book = book
	respell(book, blobArguments(p.config.Blobs))
	p.keepMeaning(ctx)
	return p.propertiesWarning(ctx)
}

// expired refuses to send blobs whose signature has expired. It does not judge blobs that stay where they are: their URL is of no use any more.
func (p *planning) expired(decisions []ledger.Decision) diag.Diagnostics {
	sends := map[string]bool{}
	for _, d := range ledger.Sending(decisions) {
		sends[d.Key] = true
	}
	var diags diag.Diagnostics
	for i, b := range blobArguments(p.config.Blobs) {
		if key, known := b.key(); !known || !sends[key] || b.isFile() {
			continue
		}
		if at, expired := expiredCredential(b.URL.ValueString(), "", p.now); expired {
			diags.Append(expiredCredentialError(path.Root("blobs").AtListIndex(i).AtName("url"), at))
		} else if at, expired = expiredCredential(b.URL.ValueString(), p.config.SASToken.ValueString(), p.now); expired {
			diags.Append(expiredCredentialError(path.Root("sas_token"), at))
			break
		}
	}
	return diags
}

// replacement finds whether another table is meant. The service does not tell upper from lower case in the name of a database, so a change of that
// alone must not send everything again.
func (p *planning) replacement() diag.Diagnostics {
	if p.plan.Database.IsUnknown() || !strings.EqualFold(p.plan.Database.ValueString(), p.state.Database.ValueString()) {
		p.replace = append(p.replace, path.Root("database"))
	}
	if !p.plan.Table.Equal(p.state.Table) {
		p.replace = append(p.replace, path.Root("table"))
	}
	if len(p.replace) == 0 {
		return nil
	}
	return replacementWarning(*p.state, p.plan)
}

// keepMeaning keeps the prior text of what is written otherwise and means the same, so that it is no change: the name of the database in other case, a
// URL with another credential at the same place of the list, a time with another offset, properties with other white space. (Semantic equality of types
// does not act on plans.)
func (p *planning) keepMeaning(ctx context.Context) {
	p.plan.Database = p.state.Database
	if sameTime(ctx, p.plan.Timestamp, p.state.Timestamp) {
		p.plan.Timestamp = p.state.Timestamp
	}
	planned, ok := propertiesOf(p.plan.Properties)
	former, hadSome := propertiesOf(p.state.Properties)
	if ok && hadSome && planned.same(ctx, former) {
		p.plan.Properties = p.state.Properties
	}
}

func (p *planning) propertiesWarning(ctx context.Context) diag.Diagnostics {
	planned, ok := propertiesOf(p.plan.Properties)
	former, hadSome := propertiesOf(p.state.Properties)
	if !ok || !hadSome || planned.same(ctx, former) {
		return nil
	}
	submitted := 0
	for _, e := range p.book.Entries {
		if e.Status != ledger.NotSubmitted && !e.Status.GivenUp() {
			submitted++
		}
	}
	if submitted == 0 {
		return nil
	}
	return diag.Diagnostics{propertiesChangedWarning(submitted)}
}

// wanted sets the planned blobs and returns those whose identity is known, and whether that is all of them.
func (p *planning) wanted() ([]ledger.Blob, bool) {
	if p.config.Blobs.IsUnknown() || p.config.Blobs.IsNull() {
		return nil, false
	}
	arguments := blobArguments(p.config.Blobs)
	var former []blobArgument
	if p.state != nil && len(p.replace) == 0 {
		former = blobArguments(p.state.Blobs)
	}
	wanted := make([]ledger.Blob, 0, len(arguments))
	for i := range arguments {
		a := &arguments[i]
		key, known := a.key()
		if a.SourceID.IsNull() {
			a.SourceID = p.sourceID(*a, key, known)
		}
		if !known {
			continue
		}
		wanted = append(wanted, ledger.Blob{Key: key, SourceID: a.SourceID.ValueString()})
		if i < len(former) {
			if formerKey, ok := former[i].key(); ok && formerKey == key && !a.isFile() && !former[i].isFile() {
				a.URL = former[i].URL
			}
		}
	}
	p.plan.Blobs = blobList(arguments)
	return wanted, len(wanted) == len(arguments)
}

// repeatedSourceIDs refuses what the validation cannot see: a source id that is configured for one blob and is derived or remembered for another.
func (p *planning) repeatedSourceIDs() diag.Diagnostics {
	var diags diag.Diagnostics
	seen := map[string]int{}
	for i, b := range blobArguments(p.plan.Blobs) {
		id := strings.ToLower(b.SourceID.ValueString())
		if first, twice := seen[id]; twice && id != "" {
			diags.Append(duplicateSourceIDError(path.Root("blobs").AtListIndex(i).AtName("source_id"), first))
		}
		seen[id] = i
	}
	return diags
}

// sourceID is the planned version of a blob whose configuration names none.
func (p *planning) sourceID(b blobArgument, key string, known bool) types.String {
	if !known || p.plan.Database.IsUnknown() || p.plan.Table.IsUnknown() {
		return types.StringUnknown()
	}
	if b.isFile() {
		file, there := p.files[key]
		if !there {
			return textOrNull(p.book.Version(key, "")) // judged when it is known whether the file is needed
		}
		return types.StringValue(defaultSourceID(p.plan.Database.ValueString(), p.plan.Table.ValueString(), plainPath(key), file.hash()))
	}
	return types.StringValue(p.book.Version(key, defaultSourceID(p.plan.Database.ValueString(), p.plan.Table.ValueString(), key)))
}

func (p *planning) setOutputs(decisions []ledger.Decision, complete bool) {
	undecided := p.undecided()
	p.sends = !complete || len(ledger.Sending(decisions)) > 0 || len(undecided) > 0
	if !p.sends {
		p.book.Adopt(decisions)
		p.plan.setOutputs(p.book, ledgerBlobs(p.plan.Blobs))
		return
	}
	p.plan.FailedBlobs = types.ListUnknown(failedBlobType)
	p.plan.IngestionOperationID = types.StringUnknown()
	p.plan.IngestionOperationIDs = types.ListUnknown(types.StringType)
	p.plan.LastUpdated = types.StringUnknown()
	p.plan.StartTime = types.StringUnknown()
	p.plan.State = types.StringUnknown()
	p.plan.Status = types.ObjectUnknown(statusType.AttrTypes)
	p.plan.BlobStatus = types.MapUnknown(types.StringType)
	if complete {
		p.plan.BlobStatus = plannedStatus(decisions, undecided)
	}
}

// undecided returns the keys of blobs whose version is not known yet.
func (p *planning) undecided() map[string]bool {
	keys := map[string]bool{}
	for _, b := range blobArguments(p.plan.Blobs) {
		if key, known := b.key(); known && b.SourceID.IsUnknown() {
			keys[key] = true
		}
	}
	return keys
}

// plannedStatus is unknown for what will be sent, so that the plan prints one line for each such blob.
func plannedStatus(decisions []ledger.Decision, undecided map[string]bool) types.Map {
	status := make(map[string]attr.Value, len(decisions))
	for _, d := range decisions {
		status[d.Key] = types.StringValue(string(d.Prior.Status))
		if d.Class.Sends() || undecided[d.Key] {
			status[d.Key] = types.StringUnknown()
		}
	}
	return types.MapValueMust(types.StringType, status)
}

// retryWanted reports whether blobs that were given up are sent again, and whether that is known yet.
func retryWanted(config queuedIngestionModel) (retry, known bool) {
	if !config.RetryFailedBlobs.IsNull() {
		return config.RetryFailedBlobs.ValueBool(), !config.RetryFailedBlobs.IsUnknown()
	}
	properties, ok := propertiesOf(config.Properties)
	if !ok || properties.IngestIfNotExists.IsUnknown() {
		return false, false
	}
	return !properties.conditional(), true
}
