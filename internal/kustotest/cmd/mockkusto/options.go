package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// errHelp is what parseOptions returns after it printed the usage that was asked for.
var errHelp = flag.ErrHelp

// options are what the flags and the environment say.
type options struct {
	address    string
	nonLocal   bool
	publicURL  string
	folder     string
	urlFile    string
	token      string
	profile    string
	latency    time.Duration
	batching   time.Duration
	processing time.Duration
	offline    bool
}

var profiles = []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI}

// parseOptions reads the flags. A flag that is not given is taken from the environment: -url-file from MOCKKUSTO_URL_FILE.
func parseOptions(args []string, lookupEnv func(string) (string, bool), stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("mockkusto", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.address, "address", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	flags.BoolVar(&o.nonLocal, "allow-non-loopback", false, "allow an address that other machines can reach")
	flags.StringVar(&o.publicURL, "public-url", "", "URL under which the program is reached, when it is not that of the address")
	flags.StringVar(&o.folder, "folder", "", "folder whose files are served as blobs under /blobs/"+samples+"/")
	flags.StringVar(&o.urlFile, "url-file", "", "file to write the URL to once the program answers")
	flags.StringVar(&o.token, "token", "", "the only bearer token to accept; any by default")
	flags.StringVar(&o.profile, "profile", string(kustotest.ProfileLive), "spelling of status documents: live, docs or openapi")
	flags.DurationVar(&o.latency, "latency", 0, "delay of each answer")
	flags.DurationVar(&o.batching, "batching", 0, "how long blobs stay queued before they are ingested together")
	flags.DurationVar(&o.processing, "processing", 0, "how long blobs stay in progress after that")
	flags.BoolVar(&o.offline, "offline", false, "download blobs from this program and other loopback servers only")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "Usage: mockkusto [flags]\n\nAn in-memory Kusto. Each flag falls back to MOCKKUSTO_<NAME>, such as MOCKKUSTO_URL_FILE.\n\nFlags:")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := fromEnvironment(flags, lookupEnv); err != nil {
		return o, err
	}
	return o, o.check()
}

func fromEnvironment(flags *flag.FlagSet, lookupEnv func(string) (string, bool)) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var problems []error
	flags.VisitAll(func(f *flag.Flag) {
		name := "MOCKKUSTO_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := lookupEnv(name)
		if given[f.Name] || !set || value == "" {
			return
		}
		if err := f.Value.Set(value); err != nil {
			problems = append(problems, fmt.Errorf("environment variable %s: invalid value %q: %w", name, value, err))
		}
	})
	return errors.Join(problems...)
}

func (o options) check() error {
	host, _, err := net.SplitHostPort(o.address)
	if err != nil {
		return fmt.Errorf("-address: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	if loopback := host == "localhost" || err == nil && ip.IsLoopback(); !loopback && !o.nonLocal {
		return fmt.Errorf("-address: %s can be reached by other machines, and this program checks no token; "+
			"give -allow-non-loopback if that is meant", o.address)
	}
	if !slices.Contains(profiles, kustotest.Profile(o.profile)) {
		return fmt.Errorf("-profile: %q is none of live, docs, openapi", o.profile)
	}
	if o.latency < 0 || o.batching < 0 || o.processing < 0 {
		return errors.New("-latency, -batching and -processing cannot be negative")
	}
	if u, err := url.Parse(o.publicURL); o.publicURL != "" && (err != nil || u.Host == "" || strings.HasSuffix(o.publicURL, "/")) {
		return fmt.Errorf("-public-url: %q is no absolute URL without a slash at its end", o.publicURL)
	}
	if o.folder != "" {
		if info, err := os.Stat(o.folder); err != nil || !info.IsDir() {
			return fmt.Errorf("-folder: %q is no folder", o.folder)
		}
	}
	return nil
}

func (o options) serviceOptions() []kustotest.Option {
	opts := []kustotest.Option{
		kustotest.WithProfile(kustotest.Profile(o.profile)),
		kustotest.WithLatency(o.latency),
		kustotest.WithBatching(o.batching),
		kustotest.WithProcessing(o.processing),
		kustotest.WithToken(o.token),
	}
	if !o.offline {
		opts = append(opts, kustotest.WithExternalDownloads())
	}
	return opts
}
