// Command fluxsocket is a message queue that speaks Apache Pulsar's WebSocket API, and a client for it.
//
//	fluxsocket                      serve on 127.0.0.1:8080, messages in ./fluxsocket-data
//	fluxsocket produce TOPIC        publish the lines of standard input
//	fluxsocket consume TOPIC -s SUB print and acknowledge the messages of a subscription
//	fluxsocket read TOPIC           print the messages of a topic, leaving no trace
//
// Every command explains itself with --help. The exit status is 0 after success, 1 after a failure and 2 after a call
// that the command does not understand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// cli is the grammar of the command line; kong fills it and prints the help texts from it.
type cli struct {
	Serve   serveCmd   `cmd:"" default:"withargs" help:"Run the queue (the default)."`
	Produce produceCmd `cmd:"" help:"Publish the lines of standard input, one message each; print their ids."`
	Consume consumeCmd `cmd:"" help:"Print and acknowledge the messages of a subscription."`
	Read    readCmd    `cmd:"" help:"Print the messages of a topic without a subscription."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// stdio is what a command reads and writes; tests give it buffers.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; with the handler gone a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	var grammar cli
	helped := false
	parser, err := kong.New(&grammar,
		kong.Name("fluxsocket"),
		kong.Description("A message queue that speaks Apache Pulsar's WebSocket API, and a client for it."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintf(std.err, "fluxsocket: %v\n", err)
		return exitFailure
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && !isCommand(parser, args[0]) {
		// Without this, a mistyped command would be taken for an argument of the default one.
		fmt.Fprintf(std.err, "fluxsocket: no command %q\nTry: fluxsocket --help\n", args[0])
		return exitUsage
	}
	call, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(std.err, "fluxsocket: %v\n%s\n", err, usageHint(err))
		return exitUsage
	}
	call.BindTo(ctx, (*context.Context)(nil))
	if err := call.Run(std); err != nil {
		var bad *usageError
		if errors.As(err, &bad) {
			fmt.Fprintf(std.err, "fluxsocket %s: %v\nTry: fluxsocket %s --help\n", call.Command(), err, call.Selected().Name)
			return exitUsage
		}
		fmt.Fprintf(std.err, "fluxsocket: %v\n", err)
		return exitFailure
	}
	return exitOK
}

func isCommand(k *kong.Kong, name string) bool {
	return slices.ContainsFunc(k.Model.Children, func(n *kong.Node) bool { return n.Name == name })
}

// usageError is a mistake in the call that only the command itself can see.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// usageHint names the help text nearest to the mistake.
func usageHint(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if n := parse.Context.Selected(); n != nil {
			return "Try: fluxsocket " + n.Name + " --help"
		}
	}
	return "Try: fluxsocket --help"
}
