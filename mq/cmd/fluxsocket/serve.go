package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/fluxsocket/fluxsocket/handlers"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/mq/jetstream"
	"github.com/fluxsocket/fluxsocket/socket"
)

// serveCmd runs the queue until it is told to stop.
type serveCmd struct {
	Listen           string        `help:"Address to listen on." default:"127.0.0.1:8080"`
	Store            string        `help:"Directory that holds the messages; made if it does not exist." default:"./fluxsocket-data" type:"path"`
	MaxStore         int64         `help:"Most bytes that all messages together take on disk; 0 is three quarters of what is free." default:"0" placeholder:"BYTES"`
	MaxTopics        int           `help:"Most topics; 0 is 5000." default:"0" placeholder:"N"`
	MaxSubscriptions int           `help:"Most subscriptions of one topic; 0 is 1000." default:"0" placeholder:"N"`
	SyncAlways       bool          `help:"Force every message to the disk before it is confirmed, so that it survives the loss of power: safe and slow."`
	AllowOrigin      []string      `help:"Other origins whose pages may connect, as https://app.example.com; may be given several times. Programs other than browsers always may." placeholder:"ORIGIN"`
	LogFormat        string        `help:"Log lines as text or json, on standard error." enum:"text,json" default:"text"`
	LogLevel         slog.Level    `help:"Lowest level to log: debug, info, warn, error." default:"info"`
	DrainTimeout     time.Duration `help:"How long sessions may take to end after SIGTERM; 0 is 10s." default:"10s"`
}

// idleTimeout is Pulsar's webSocketSessionIdleTimeoutMillis: clients that answer pings only when they are asked for a
// message are silent while they work on one. A consumer that works for long takes no bytes either, which costs no more
// than what its window allows.
const idleTimeout = 5 * time.Minute

// How long an orderly end takes: the default of --drain-timeout, and what the store gets at least.
const (
	defaultDrain = 10 * time.Second
	minClosing   = 10 * time.Second
)

// validate finds flags that no queue can be run with, and puts in the defaults.
func (c *serveCmd) validate() error {
	for _, flag := range []struct {
		name  string
		value int64
	}{
		{"max-store", c.MaxStore}, {"max-topics", int64(c.MaxTopics)}, {"max-subscriptions", int64(c.MaxSubscriptions)},
	} {
		if flag.value < 0 {
			return &usageError{fmt.Sprintf("--%s=%d: want a number of at least 0", flag.name, flag.value)}
		}
	}
	if c.DrainTimeout < 0 {
		return &usageError{fmt.Sprintf("--drain-timeout=%v: want a time of at least 0", c.DrainTimeout)}
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = defaultDrain
	}
	if err := (handlers.CORS{AllowedOrigins: c.AllowOrigin}).Validate(); err != nil {
		return &usageError{fmt.Sprintf("--allow-origin: %v", err)}
	}
	return nil
}

// Run opens the store, serves, and after ctx has ended drains: no new sessions, the open ones closed with 1001 when what
// their clients had sent is done, the store closed.
func (c *serveCmd) Run(ctx context.Context, std stdio) (err error) {
	log := c.logger(std)
	if err := c.validate(); err != nil {
		return err
	}

	// The port first: if it is taken, nothing has been touched yet.
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return listenError(c.Listen, err)
	}
	defer ln.Close()

	broker, err := jetstream.Open(ctx, jetstream.Config{
		StoreDir:         c.Store,
		MaxStore:         c.MaxStore,
		MaxTopics:        c.MaxTopics,
		MaxSubscriptions: c.MaxSubscriptions,
		SyncAlways:       c.SyncAlways,
		Logger:           log,
	})
	switch {
	case err != nil && ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))):
		return nil // told to stop before it had begun: nothing was promised to anybody
	case err != nil:
		return err
	}
	defer func() {
		// The store gets its own time to close, whatever the sessions took.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(c.DrainTimeout, minClosing))
		defer cancel()
		if err = errors.Join(err, broker.Close(closing)); err == nil {
			log.Info("stopped")
		}
	}()

	queue, err := gateway.New(broker, gateway.Config{
		Socket: socket.Config{
			IdleTimeout:  idleTimeout,
			WriteTimeout: idleTimeout,
			CheckOrigin:  handlers.CORS{AllowedOrigins: c.AllowOrigin}.OriginCheck(),
		},
		Logger: log,
	})
	if err != nil {
		return err
	}
	health := handlers.NewHealth(map[string]handlers.Check{"broker": broker.Health})
	server := &http.Server{
		Handler:           root(queue.Handler(), health),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	log.Info("ready", "url", "ws://"+ln.Addr().String()+"/ws/v2", "store", c.Store, "engine", broker.Features().Engine, "version", version())

	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", c.Listen, err)
	case <-ctx.Done():
	}

	log.Info("draining", "sessions", queue.Len(), "timeout", c.DrainTimeout)
	health.Drain()
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.DrainTimeout)
	defer cancel()
	if err := queue.Drain(draining, socket.CloseStatus{Code: socket.GoingAway, Reason: "server is shutting down"}); err != nil {
		log.Warn("sessions cut off", "err", err)
	}
	if err := server.Shutdown(draining); err != nil {
		log.Warn("requests cut off", "err", err)
	}
	return nil
}

// root routes without touching the path: the queue must see it as the client wrote it.
func root(queue, health http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			health.ServeHTTP(w, r)
			return
		}
		queue.ServeHTTP(w, r)
	})
}

func (c *serveCmd) logger(std stdio) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.err, opts))
	}
	return slog.New(slog.NewTextHandler(std.err, opts))
}

// listenError says what to do about the common reasons.
func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program; choose another address with --listen", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("not allowed to listen on %s; ports below 1024 need a privilege, choose another with --listen", addr)
	}
	return fmt.Errorf("cannot listen: %w", err)
}
