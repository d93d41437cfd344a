// Command mapping puts three WebSocket handlers on URLs beside plain HTTP routes.
//
//	go run ./examples/mapping        # then open http://127.0.0.1:8082
package main

import (
	"context"
	"embed"
	"flag"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/fluxsocket/fluxsocket/handlers"
	"github.com/fluxsocket/fluxsocket/socket"
)

//go:embed page
var page embed.FS

// routes is the table of this server's URLs.
func routes(files fs.FS, chat *rooms) []handlers.Route {
	return []handlers.Route{
		{Pattern: "/echo", Socket: socket.HandlerFunc(handlers.Echo)},
		{Pattern: "/ticks", Opener: socket.OpenerFunc(openTicks)},
		{Pattern: "/rooms/{room}", Opener: chat},
		{Pattern: "GET /rooms/{room}", HTTP: file(files, "room.html")},
		{Pattern: "POST /rooms/{room}", HTTP: http.HandlerFunc(chat.notice)},
		{Pattern: "GET /rooms", HTTP: http.HandlerFunc(chat.list)},
		{Pattern: "GET /healthz", HTTP: handlers.NewHealth(nil)},
		{Pattern: "GET /**", HTTP: http.FileServerFS(files)},
	}
}

// file serves one file whatever the path is.
func file(files fs.FS, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) })
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8082", "`address` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("mapping: listening on http://%s", ln.Addr())
	if err := serve(ctx, ln, slog.Default()); err != nil {
		log.Fatal(err)
	}
}

// serve runs the server until ctx ends, and then closes the sessions in good order.
func serve(ctx context.Context, ln net.Listener, logger *slog.Logger) error {
	files, err := fs.Sub(page, "page")
	if err != nil {
		return err
	}
	service, err := socket.NewHandshakeService(socket.Config{MaxMessageSize: 4 << 10, Logger: logger})
	if err != nil {
		return err
	}
	mapping, err := handlers.NewMapping(handlers.Config{Service: service, Routes: routes(files, newRooms())})
	if err != nil {
		return err
	}

	server := &http.Server{Handler: handlers.Chain(mapping, handlers.Recover(logger)), ReadHeaderTimeout: 10 * time.Second}
	drained := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		service.Drain(closing, socket.CloseStatus{Code: socket.GoingAway, Reason: "the server is ending"})
		drained <- server.Shutdown(closing)
	})
	if err := server.Serve(ln); err != http.ErrServerClosed {
		return err
	}
	return <-drained
}
