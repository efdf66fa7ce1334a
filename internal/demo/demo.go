package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

// errDiffers is a demo that ran to its end and showed something else than it should.
var errDiffers = errors.New("what landed differs from what the files hold")

// run is the whole demo, told to out. Whatever it started has ended when it returns, and its folder is removed.
func run(ctx context.Context, out io.Writer, verbose bool) (err error) {
	w, err := newWorkspace()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.remove()) }()

	program, err := cli.Find(ctx, w.repository("bin"))
	if err != nil {
		return err
	}
	if program.Fetched {
		say(out, "Neither terraform nor tofu is on PATH: fetched %s into bin/.", program)
	}

	say(out, "Building the provider and mockkusto …")
	if err = w.build(ctx); err != nil {
		return err
	}
	if err = w.copyExample(); err != nil {
		return err
	}

	mock, err := startMock(ctx, w)
	if err != nil {
		return err
	}
	defer mock.stop()
	say(out, "mockkusto, a Kusto in memory, listens on %s and serves examples/demo/data.", mock.url)

	tf, err := newTerraform(w, program, mock.url, out, verbose)
	if err != nil {
		return err
	}
	return show(ctx, out, w, mock, tf)
}

// show applies twice, and compares.
func show(ctx context.Context, out io.Writer, w *workspace, mock *mockkusto, tf *terraform) error {
	command := tf.command("apply", "-auto-approve")
	say(out, "\n$ %s", command)
	if _, err := tf.run(ctx, "apply", "-auto-approve"); err != nil {
		return err
	}

	ingestions, err := tf.ingestions(ctx)
	if err != nil {
		return err
	}
	tables, err := mock.tables(ctx)
	if err != nil {
		return err
	}
	lines, err := compare(ingestions, tables, w.path("example"))
	if err != nil {
		return err
	}
	say(out, "\nWhat the state says, what mockkusto holds, what the files hold:\n\n%s", table(lines))

	before, err := mock.requests(ctx)
	if err != nil {
		return err
	}
	say(out, "$ %s    # the same again", command)
	raw, err := tf.run(ctx, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	after, err := mock.requests(ctx)
	if err != nil {
		return err
	}
	sent := after.minus(before)
	say(out, "\nThe first apply sent: %s.\nThe second sent:      %s.", before, sent)

	return verdict(out, lines, strings.Contains(raw, "No changes."), sent)
}

// verdict says how it went, and is an error when it went otherwise than it should.
func verdict(out io.Writer, lines []line, noChanges bool, sent requestCount) error {
	var wrong []error
	var records, files int
	for _, l := range lines {
		records += l.records
		files += len(l.files)
		if l.wrong() {
			wrong = append(wrong, fmt.Errorf("%w: %s is %s with %d rows of %d records", errDiffers, l.table, l.state, l.rows, l.records))
		}
	}
	if len(lines) == 0 {
		wrong = append(wrong, fmt.Errorf("%w: the state holds no ingestion", errDiffers))
	}
	if !noChanges {
		wrong = append(wrong, fmt.Errorf("%w: the second apply planned changes", errDiffers))
	}
	if sent != (requestCount{}) {
		wrong = append(wrong, fmt.Errorf("%w: the second apply sent %s", errDiffers, sent))
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	say(out, "\nThe %d records of %d files are in %d tables, none twice and none missing.", records, files, len(lines))
	return nil
}

func say(out io.Writer, format string, args ...any) {
	// Whether a line can be printed changes nothing in what is to be stopped and removed.
	_, _ = fmt.Fprintf(out, format+"\n", args...)
}
