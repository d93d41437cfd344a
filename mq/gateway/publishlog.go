package gateway

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// publishLog tells the operator of messages that the engine did not store: of the first failure of each kind, and then
// of that kind no more than once a minute, with how many there were. The clients hear of each, but not what can be done
// about it.
type publishLog struct {
	log   *slog.Logger // with what is known of the producer
	kinds map[error]*failuresOfAKind
}

// failuresOfAKind is what happened since the log was last told.
type failuresOfAKind struct {
	told time.Time
	n    int
}

// tellEvery is how often the log is told of one kind of failure.
const tellEvery = time.Minute

// failed counts a failure. What a client did wrong itself, or published when the engine closed, is left out.
func (l *publishLog) failed(err error) {
	a := answerTo(err)
	if a.status < http.StatusInternalServerError || errors.Is(err, mq.ErrClosed) {
		return
	}
	f := l.kinds[a.err]
	if f == nil {
		f = new(failuresOfAKind)
		if l.kinds == nil {
			l.kinds = make(map[error]*failuresOfAKind)
		}
		l.kinds[a.err] = f
	}
	f.n++
	if now := time.Now(); now.Sub(f.told) >= tellEvery {
		l.log.Warn("gateway: messages not stored", "messages", f.n, "error", err)
		f.told, f.n = now, 0
	}
}
