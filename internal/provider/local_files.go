package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// filesKey is the key under which a plan keeps what the files were like when it was made.
const filesKey = "files"

// parallelUploads bounds the files of one resource that are uploaded at a time; each has a few blocks in memory.
const parallelUploads = 4

// localFile is a file as it was when it was looked at.
type localFile kusto.File

func (f localFile) hash() string { return hex.EncodeToString(f.SHA256[:]) }

// localFiles are files by their path as it is written.
type localFiles map[string]localFile

// fileArguments returns the places of the files in the list of blobs.
func fileArguments(list types.List) map[string]path.Path {
	places := map[string]path.Path{}
	for i, b := range blobArguments(list) {
		if b.isFile() {
			places[b.File.ValueString()] = path.Root("blobs").AtListIndex(i).AtName("file")
		}
	}
	return places
}

// plainPath returns a path without what changes nothing in it, so that "./seed/a.csv" and "seed/a.csv" are one version of one file. It does not resolve
// "..", which means something else after a link.
func plainPath(name string) string {
	elements := strings.Split(filepath.ToSlash(name), "/")
	plain := elements[:1]
	for _, element := range elements[1:] {
		if element != "" && element != "." {
			plain = append(plain, element)
		}
	}
	if len(plain) > 1 && plain[0] == "." {
		plain = plain[1:]
	}
	return strings.Join(plain, "/")
}

// respell moves the entries of files to the spelling of their paths that the configuration has now: to write a path otherwise sends nothing.
func respell(book *ledger.Ledger, blobs []blobArgument) {
	wanted, missing := map[string]bool{}, map[string]string{}
	for _, b := range blobs {
		key, known := b.key()
		if !known || !b.isFile() {
			continue
		}
		wanted[key] = true
		if _, ok := book.Entries[key]; !ok {
			missing[plainPath(key)] = key
		}
	}
	if len(missing) == 0 {
		return
	}
	for key := range maps.Clone(book.Entries) {
		if now, ok := missing[plainPath(key)]; ok && !wanted[key] {
			book.Rename(key, now)
		}
	}
}

// inspectFiles hashes the files of a configuration and refuses those that cannot be ingested. Of those that are not there it returns why, since it may
// be that nothing of them is wanted any more.
func inspectFiles(blobs types.List, properties types.Object) (files localFiles, gone map[string]error, diags diag.Diagnostics) {
	places := fileArguments(blobs)
	if len(places) == 0 {
		return nil, nil, nil
	}
	limit := sizeLimit(properties)
	files, gone = make(localFiles, len(places)), map[string]error{}
	for name, at := range places {
		file, err := kusto.InspectFile(name, limit)
		switch {
		case errors.Is(err, kusto.ErrFileMissing):
			gone[name] = err
		case errors.Is(err, kusto.ErrFileTooLarge):
			diags.Append(fileTooLargeError(at, name, file.Size))
		case err != nil:
			diags.Append(fileError(at, name, err))
		default:
			files[name] = localFile(file)
		}
	}
	return files, gone, diags
}

// sizeLimit returns how many bytes a file may have, or 0 for any number. What is not known yet is judged when the file is staged.
func sizeLimit(properties types.Object) int64 {
	p, known := propertiesOf(properties)
	if !known || p.IgnoreSizeLimit.IsUnknown() || p.IgnoreSizeLimit.ValueBool() {
		return 0
	}
	return maxSourceSize
}

// judgeGone refuses a file that is not there and is to be sent. What was submitted of one before stays as it is.
func judgeGone(gone map[string]error, decisions []ledger.Decision, places map[string]path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, d := range decisions {
		switch err, ok := gone[d.Key]; {
		case !ok:
		case d.Class.Sends():
			diags.Append(fileError(places[d.Key], d.Key, err))
		default:
			diags.Append(fileGoneWarning(places[d.Key], d.Key, d.Prior.Status))
		}
	}
	return diags
}

// keep remembers the files in the plan, so that apply can tell whether they are still the same.
func (files localFiles) keep(ctx context.Context, private privateSetter) diag.Diagnostics {
	if len(files) == 0 {
		return nil
	}
	text, err := json.Marshal(files)
	if err != nil {
		return diag.Diagnostics{unreadableLedger(err)}
	}
	return private.SetKey(ctx, filesKey, text)
}

// plannedFiles returns the files as they were when the plan was made.
func plannedFiles(ctx context.Context, private interface {
	GetKey(context.Context, string) ([]byte, diag.Diagnostics)
},
) (localFiles, diag.Diagnostics) {
	text, diags := private.GetKey(ctx, filesKey)
	if len(text) == 0 || diags.HasError() {
		return nil, diags
	}
	var files localFiles
	if err := json.Unmarshal(text, &files); err != nil {
		diags.Append(unreadableLedger(err))
	}
	return files, diags
}

// stage uploads the files among what is to be sent. If any of them cannot be uploaded as it was planned, nothing is to be submitted.
func (s *submission) stage(ctx context.Context, sending []ledger.Decision, files localFiles, places map[string]path.Path) diag.Diagnostics {
	var mu sync.Mutex
	var diags diag.Diagnostics
	s.staged = map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelUploads)
	for _, d := range sending {
		at, isFile := places[d.Key]
		if !isFile {
			continue
		}
		group.Go(func() error {
			blob, err := s.upload(ctx, d, files)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if len(diags) == 0 { // the first one ends the others
					diags.Append(stagingError(at, d.Key, err))
				}
				return err
			}
			s.sources[d.Key], s.staged[d.Key] = blob, true
			return nil
		})
	}
	_ = group.Wait() // the first error stands in the diagnostics
	return diags
}

func (s *submission) upload(ctx context.Context, d ledger.Decision, files localFiles) (kusto.Blob, error) {
	file, planned := files[d.Key]
	if !planned {
		// The path was not known when the plan was made.
		inspected, err := kusto.InspectFile(d.Key, 0)
		if err != nil {
			return kusto.Blob{}, err
		}
		file = localFile(inspected)
	}
	staged, err := s.client.Stage(ctx, kusto.File(file), kusto.StageOptions{
		SourceID: d.SourceID, Format: s.properties.Format,
		IgnoreSizeLimit: s.properties.IgnoreSizeLimit != nil && *s.properties.IgnoreSizeLimit,
	})
	if err != nil {
		return kusto.Blob{}, err
	}
	blob := kusto.Blob{URL: staged.URL}
	if staged.RawSize > 0 {
		blob.RawSize = &staged.RawSize
	}
	return blob, nil
}
