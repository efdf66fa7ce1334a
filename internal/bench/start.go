package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// start measures the time from the start of the provider's process until it has served its schema, and its memory then: the best of some starts.
func (b *bench) start(ctx context.Context) error {
	const starts = 5
	program := b.Program(providerName)
	best, memory := time.Hour, 0
	for range starts {
		took, resident, err := serveSchema(ctx, program)
		if err != nil {
			return fmt.Errorf("the provider did not serve its schema: %w", err)
		}
		best, memory = min(best, took), max(memory, resident)
	}
	file, err := os.Stat(program)
	if err != nil {
		return err
	}
	fmt.Printf("start to schema %d ms (best of %d), %d MB resident; binary %d MB\n\n", best.Milliseconds(), starts, memory>>10, file.Size()>>20)
	return nil
}

// serveSchema starts the program as the core of Terraform does and asks for the schema.
func serveSchema(ctx context.Context, program string) (took time.Duration, resident int, err error) {
	cmd := exec.CommandContext(ctx, program) //nolint:gosec // built by the lab
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: cmd,
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE", MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": connection{}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()
	began := time.Now()
	protocol, err := client.Client()
	if err != nil {
		return 0, 0, err
	}
	raw, err := protocol.Dispense("provider")
	if err != nil {
		return 0, 0, err
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		return 0, 0, fmt.Errorf("the plugin is a %T", raw)
	}
	// The answer is kept as fields that an empty message does not know, as nothing in it is of interest but that it came.
	var answer emptypb.Empty
	if err := conn.Invoke(ctx, "/tfplugin6.Provider/GetProviderSchema", &emptypb.Empty{}, &answer); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	if len(answer.ProtoReflect().GetUnknown()) == 0 {
		return 0, 0, fmt.Errorf("the schema is empty")
	}
	return took, peakMemory(cmd.Process.Pid), nil
}

// connection is a plugin whose client is the bare connection.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

// GRPCServer is for the other side.
func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

// GRPCClient returns the connection.
func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
