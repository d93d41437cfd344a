package handlers

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
)

// Recover returns a [Middleware] that answers 500 when the handler behind it panics, and logs the panic with its stack
// as an error (log may be nil). If the response had begun it is cut off, so that the client does not take what it has for
// the whole; [http.ErrAbortHandler] passes, as it means just that.
//
// net/http itself survives a panic too, but answers nothing. A panic in a WebSocket handler does not come here: it ends
// its session with 1011.
func Recover(log *slog.Logger) Middleware {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			watched := &watchedWriter{ResponseWriter: w}
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.ErrorContext(r.Context(), "panic in a handler",
					"method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				switch {
				case watched.hijacked:
				case watched.begun:
					panic(http.ErrAbortHandler)
				default:
					http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(watched, r)
		})
	}
}

// watchedWriter remembers whether the response has begun. What the writer behind it can do beyond the interface is still
// found, by [http.ResponseController] and by type assertion for what old code asserts.
type watchedWriter struct {
	http.ResponseWriter
	begun    bool // the status was sent
	hijacked bool // the connection belongs to the handler
}

func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watchedWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols { // the others announce the response
		w.begun = true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the way from a file to the connection without a copy.
func (w *watchedWriter) ReadFrom(src io.Reader) (int64, error) {
	w.begun = true
	return io.Copy(w.ResponseWriter, src)
}

func (w *watchedWriter) Flush() { w.FlushError() }

func (w *watchedWriter) FlushError() error {
	w.begun = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, rw, err
}
