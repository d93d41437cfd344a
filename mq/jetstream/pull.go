package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

const (
	// pullExpires ends a pull that was not served, for the case that its end gets lost.
	pullExpires = 5 * time.Minute
	// pullHeartbeat is how often the server shows that a pull is still known.
	pullHeartbeat = 20 * time.Second
	// sweepEvery is how often pulls are looked over. One without a sign of life in between is lost.
	sweepEvery = 3 * pullHeartbeat
	// pullRetry is when a pull that was refused is tried again.
	pullRetry = 250 * time.Millisecond
	// maxBatch bounds one pull. It is the unit of delivery for a subscriber with unbounded demand.
	maxBatch = 10_000
	// pullMessages is how many messages of the largest size a pull may bring. What arrives faster than it is handed on
	// waits in the client, so this bounds the memory of one flow.
	pullMessages = 4
)

// puller turns demand into pull requests to one server-side consumer: as many messages are asked for as were requested,
// and no more.
//
// One pull is open at a time. What is requested meanwhile is credit, and the next pull asks for all of it as soon as the
// open one is served. Under load pulls grow to the size of the window, so that a request costs little per message, and
// nothing waits: the open pull takes messages as long as it has any to come.
//
// More open pulls would not be faster, and would need one reply subject with its own goroutine each: the server deals
// messages to open pulls in turn, so goroutines would race for the order of messages. They cannot share one either,
// because a delivery shows the subject it was published on and not the pull that it answers; a pull that cannot be told
// to be served looks lost and would be asked again. With one pull every delivery counts for that one.
type puller struct {
	nc       *nats.Conn
	next     string            // subject of pull requests
	inbox    string            // prefix of reply subjects
	maxBytes int64             // per pull
	pause    time.Duration     // before a refused pull is tried again
	deliver  func(m *nats.Msg) // takes a message that was asked for; calls are serial
	surplus  func(m *nats.Msg) // takes one that was not, or is not wanted any more; serial with deliver
	lost     func(err error)   // the server-side consumer is gone
	drained  func()            // after stop: all that was on its way has gone to surplus; nil is allowed
	sub      *nats.Subscription

	mu      sync.Mutex
	running bool   // may pull
	credit  int64  // requested and in no pull
	left    int64  // still to come from the open pull; 0: none is open
	number  uint64 // of the newest pull; the last token of its reply subject
	alive   bool   // there was a sign of the open pull since the last sweep
	retry   *time.Timer
	waiting bool          // for retry
	rested  bool          // nothing is pulled or delivered any more
	stopped chan struct{} // nil until stop
	fenced  bool          // stopped is closed
}

// fence is the token of the message that stop sends after all that is on its way.
const fence = "fence"

func (b *Broker) newPuller(t *topic, consumer string) *puller {
	return &puller{
		nc:       b.in,
		next:     nextSubject(t.stream, consumer),
		maxBytes: pullMessages * int64(b.config.MaxPayload+headroom),
		pause:    pullRetry,
	}
}

// start subscribes to the replies.
func (p *puller) start() error {
	p.inbox = nats.NewInbox() + "."
	var err error
	if p.sub, err = p.nc.Subscribe(p.inbox+"*", p.received); err != nil {
		return err
	}
	p.sub.SetClosedHandler(func(string) { p.end() }) // the fence gets lost if the connection breaks
	return p.sub.SetPendingLimits(-1, -1)            // demand bounds it
}

// request adds demand.
func (p *puller) request(n int64) {
	p.mu.Lock()
	p.credit = emit.Add(p.credit, n)
	p.pull()
}

// run lets the puller pull, or not for now. What is open stays open.
func (p *puller) run(running bool) {
	p.mu.Lock()
	p.running = running
	p.pull()
}

// forget takes the open pull for lost.
func (p *puller) forget() {
	p.mu.Lock()
	p.close()
	p.pull()
}

// pull opens a pull if there is none and a reason for one. It is called with the lock and returns without it.
func (p *puller) pull() {
	if !p.running || p.waiting || p.left > 0 || p.credit == 0 || p.rested {
		p.mu.Unlock()
		return
	}
	batch := min(p.credit, maxBatch)
	if p.credit != reactive.Unbounded {
		p.credit -= batch
	}
	p.left = batch
	p.number++
	p.alive = true
	reply := p.inbox + strconv.FormatUint(p.number, 10)
	p.mu.Unlock()

	body := make([]byte, 0, 128)
	body = append(body, `{"batch":`...)
	body = strconv.AppendInt(body, batch, 10)
	body = append(body, `,"expires":`...)
	body = strconv.AppendInt(body, int64(pullExpires), 10)
	body = append(body, `,"idle_heartbeat":`...)
	body = strconv.AppendInt(body, int64(pullHeartbeat), 10)
	if batch > pullMessages {
		body = append(body, `,"max_bytes":`...)
		body = strconv.AppendInt(body, p.maxBytes, 10)
	}
	body = append(body, '}')
	// An error means that the connection is closed for good, and the flow ends with the broker.
	_ = p.nc.PublishRequest(p.next, reply, body)
}

