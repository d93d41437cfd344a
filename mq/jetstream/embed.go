package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
)

// embedded is the NATS server inside this process. It has no network listener.
type embedded struct {
	server *server.Server
	lock   *os.File
	log    *serverLog
}

// headroom is what a message may take beside its payload: metadata, headers and subjects.
const headroom = maxMetadata + 128<<10

// startServer starts a server that tells heard of each error that it logs.
func startServer(ctx context.Context, c Config, heard func(text string)) (*embedded, error) {
	lock, err := lockStore(c.StoreDir)
	if err != nil {
		return nil, err
	}
	e := &embedded{lock: lock, log: &serverLog{log: c.Logger, heard: heard}}
	e.server, err = server.NewServer(&server.Options{
		ServerName:             "fluxsocket",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		JetStream:              true,
		StoreDir:               c.StoreDir,
		JetStreamMaxStore:      c.MaxStore,
		JetStreamMaxMemory:     64 << 20, // all streams are files
		JetStreamLimits:        server.JSLimitOpts{DefaultMaxConsumers: -1},
		SyncInterval:           c.SyncInterval,
		SyncAlways:             c.SyncAlways,
		MaxPayload:             int32(c.MaxPayload + headroom),
		// Both ends of the connections are in this process, and what is on its way is bounded by demand. A process
		// that was stopped for a while must not find its connections closed for being slow.
		MaxPending:    1 << 40,
		WriteDeadline: time.Hour,
		// The same holds for what a stream has not written yet: each producer bounds it (maxInFlight). With the
		// server's own limits, 128 MiB per stream, it would refuse a message between others that it takes.
		StreamMaxBufferedSize: math.MaxInt64,
		StreamMaxBufferedMsgs: math.MaxInt,
	})
	if err != nil {
		lock.Close()
		return nil, &mq.Error{Op: "start server", Err: err}
	}
	e.server.SetLoggerV2(e.log, false, false, false)
	started := make(chan struct{})
	go func() {
		defer close(started)
		e.server.Start() // returns when all streams are recovered, which is long after a crash with many topics
	}()
	select {
	case <-started:
	case <-ctx.Done():
		go func() {
			<-started
			e.stop()
		}()
		return nil, &mq.Error{Op: "start server", Err: context.Cause(ctx)}
	}
	if fatal := e.log.fatal.Load(); fatal != nil {
		e.stop()
		return nil, storeError(c.StoreDir, errors.New(*fatal))
	}
	e.log.fatal.Store(new(string)) // nobody returns a later one: it is logged
	if !e.server.ReadyForConnections(5*time.Second) || !e.server.JetStreamEnabled() {
		e.stop()
		return nil, &mq.Error{Op: "start server", Err: fmt.Errorf("%w: the embedded server does not accept connections", mq.ErrUnavailable)}
	}
	return e, nil
}

// connect opens a connection through memory. It reconnects for ever: the server is there as long as the process.
func (e *embedded) connect(name string, reconnected func(*nats.Conn)) (*nats.Conn, error) {
	return nats.Connect("",
		nats.InProcessServer(e.server),
		nats.Name("fluxsocket "+name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectHandler(reconnected),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			e.log.log.Warn("embedded NATS client", "connection", name, "error", err)
		}),
		nats.SkipSubjectValidation(), // all subjects are our own
	)
}

// stop ends the server, with its state written, and gives the store directory back.
func (e *embedded) stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	e.lock.Close()
}

// serverLog is what the server logs to. Its notices are about an implementation detail of ours, so they are for
// debugging.
type serverLog struct {
	log   *slog.Logger
	heard func(text string)      // gets the errors
	fatal atomic.Pointer[string] // the server reports what keeps it from starting only here
}

func (l *serverLog) write(level slog.Level, format string, args []any) {
	if ctx := context.Background(); l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "embedded NATS server: "+fmt.Sprintf(format, args...))
	}
}

// Noticef implements [server.Logger].
func (l *serverLog) Noticef(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Debugf implements [server.Logger].
func (l *serverLog) Debugf(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Tracef implements [server.Logger].
func (l *serverLog) Tracef(format string, args ...any) { l.write(slog.LevelDebug, format, args) }

// Warnf implements [server.Logger].
func (l *serverLog) Warnf(format string, args ...any) { l.write(slog.LevelWarn, format, args) }

// Errorf implements [server.Logger].
func (l *serverLog) Errorf(format string, args ...any) {
	l.write(slog.LevelError, format, args)
	l.heard(fmt.Sprintf(format, args...))
}

// Fatalf implements [server.Logger]. It does not end the process.
func (l *serverLog) Fatalf(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !l.fatal.CompareAndSwap(nil, &s) { // the first is what Open returns
		l.write(slog.LevelError, "%s", []any{s})
	}
}
