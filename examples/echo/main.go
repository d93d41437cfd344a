// Command echo sends every WebSocket message back, on /echo with typed streams and on /rx with RxGo. The page on / tries
// both.
//
//	go run ./examples/echo        # then open http://127.0.0.1:8081
//	go run ./examples/echo -loops # the same with event loops
package main

import (
	"context"
	"embed"
	"flag"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/fluxsocket/fluxsocket/handlers"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

//go:embed page
var page embed.FS

// echo is a handler: what it returns is the session's life. The peer's messages go back to the peer, through whatever
// operators you like, and while the peer does not take them no more are read from it.
func echo(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.Receive().Map(func(m socket.Message) socket.Message {
		return m
	}))
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "`address` to listen on")
	loops := flag.Bool("loops", false, "serve sessions by event loops, not by a goroutine each (on Linux)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("echo: listening on http://%s", ln.Addr())
	if err := serve(ctx, ln, *loops); err != nil {
		log.Fatal(err)
	}
}

// serve runs the server until ctx ends, and then closes the sessions in good order.
func serve(ctx context.Context, ln net.Listener, loops bool) error {
	config := socket.Config{MaxMessageSize: 16 << 20}
	if loops {
		config.Strategy = &socket.EventLoops{}
	}
	service, err := socket.NewHandshakeService(config)
	if err != nil {
		return err
	}
	files, err := fs.Sub(page, "page")
	if err != nil {
		return err
	}
	mapping, err := handlers.NewMapping(handlers.Config{
		Service: service,
		Routes: []handlers.Route{
			{Pattern: "/echo", Socket: socket.HandlerFunc(echo)},
			{Pattern: "/rx", Socket: socket.RxHandler(echoRx)},
			{Pattern: "GET /**", HTTP: http.FileServerFS(files)},
		},
	})
	if err != nil {
		return err
	}

	server := &http.Server{Handler: mapping, ReadHeaderTimeout: 10 * time.Second}
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