// close gives what is left of the open pull back to the credit. The lock is held.
func (p *puller) close() {
	p.credit = emit.Add(p.credit, p.left)
	p.left = 0
}

func (p *puller) received(m *nats.Msg) {
	if m.Reply == "" {
		p.status(m)
		return
	}
	p.mu.Lock()
	wanted := p.left > 0 && !p.rested // a pull that was wrongly taken for lost has no demand left
	if p.left > 0 {
		p.left--
	}
	p.alive = true
	p.mu.Unlock()
	if !wanted {
		p.surplus(m)
		return
	}
	p.deliver(m)
	p.mu.Lock()
	p.pull() // with all that was requested during the delivery
}

// status handles what is not a message: the server's words about a pull, and our own fence.
func (p *puller) status(m *nats.Msg) {
	token := m.Subject[len(p.inbox):]
	p.mu.Lock()
	if token == fence {
		p.mu.Unlock()
		p.end()
		return
	}
	if p.left == 0 || p.stopped != nil || token != strconv.FormatUint(p.number, 10) {
		p.mu.Unlock() // about a pull that is over, as "Batch Completed" is
		return
	}
	switch code, text := m.Header.Get("Status"), m.Header.Get("Description"); {
	case code == "100": // heartbeat
		p.alive = true
		p.mu.Unlock()
	case code == "408", strings.HasPrefix(text, "Message Size Exceeds"): // expired; the next message is over max_bytes
		p.close()
		p.pull()
	case code == "503", text == "Consumer Deleted", text == "Server Shutdown":
		p.close()
		p.running = false
		p.mu.Unlock()
		p.lost(fmt.Errorf("%w: the server ended the delivery: %s %s", mq.ErrUnavailable, code, text))
	default:
		p.close()
		p.later()
		p.mu.Unlock()
	}
}

// later pulls again after a pause. The lock is held.
func (p *puller) later() {
	p.waiting = true
	if p.retry == nil {
		p.retry = time.AfterFunc(p.pause, p.again)
	} else {
		p.retry.Reset(p.pause)
	}
}

func (p *puller) again() {
	p.mu.Lock()
	p.waiting = false
	p.pull()
}

// overdue tells whether a pull is open that showed no sign of life since the last call.
func (p *puller) overdue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	lost := p.left > 0 && !p.alive && !p.rested
	p.alive = false
	return lost
}

// stop ends the delivery. What is on its way goes to surplus; when all of it has, drained is called and the channel is
// closed. stop does not wait for that, and may be called from a delivery.
func (p *puller) stop() <-chan struct{} {
	if !p.halt() {
		return p.stopped
	}
	// Unsubscribing would drop what the client has received. Draining ends the subscription at the server first, and
	// what was there before it stands before the fence in the order of arrival. A message that slips in between the
	// two goes to surplus like the rest, only later than the channel says.
	if err := errors.Join(p.nc.Publish(p.inbox+fence, nil), p.sub.Drain()); err != nil {
		p.end() // the connection is closed, nothing will come
	}
	return p.stopped
}

// drain is stop, and waits.
func (p *puller) drain(ctx context.Context) error {
	stopped := p.stop()
	ctx, cancel := context.WithTimeout(ctx, syncTimeout) // the fence may have got lost with the connection
	defer cancel()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// abandon ends the delivery at once, and what is on its way is dropped.
func (p *puller) abandon() {
	if p.halt() {
		_ = p.sub.Unsubscribe() // fails if the connection is closed, and then it has ended
		p.end()
	}
}

// halt forbids further pulls and reports whether this is the first time.
func (p *puller) halt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return false
	}
	p.stopped, p.rested = make(chan struct{}), true
	if p.retry != nil {
		p.retry.Stop()
	}
	return true
}

// end follows a stop when nothing more comes.
func (p *puller) end() {
	p.mu.Lock()
	first := p.stopped != nil && !p.fenced
	p.fenced = p.fenced || first
	p.mu.Unlock()
	if first {
		if p.drained != nil {
			p.drained()
		}
		close(p.stopped)
	}
}

// rest forbids further pulls and deliveries. An open pull stays so; what it brings goes to surplus.
func (p *puller) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rested = true
}

// resting tells whether what arrives goes to surplus.
func (p *puller) resting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rested
}

// open tells whether the server may be about to deliver.
func (p *puller) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left > 0
}

// demand returns what was requested and not delivered. The puller must be stopped.
func (p *puller) demand() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return emit.Add(p.credit, p.left)
}
